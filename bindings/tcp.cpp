#include "bindings/await.hpp"
#include "bindings/core/guard.hpp"
#include "bindings/core/loop.hpp"
#include "bindings/core/stack.hpp"
#include "bindings/failure.hpp"
#include "bindings/inspect.hpp"
#include "bindings/open.hpp"
#include "bindings/server.hpp"
#include "host/net/endpoint.hpp"
#include "host/net/socket_table.hpp"
#include "host/net/tcp_connect.hpp"
#include "host/net/tcp_listener.hpp"
#include "host/net/tcp_stream.hpp"
#include "host/script/error.hpp"
#include "host/script/vm.hpp"

#include <memory>
#include <string>

namespace moonwire::bindings {

namespace {

using script::Suspension;
using script::task_waits;

constexpr const char* connection_class = "moonwire.tcp.Connection";
constexpr const char* server_class = "moonwire.tcp.Server";

int push_connection(lua_State* L, std::shared_ptr<net::TcpStream> stream)
{
    push_object<StreamHandle>(L, connection_class, std::move(stream));
    remember_connection(L);
    return 1;
}

// tcp.connect(host, port [, options]) -> connection | nil, err
int tcp_connect(lua_State* L)
{
    net::ConnectRequest request;
    request.host = check_string(L, 1, "host");
    request.port = static_cast<std::uint16_t>(check_integer(L, 2, "port", 1, 65535));
    Options options(L, 3, "options");
    request.timeout = options.duration("timeout").value_or(std::chrono::seconds(10));
    request.family = read_family(options);
    const ConnectionOptions connection = read_connection_options(options);
    options.finish();

    return await_operation(
        L, "tcp.connect",
        [&](auto handler) {
            return net::async_connect(loop_of(L), std::move(request), connection.socket, std::move(handler));
        },
        [connection](lua_State* to, const net::Failure& failure, std::shared_ptr<net::TcpStream> stream) {
            if (failure.error) {
                return push_failure(to, failure);
            }
            connection.apply(*stream);
            return push_connection(to, std::move(stream));
        });
}

// tcp.listen(options) -> server | nil, err
int tcp_listen(lua_State* L)
{
    Options options = check_listen_options(L);
    net::ListenRequest request = read_listen_request(L, options);
    const ConnectionOptions connection = read_connection_options(options);
    request.options = connection.socket;
    options.finish();

    auto task = Suspension::of(L, "tcp.listen");
    auto* services = &script::Vm::of(L).services();
    net::async_listen(loop_of(L), std::move(request),
                      [connection, services, task = std::move(task)](
                          net::Failure failure, std::shared_ptr<net::TcpListener> listener) mutable {
                          task.resume_with([&](lua_State* to) {
                              if (failure.error) {
                                  return push_failure(to, failure);
                              }
                              warn_through(*listener, *services);
                              return push_server(to, server_class, std::move(listener), connection);
                          });
                      });
    return task_waits(L);
}

// tcp.sockets(port) -> list of tables
int tcp_sockets(lua_State* L)
{
    const auto port = static_cast<std::uint16_t>(check_integer(L, 1, "port", 1, 65535));
    const auto entries = net::tcp_sockets(port);
    lua_createtable(L, static_cast<int>(entries.size()), 0);
    int index = 0;
    for (const auto& entry : entries) {
        lua_createtable(L, 0, 7);
        const auto set_text = [L](const char* name, std::string_view text) {
            lua_pushlstring(L, text.data(), text.size());
            lua_setfield(L, -2, name);
        };
        const auto set_number = [L](const char* name, auto value) {
            lua_pushnumber(L, static_cast<double>(value));
            lua_setfield(L, -2, name);
        };
        set_text("state", entry.state);
        set_number("receive_queue", entry.receive_queue);
        set_number("send_queue", entry.send_queue);
        set_text("local_address", net::address_of(entry.local));
        set_number("local_port", entry.local.port());
        set_text("peer_address", net::address_of(entry.peer));
        set_number("peer_port", entry.peer.port());
        lua_rawseti(L, -2, ++index);
    }
    return 1;
}

void define_classes(lua_State* L)
{
    define_stream_class(L, connection_class, tcp_methods());
    define_server_class<net::TcpListener, push_connection>(L, server_class);
}

}  // namespace

int open_tcp(lua_State* L)
{
    define_classes(L);
    const luaL_Reg functions[] = {
        {"connect", guard<tcp_connect>},
        {"listen", guard<tcp_listen>},
        {"sockets", guard<tcp_sockets>},
        {nullptr, nullptr},
    };
    lua_newtable(L);
    luaL_register(L, nullptr, functions);
    push_methods(L, server_class);
    lua_getfield(L, LUA_REGISTRYINDEX, "moonwire.task.native");
    run_lua_part(L, "server", 2);  // adds clients and serve
    lua_pop(L, 1);
    return 1;
}

}  // namespace moonwire::bindings
