#include "host/embed/values.hpp"

namespace moonwire::embed {

namespace {

struct Push {
    lua_State* L;

    void operator()(std::monostate) const { lua_pushnil(L); }
    void operator()(bool value) const { lua_pushboolean(L, value); }
    void operator()(double value) const { lua_pushnumber(L, value); }
    void operator()(const std::string& value) const { lua_pushlstring(L, value.data(), value.size()); }
};

}  // namespace

void push_value(lua_State* L, const Value& value)
{
    std::visit(Push{L}, value);
}

int push_values(lua_State* L, const Values& values)
{
    luaL_checkstack(L, static_cast<int>(values.size()), "too many values");
    for (const Value& value : values) {
        push_value(L, value);
    }
    return static_cast<int>(values.size());
}

void push_table(lua_State* L, const std::map<std::string, Value>& values)
{
    lua_createtable(L, 0, static_cast<int>(values.size()));
    for (const auto& [name, value] : values) {
        push_value(L, value);
        lua_setfield(L, -2, name.c_str());
    }
}

void push_list(lua_State* L, const std::vector<std::string>& texts)
{
    lua_createtable(L, static_cast<int>(texts.size()), 0);
    int index = 0;
    for (const std::string& text : texts) {
        lua_pushlstring(L, text.data(), text.size());
        lua_rawseti(L, -2, ++index);
    }
}

Value to_value(lua_State* L, int index)
{
    switch (lua_type(L, index)) {
    case LUA_TNONE:
    case LUA_TNIL:
        return std::monostate{};
    case LUA_TBOOLEAN:
        return lua_toboolean(L, index) != 0;
    case LUA_TNUMBER:
        return lua_tonumber(L, index);
    default:
        break;
    }
    lua_pushvalue(L, index);
    if (lua_type(L, -1) != LUA_TSTRING) {
        lua_getglobal(L, "tostring");
        lua_insert(L, -2);
        lua_call(L, 1, 1);
    }
    std::size_t size = 0;
    const char* text = lua_tolstring(L, -1, &size);
    std::string value = text != nullptr ? std::string(text, size) : std::string();
    lua_pop(L, 1);
    return value;
}

Values to_values(lua_State* L, int first)
{
    Values values;
    for (int index = first; index <= lua_gettop(L); ++index) {
        values.push_back(to_value(L, index));
    }
    return values;
}

}  // namespace moonwire::embed
