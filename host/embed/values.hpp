#pragma once

#include <moonwire/value.hpp>

#include <lua.hpp>

#include <map>
#include <string>
#include <vector>

namespace moonwire::embed {

void push_value(lua_State* L, const Value& value);
int push_values(lua_State* L, const Values& values);

/// Pushes a table of them by name.
void push_table(lua_State* L, const std::map<std::string, Value>& values);

/// Pushes a table of them.
void push_list(lua_State* L, const std::vector<std::string>& texts);

/// What has no counterpart (a table, a function) becomes its text, as by Lua's tostring.
Value to_value(lua_State* L, int index);

/// The values from `first` to the top of the stack.
Values to_values(lua_State* L, int first);

}  // namespace moonwire::embed
