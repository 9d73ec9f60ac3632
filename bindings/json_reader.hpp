#pragma once

#include <lua.hpp>

#include <cstddef>
#include <string_view>

namespace moonwire::bindings {

/// Pushes the value that the JSON text (RFC 8259) stands for and returns 1; or nil and the error "invalid_json" or
/// "too_deep" and returns 2. The text must stay where it is meanwhile.
int read_json(lua_State* L, std::string_view text, std::size_t max_depth);

}  // namespace moonwire::bindings
