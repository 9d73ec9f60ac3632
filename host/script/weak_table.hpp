#pragma once

#include <lua.hpp>

namespace moonwire::script {

/// Pushes a new table that does not keep alive what it refers to: its keys ("k"), or its values ("v").
inline void push_weak_table(lua_State* L, const char* mode)
{
    lua_newtable(L);
    lua_createtable(L, 0, 1);
    lua_pushstring(L, mode);
    lua_setfield(L, -2, "__mode");
    lua_setmetatable(L, -2);
}

}  // namespace moonwire::script
