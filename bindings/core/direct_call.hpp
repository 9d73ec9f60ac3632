#pragma once

#include "bindings/core/userdata.hpp"

#include <lua.hpp>

#include <type_traits>

namespace moonwire::bindings {

// Direct calls: C++ that a module's Lua part calls through LuaJIT's FFI. Compiled Lua code makes such a call as a C
// compiler would, where a lua_CFunction costs it a way out of compiled code and back, and a call of Lua's API for every
// argument and result. They are short cuts for what happens most, and answer "no" to everything else: the Lua part then
// calls the binding function, which does all there is to do. (Interpreted, as after jit.off(), a direct call does the
// same and costs more than the binding function. So the Lua function that makes one is small and has nothing in it that
// LuaJIT cannot compile.)
//
// Nobody prepares Lua for such a call, so the function must neither touch a lua_State nor cause a handler to be called,
// which may resume a task; and nothing may be thrown through compiled code.

/// Sets the field `name` of the table on top of the stack to the address of `function`, for `ffi.cast`.
template <class Result, class... Arguments>
void set_direct_call(lua_State* L, const char* name, Result (*function)(Arguments...) noexcept)
{
    lua_pushlightuserdata(L, reinterpret_cast<void*>(function));
    lua_setfield(L, -2, name);
}

/// The object in a userdata of the class of T, whose memory the FFI has passed; null for one of another class. The Lua
/// part has asked for the metatable before, as this can see no more than the memory.
template <class T>
T* direct_object(void* memory) noexcept
{
    auto* box = static_cast<Box<T>*>(memory);
    return box->tag == &Box<T>::tag_address ? &box->value : nullptr;
}

}  // namespace moonwire::bindings
