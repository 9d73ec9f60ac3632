#pragma once

#include "bindings/core/stack.hpp"

#include <lua.hpp>

#include <exception>

namespace moonwire::bindings {

/// Makes a binding function safe for Lua: a std::exception becomes a Lua error with its message. Only std::exception is
/// caught: LuaJIT's own errors travel as foreign exceptions, which `catch (...)` would swallow. The error is raised
/// after the handler was left, because a Lua error thrown from within it would leak the exception.
template <lua_CFunction function>
int guard(lua_State* L)
{
    try {
        return function(L);
    } catch (const std::exception& error) {
        push_place(L);
        lua_pushstring(L, error.what());
    }
    lua_concat(L, 2);
    return lua_error(L);
}

}  // namespace moonwire::bindings
