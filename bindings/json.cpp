#include "bindings/core/guard.hpp"
#include "bindings/core/stack.hpp"
#include "bindings/json_marks.hpp"
#include "bindings/json_reader.hpp"
#include "bindings/json_writer.hpp"
#include "bindings/open.hpp"
#include "host/script/error.hpp"

#include <string>

namespace moonwire::bindings {

namespace {

constexpr std::int64_t largest_size = std::int64_t{1} << 30;

// json.encode(value [, options]) -> string
int json_encode(lua_State* L)
{
    Options options(L, 2, "options");
    const auto indent = options.integer("indent", 0, 8).value_or(0);
    options.finish();
    lua_settop(L, 1);
    const std::string text = JsonWriter(L, static_cast<std::size_t>(indent)).text();
    lua_pushlstring(L, text.data(), text.size());
    return 1;
}

// json.decode(text [, options]) -> value | nil, err
int json_decode(lua_State* L)
{
    const std::string_view text = check_string(L, 1, "text");
    Options options(L, 2, "options");
    const auto max_depth = static_cast<std::size_t>(options.integer("max_depth", 1, 1000).value_or(100));
    const auto max_size =
        static_cast<std::size_t>(options.integer("max_size", 1, largest_size).value_or(std::int64_t{1} << 20));
    options.finish();
    if (text.size() > max_size) {
        return script::push_failure(L, "too_long",
                                    "JSON: the text has " + std::to_string(text.size()) + " bytes, more than " +
                                        std::to_string(max_size) + " (max_size)");
    }
    return read_json(L, text, max_depth);
}

// json.array(t) -> t
int json_array(lua_State* L)
{
    luaL_getmetatable(L, json_array_class);
    const bool other = lua_getmetatable(L, 1) != 0 && lua_rawequal(L, -1, -2) == 0;
    if (!lua_istable(L, 1) || other) {
        argument_error(L, 1, "t", "a table without a metatable");
    }
    lua_settop(L, 1);
    luaL_getmetatable(L, json_array_class);
    lua_setmetatable(L, 1);
    return 1;
}

int null_to_string(lua_State* L)
{
    lua_pushliteral(L, "null");
    return 1;
}

void push_null(lua_State* L)
{
    lua_newuserdata(L, 0);
    lua_createtable(L, 0, 3);
    lua_pushcfunction(L, null_to_string);
    lua_setfield(L, -2, "__tostring");
    lua_pushliteral(L, "json.null");
    lua_setfield(L, -2, "__name");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
}

}  // namespace

int open_json(lua_State* L)
{
    luaL_newmetatable(L, json_array_class);
    lua_pushliteral(L, "json.array");
    lua_setfield(L, -2, "__name");
    lua_pop(L, 1);

    const luaL_Reg functions[] = {
        {"encode", guard<json_encode>},
        {"decode", guard<json_decode>},
        {"array", guard<json_array>},
        {nullptr, nullptr},
    };
    lua_newtable(L);
    luaL_register(L, nullptr, functions);
    push_null(L);
    lua_pushvalue(L, -1);
    lua_setfield(L, LUA_REGISTRYINDEX, json_null_key);
    lua_setfield(L, -2, "null");
    return 1;
}

}  // namespace moonwire::bindings
