#pragma once

#include "bindings/core/stack.hpp"

#include <lua.hpp>

#include <new>
#include <type_traits>
#include <utility>

namespace moonwire::bindings {

/// What a C++ type is called in Lua: specialize with `static constexpr const char* name`.
template <class T>
struct LuaType;

/// A C++ object inside a Lua userdata. The tag at its front tells its type without a look-up.
template <class T>
struct Box {
    const void* tag;
    T value;

    static constexpr char tag_address = 0;
};

/// The object of type T at `index`, or null.
template <class T>
T* test(lua_State* L, int index)
{
    void* memory = lua_touserdata(L, index);
    if (memory == nullptr || lua_objlen(L, index) < sizeof(Box<T>)) {  // a light userdata has no length
        return nullptr;
    }
    auto* box = static_cast<Box<T>*>(memory);
    return box->tag == &Box<T>::tag_address ? &box->value : nullptr;
}

/// The same for an argument: raises a Lua error if it is something else.
template <class T>
T& check(lua_State* L, int index)
{
    T* object = test<T>(L, index);
    if (object == nullptr) {
        argument_error(L, index, nullptr, LuaType<T>::name);
    }
    return *object;
}

template <class T>
int collect(lua_State* L)
{
    auto* box = static_cast<Box<T>*>(lua_touserdata(L, 1));
    box->tag = nullptr;  // a finalizer may be called by hand: the object must not be used or destroyed again
    box->value.~T();
    lua_pushnil(L);
    lua_setmetatable(L, 1);
    return 0;
}

/// Pushes a userdata that holds `value`, with the metatable made by `define_class(L, class_name, …)`.
template <class T>
T& push_object(lua_State* L, const char* class_name, T value)
{
    static_assert(alignof(Box<T>) <= 16, "LuaJIT aligns userdata to 16 bytes at most");
    void* memory = lua_newuserdata(L, sizeof(Box<T>));
    auto* box = ::new (memory) Box<T>{&Box<T>::tag_address, std::move(value)};
    luaL_getmetatable(L, class_name);
    lua_setmetatable(L, -2);
    return box->value;
}

/// Turns the object at `index` into one of another type: whoever holds it in Lua holds the new one.
template <class From, class To>
void replace_object(lua_State* L, int index, const char* class_name, To value)
{
    static_assert(sizeof(Box<From>) == sizeof(Box<To>) && alignof(Box<From>) == alignof(Box<To>));
    check<From>(L, index).~From();
    ::new (lua_touserdata(L, index)) Box<To>{&Box<To>::tag_address, std::move(value)};
    lua_pushvalue(L, index);
    luaL_getmetatable(L, class_name);
    lua_setmetatable(L, -2);
    lua_pop(L, 1);
}

/// Makes the metatable of a class: `methods` are called as object:method(…), `gc` destroys the object.
void define_class(lua_State* L, const char* class_name, const luaL_Reg* methods, lua_CFunction gc,
                  lua_CFunction to_string);

/// Pushes the methods of a class, for the module's Lua part to add its own.
void push_methods(lua_State* L, const char* class_name);

}  // namespace moonwire::bindings
