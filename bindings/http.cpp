#include "bindings/http.hpp"

#include "bindings/core/guard.hpp"
#include "bindings/core/stack.hpp"
#include "bindings/modules.hpp"
#include "bindings/open.hpp"
#include "bindings/stream.hpp"
#include "host/http/events.hpp"
#include "host/http/head.hpp"
#include "host/net/lower_case.hpp"

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/fields.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <string>

namespace moonwire::bindings {

namespace {

std::string_view separator_of(const std::string& name)
{
    if (name == "set-cookie") {
        return "\n";  // its values have commas
    }
    return name == "cookie" ? "; " : ", ";
}

void check_name(lua_State* L, std::string_view name)
{
    static constexpr std::array<std::string_view, 3> own{"content-length", "transfer-encoding", "connection"};
    if (!http::is_token(name)) {
        luaL_error(L, "headers: \"%s\" cannot be the name of a field", std::string(name).c_str());
    }
    if (std::find(own.begin(), own.end(), net::lower_case(name)) != own.end()) {
        luaL_error(L, "headers: the field \"%s\" is written by moonwire itself", std::string(name).c_str());
    }
}

/// Of the value on top of the stack, which stays there.
void append_value(lua_State* L, std::string_view name, std::string& head)
{
    std::size_t size = 0;
    const bool textual = lua_type(L, -1) == LUA_TSTRING || lua_type(L, -1) == LUA_TNUMBER;
    const char* text = textual ? lua_tolstring(L, -1, &size) : nullptr;
    if (text == nullptr || !http::is_field_value({text, size})) {
        const std::string got = describe_value(L, -1);
        luaL_error(L, "headers[\"%s\"]: expected a string without line ends, a number or a list of these, got %s",
                   std::string(name).c_str(), got.c_str());
    }
    http::append_field(head, name, {text, size});
}

// native.tell_sent(stream, head, body): for observers, before a message is written
int tell_sent(lua_State* L)
{
    http::tell_sent(*check<StreamHandle>(L, 1), check_string(L, 2, "head"), check_string(L, 3, "body"));
    return 0;
}

}  // namespace

void push_fields(lua_State* L, const http::beast::fields& fields)
{
    std::map<std::string, std::string> values;
    for (const auto& field : fields) {
        const std::string name = net::lower_case(view(field.name_string()));
        const auto [entry, is_new] = values.try_emplace(name);
        entry->second += is_new ? "" : separator_of(name);
        entry->second += view(field.value());
    }
    lua_createtable(L, 0, static_cast<int>(values.size()));
    for (const auto& [name, value] : values) {
        lua_pushlstring(L, name.data(), name.size());
        lua_pushlstring(L, value.data(), value.size());
        lua_rawset(L, -3);
    }
}

void append_fields(lua_State* L, int index, std::string& head)
{
    if (lua_isnoneornil(L, index)) {
        return;
    }
    if (!lua_istable(L, index)) {
        argument_error(L, index, "headers", "a table { [\"Name\"] = \"value\" }");
    }
    for (lua_pushnil(L); lua_next(L, index) != 0; lua_pop(L, 1)) {
        const std::string name = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "";
        check_name(L, name);
        if (!lua_istable(L, -1)) {
            append_value(L, name, head);
            continue;
        }
        const int count = static_cast<int>(lua_objlen(L, -1));
        for (int i = 1; i <= count; ++i, lua_pop(L, 1)) {
            lua_rawgeti(L, -1, i);
            append_value(L, name, head);
        }
    }
}

int open_http(lua_State* L)
{
    lua_newtable(L);  // the module
    lua_newtable(L);  // what its Lua parts get
    register_http_server(L);
    register_http_files(L);
    register_http_client(L);
    lua_pushcfunction(L, guard<tell_sent>);
    lua_setfield(L, -2, "tell_sent");
    for (const char* part : {"http_server", "http_client"}) {
        lua_pushvalue(L, -2);
        lua_pushvalue(L, -2);
        run_lua_part(L, part, 2);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return 1;
}

}  // namespace moonwire::bindings
