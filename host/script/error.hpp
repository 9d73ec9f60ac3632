#pragma once

#include <lua.hpp>

#include <string_view>

namespace moonwire::script {

/// Pushes the error object that scripts see: a table with `code` and `message`, whose text is the message. Fields may
/// be added to it.
void push_error(lua_State* L, std::string_view code, std::string_view message);

/// Pushes nil and the error object; returns 2.
int push_failure(lua_State* L, std::string_view code, std::string_view message);

/// Is the value at `index` an error object?
bool is_error(lua_State* L, int index);

/// Is it one with this code?
bool is_error(lua_State* L, int index, std::string_view code);

}  // namespace moonwire::script
