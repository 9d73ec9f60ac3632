#include "bindings/core/guard.hpp"
#include "bindings/open.hpp"
#include "embedded/types_lua.hpp"

namespace moonwire::bindings {

namespace {

void push_text(lua_State* L, std::string_view text, int position)
{
    lua_pushlstring(L, text.data(), text.size());
    lua_rawseti(L, -2, position);
}

// native.load() -> what the stubs say, and the functions that write it as text
int help_load(lua_State* L)
{
    lua_newtable(L);
    int count = 0;
    for (const auto& stub : embedded::types_lua()) {
        lua_createtable(L, 2, 0);
        push_text(L, stub.name, 1);
        push_text(L, stub.source, 2);
        lua_rawseti(L, -2, ++count);
    }
    run_lua_part(L, "stubs", 1);
    lua_pushvalue(L, -1);
    lua_setfield(L, LUA_REGISTRYINDEX, "moonwire.stubs");
    lua_pushvalue(L, -1);
    run_lua_part(L, "help_text", 1);
    return 2;
}

}  // namespace

int open_help(lua_State* L)
{
    const luaL_Reg native[] = {
        {"load", guard<help_load>},
        {"nearest", guard<nearest>},
        {nullptr, nullptr},
    };
    lua_newtable(L);
    luaL_register(L, nullptr, native);
    run_lua_part(L, "help", 1);
    return 1;
}

}  // namespace moonwire::bindings
