#pragma once

#include "bindings/connection.hpp"
#include "bindings/core/guard.hpp"
#include "bindings/core/userdata.hpp"
#include "bindings/failure.hpp"
#include "host/net/endpoint.hpp"
#include "host/net/error.hpp"
#include "host/script/suspension.hpp"

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

template <class Listener>
int push_accept_failure(lua_State* L, const Listener& listener, const net::error_code& error)
{
    return push_failure(L, error, "accept on " + net::to_string(listener.local_endpoint()));
}

/// Of a listener whose clients must do something first: a failure with a message is one client's, and says so.
template <class Listener>
int push_accept_failure(lua_State* L, const Listener& listener, const net::Failure& failure)
{
    const bool of_client = !failure.message.empty();
    const int pushed = of_client ? push_failure(L, failure) : push_accept_failure(L, listener, failure.error);
    lua_pushboolean(L, of_client);
    lua_setfield(L, -2, "client");
    return pushed;
}

// server:accept([timeout]) -> connection | nil, err
template <class Listener, auto push_connection>
int server_accept(lua_State* L)
{
    const ServerHandle<Listener> server = check<ServerHandle<Listener>>(L, 1);
    const auto timeout = opt_duration(L, 2, "timeout");
    if (server->listener->accepting()) {
        return luaL_error(L, "another task is accepting from this server already");
    }
    auto task = script::Suspension::of(L, "accept");
    task.on_cancel([server] { server->listener->cancel_accept(); });
    server->listener->async_accept(timeout, [server, task = std::move(task)](const auto& failure, auto stream) mutable {
        task.resume_with([&](lua_State* to) {
            if (stream == nullptr) {
                return push_accept_failure(to, *server->listener, failure);
            }
            server->options.apply(*stream);
            return push_connection(to, std::move(stream));
        });
    });
    return script::task_waits(L);
}

/// Makes the metatable of a kind of server; `push_connection(L, stream)` pushes what it accepts.
template <class Listener, auto push_connection>
void define_server_class(lua_State* L, const char* class_name)
{
    const luaL_Reg methods[] = {
        {"accept", guard<server_accept<Listener, push_connection>>},
        {"close", guard<server_close<Listener>>},
        {"port", guard<server_port<Listener>>},
        {"local_address", guard<server_local_address<Listener>>},
        {nullptr, nullptr},
    };
    define_class(L, class_name, methods, guard<server_collect<Listener>>, guard<server_to_string<Listener>>);
}

}  // namespace moonwire::bindings
