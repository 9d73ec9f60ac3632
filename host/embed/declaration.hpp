#pragma once

#include <moonwire/scenario.hpp>

#include <lua.hpp>

#include <filesystem>

namespace moonwire::embed {

/// Reads the declaration (made by scenario.define) at the top of the stack. Throws UsageError if a parameter's type,
/// default or range makes no sense.
Declaration read_declaration(lua_State* L, const std::filesystem::path& file);

}  // namespace moonwire::embed
