#include "host/script/error.hpp"

namespace moonwire::script {

namespace {

constexpr const char* error_metatable = "moonwire.Error";

int error_to_string(lua_State* L)
{
    lua_getfield(L, 1, "message");
    return 1;
}

// ("context: " .. err): an error is joined to text like the text that it is.
int error_concatenate(lua_State* L)
{
    for (int index = 1; index <= 2; ++index) {
        if (lua_istable(L, index)) {
            lua_getfield(L, index, "message");
            lua_replace(L, index);
        }
    }
    lua_concat(L, 2);
    return 1;
}

}  // namespace

void push_error(lua_State* L, std::string_view code, std::string_view message)
{
    lua_createtable(L, 0, 2);
    lua_pushlstring(L, code.data(), code.size());
    lua_setfield(L, -2, "code");
    lua_pushlstring(L, message.data(), message.size());
    lua_setfield(L, -2, "message");
    if (luaL_newmetatable(L, error_metatable) != 0) {
        lua_pushcfunction(L, error_to_string);
        lua_setfield(L, -2, "__tostring");
        lua_pushcfunction(L, error_concatenate);
        lua_setfield(L, -2, "__concat");
        lua_pushliteral(L, "Error");
        lua_setfield(L, -2, "__name");
    }
    lua_setmetatable(L, -2);
}

int push_failure(lua_State* L, std::string_view code, std::string_view message)
{
    lua_pushnil(L);
    push_error(L, code, message);
    return 2;
}

bool is_error(lua_State* L, int index)
{
    if (!lua_istable(L, index) || lua_getmetatable(L, index) == 0) {
        return false;
    }
    luaL_getmetatable(L, error_metatable);
    const bool is = lua_rawequal(L, -1, -2) != 0;
    lua_pop(L, 2);
    return is;
}

bool is_error(lua_State* L, int index, std::string_view code)
{
    if (!is_error(L, index)) {
        return false;
    }
    lua_getfield(L, index, "code");
    std::size_t size = 0;
    const char* text = lua_tolstring(L, -1, &size);
    const bool same = text != nullptr && std::string_view(text, size) == code;
    lua_pop(L, 1);
    return same;
}

}  // namespace moonwire::script
