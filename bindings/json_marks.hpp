#pragma once

#include <lua.hpp>

namespace moonwire::bindings {

/// The metatable of tables that stand for JSON arrays, also when they are empty.
constexpr const char* json_array_class = "moonwire.json.Array";

/// Where the registry has the value that stands for JSON's null.
constexpr const char* json_null_key = "moonwire.json.null";

}  // namespace moonwire::bindings
