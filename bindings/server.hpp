#pragma once

#include "bindings/connection.hpp"
#include "bindings/core/guard.hpp"
#include "bindings/core/userdata.hpp"
#include "host/net/endpoint.hpp"

#include <lua.hpp>

#include <memory>
#include <string>
#include <utility>

namespace moonwire::bindings {

// What listening sockets have in scripts, whatever they listen for.

/// A listening socket as scripts hold it: with the options that its connections get.
template <class Listener>
struct Server {
    std::shared_ptr<Listener> listener;
    ConnectionOptions options;
};

template <class Listener>
using ServerHandle = std::shared_ptr<Server<Listener>>;

template <class Listener>
struct LuaType<ServerHandle<Listener>> {
    static constexpr const char* name = "a listening server";
};

template <class Listener>
int push_server(lua_State* L, const char* class_name, std::shared_ptr<Listener> listener,
                const ConnectionOptions& options)
{
    push_object(L, class_name, std::make_shared<Server<Listener>>(Server<Listener>{std::move(listener), options}));
    return 1;
}

// server:close()
template <class Listener>
int server_close(lua_State* L)
{
    check<ServerHandle<Listener>>(L, 1)->listener->close();
    return 0;
}

// server:port() -> port
template <class Listener>
int server_port(lua_State* L)
{
    lua_pushinteger(L, check<ServerHandle<Listener>>(L, 1)->listener->local_endpoint().port());
    return 1;
}

// server:local_address() -> address, port
template <class Listener>
int server_local_address(lua_State* L)
{
    return push_endpoint(L, check<ServerHandle<Listener>>(L, 1)->listener->local_endpoint());
}

template <class Listener>
int server_to_string(lua_State* L)
{
    const std::string text =
        "server on " + net::to_string(check<ServerHandle<Listener>>(L, 1)->listener->local_endpoint());
    lua_pushlstring(L, text.data(), text.size());
    return 1;
}

template <class Listener>
int server_collect(lua_State* L)
{
    if (const auto* server = test<ServerHandle<Listener>>(L, 1)) {
        (*server)->listener->close();
    }
    return collect<ServerHandle<Listener>>(L);
}

/// Makes the metatable of a kind of server; `accept` is its own.
template <class Listener>
void define_server_class(lua_State* L, const char* class_name, lua_CFunction accept)
{
    const luaL_Reg methods[] = {
        {"accept", accept},
        {"close", guard<server_close<Listener>>},
        {"port", guard<server_port<Listener>>},
        {"local_address", guard<server_local_address<Listener>>},
        {nullptr, nullptr},
    };
    define_class(L, class_name, methods, guard<server_collect<Listener>>, guard<server_to_string<Listener>>);
}

}  // namespace moonwire::bindings
