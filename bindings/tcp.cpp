#include "bindings/core/guard.hpp"
#include "bindings/core/stack.hpp"
#include "bindings/failure.hpp"
#include "bindings/net_options.hpp"
#include "bindings/open.hpp"
#include "bindings/stream.hpp"
#include "host/net/endpoint.hpp"
#include "host/net/socket_table.hpp"
#include "host/net/tcp_connect.hpp"
#include "host/net/tcp_info.hpp"
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

loop::Loop& loop_of(lua_State* L)
{
    return script::Vm::of(L).services().loop;
}

/// What `connect` and `listen` have in common, and what `set` changes.
struct ConnectionOptions {
    net::SocketOptions socket;
    std::optional<observe::Duration> read_timeout;
    std::optional<observe::Duration> write_timeout;

    void apply(net::Stream& stream) const
    {
        stream.read_timeout = read_timeout;
        stream.write_timeout = write_timeout ? *write_timeout : std::chrono::seconds(60);
    }
};

ConnectionOptions read_connection_options(Options& options)
{
    ConnectionOptions result;
    result.socket.nodelay = options.boolean("nodelay").value_or(true);
    result.socket.keepalive = options.boolean("keepalive").value_or(false);
    if (const auto size = options.integer("send_buffer", 1, largest_buffer)) {
        result.socket.send_buffer = static_cast<int>(*size);
    }
    if (const auto size = options.integer("receive_buffer", 1, largest_buffer)) {
        result.socket.receive_buffer = static_cast<int>(*size);
    }
    result.read_timeout = options.duration("read_timeout");
    result.write_timeout = options.duration("write_timeout");
    return result;
}

int push_connection(lua_State* L, std::shared_ptr<net::TcpStream> stream)
{
    push_object<StreamHandle>(L, connection_class, std::move(stream));
    return 1;
}

net::TcpStream& check_tcp(lua_State* L)
{
    auto* stream = dynamic_cast<net::TcpStream*>(check<StreamHandle>(L, 1).get());
    if (stream == nullptr) {
        argument_error(L, 1, nullptr, "a TCP connection");
    }
    return *stream;
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

    auto task = Suspension::of(L, "tcp.connect");
    const auto operation = std::make_shared<std::shared_ptr<net::Operation>>();
    task.on_cancel([operation] { (*operation)->cancel(); });
    *operation = net::async_connect(
        loop_of(L), std::move(request), connection.socket,
        [connection, task = std::move(task)](net::Failure failure, std::shared_ptr<net::TcpStream> stream) mutable {
            task.resume_with([&](lua_State* to) {
                if (failure.error) {
                    return push_failure(to, failure);
                }
                connection.apply(*stream);
                return push_connection(to, std::move(stream));
            });
        });
    return task_waits(L);
}

/// A listening socket as scripts hold it: with the options that its connections get.
struct Server {
    std::shared_ptr<net::TcpListener> listener;
    ConnectionOptions options;
};
using ServerHandle = std::shared_ptr<Server>;

}  // namespace

template <>
struct LuaType<ServerHandle> {
    static constexpr const char* name = "a listening server";
};

namespace {

// tcp.listen(options) -> server | nil, err
int tcp_listen(lua_State* L)
{
    if (!lua_istable(L, 1)) {
        argument_error(L, 1, "options", "a table of options, at least { port = 0 }");
    }
    net::ListenRequest request;
    Options options(L, 1, "options");
    const auto port = options.integer("port", 0, 65535);
    if (!port) {
        return luaL_error(L, "options.port: expected an integer from 0 to 65535 (0: a free one), got nil");
    }
    request.port = static_cast<std::uint16_t>(*port);
    request.host = std::string(options.string("host").value_or("*"));
    request.family = read_family(options);
    request.reuse_address = options.boolean("reuse_address").value_or(true);
    request.backlog = static_cast<int>(options.integer("backlog", 1, 65535).value_or(511));
    const ConnectionOptions connection = read_connection_options(options);
    request.options = connection.socket;
    options.finish();

    auto task = Suspension::of(L, "tcp.listen");
    auto* services = &script::Vm::of(L).services();
    net::async_listen(
        loop_of(L), std::move(request),
        [connection, services, task = std::move(task)](net::Failure failure,
                                                       std::shared_ptr<net::TcpListener> listener) mutable {
            task.resume_with([&](lua_State* to) {
                if (failure.error) {
                    return push_failure(to, failure);
                }
                listener->on_warning = [services](const std::string& text) {
                    services->diagnostics("moonwire: " + text + "\n");
                };
                push_object(to, server_class, std::make_shared<Server>(Server{std::move(listener), connection}));
                return 1;
            });
        });
    return task_waits(L);
}

// server:accept([timeout]) -> connection | nil, err
int server_accept(lua_State* L)
{
    const ServerHandle server = check<ServerHandle>(L, 1);
    const auto timeout = opt_duration(L, 2, "timeout");
    if (server->listener->accepting()) {
        return luaL_error(L, "another task is accepting from this server already");
    }
    auto task = Suspension::of(L, "accept");
    task.on_cancel([server] { server->listener->cancel_accept(); });
    server->listener->async_accept(
        timeout,
        [server, task = std::move(task)](const net::error_code& error, std::shared_ptr<net::TcpStream> stream) mutable {
            task.resume_with([&](lua_State* to) {
                if (error) {
                    return push_failure(to, error, "accept on " + net::to_string(server->listener->local_endpoint()));
                }
                server->options.apply(*stream);
                return push_connection(to, std::move(stream));
            });
        });
    return task_waits(L);
}

// server:close()
int server_close(lua_State* L)
{
    check<ServerHandle>(L, 1)->listener->close();
    return 0;
}

// server:port() -> port
int server_port(lua_State* L)
{
    lua_pushinteger(L, check<ServerHandle>(L, 1)->listener->local_endpoint().port());
    return 1;
}

int push_endpoint(lua_State* L, const net::TcpEndpoint& endpoint)
{
    const std::string address = net::address_of(endpoint);
    lua_pushlstring(L, address.data(), address.size());
    lua_pushinteger(L, endpoint.port());
    return 2;
}

// server:local_address() -> address, port
int server_local_address(lua_State* L)
{
    return push_endpoint(L, check<ServerHandle>(L, 1)->listener->local_endpoint());
}

int server_to_string(lua_State* L)
{
    const std::string text = "server on " + net::to_string(check<ServerHandle>(L, 1)->listener->local_endpoint());
    lua_pushlstring(L, text.data(), text.size());
    return 1;
}

int server_collect(lua_State* L)
{
    if (const auto* server = test<ServerHandle>(L, 1)) {
        (*server)->listener->close();
    }
    return collect<ServerHandle>(L);
}

// conn:local_address() -> address, port
int connection_local_address(lua_State* L)
{
    return push_endpoint(L, check_tcp(L).local_endpoint());
}

// conn:peer_address() -> address, port
int connection_peer_address(lua_State* L)
{
    return push_endpoint(L, check_tcp(L).peer_endpoint());
}

// conn:set(options)
int connection_set(lua_State* L)
{
    net::TcpStream& stream = check_tcp(L);
    if (!lua_istable(L, 2)) {
        argument_error(L, 2, "options", "a table of options");
    }
    Options options(L, 2, "options");
    const auto nodelay = options.boolean("nodelay");
    const auto keepalive = options.boolean("keepalive");
    const auto linger = options.duration("linger");
    const auto send_buffer = options.integer("send_buffer", 1, largest_buffer);
    const auto receive_buffer = options.integer("receive_buffer", 1, largest_buffer);
    const auto read_timeout = options.duration("read_timeout");
    const auto write_timeout = options.duration("write_timeout");
    options.finish();

    stream.read_timeout = read_timeout ? read_timeout : stream.read_timeout;
    stream.write_timeout = write_timeout ? write_timeout : stream.write_timeout;
    const int socket = stream.native_handle();
    net::error_code error;
    const auto set = [&](const auto& value, auto function) {
        if (value && !error) {
            error = function(socket, *value);
        }
    };
    set(nodelay, net::set_nodelay);
    set(keepalive, net::set_keepalive);
    set(linger, net::set_linger);
    set(send_buffer, [](int s, std::int64_t size) { return net::set_send_buffer(s, static_cast<int>(size)); });
    set(receive_buffer, [](int s, std::int64_t size) { return net::set_receive_buffer(s, static_cast<int>(size)); });
    if (error) {
        return push_failure(L, error, "set options of " + stream.description());
    }
    lua_pushboolean(L, 1);
    return 1;
}

// conn:info() -> table | nil, err
int connection_info(lua_State* L)
{
    net::TcpStream& stream = check_tcp(L);
    net::TcpInfo info;
    if (const auto error = net::read_tcp_info(stream.native_handle(), info)) {
        return push_failure(L, error, "info of " + stream.description());
    }
    const auto set = [L](const char* name, auto value) {
        lua_pushnumber(L, static_cast<double>(value));
        lua_setfield(L, -2, name);
    };
    lua_createtable(L, 0, 20);
    const std::string_view state = info.state;
    lua_pushlstring(L, state.data(), state.size());
    lua_setfield(L, -2, "state");
    set("rtt", info.rtt);
    set("rtt_variance", info.rtt_variance);
    set("min_rtt", info.min_rtt);
    set("retransmit_timeout", info.retransmit_timeout);
    set("mss", info.mss);
    set("congestion_window", info.congestion_window);
    set("segments_sent", info.segments_sent);
    set("segments_received", info.segments_received);
    set("data_segments_sent", info.data_segments_sent);
    set("data_segments_received", info.data_segments_received);
    set("bytes_sent", info.bytes_sent);
    set("bytes_acknowledged", info.bytes_acknowledged);
    set("bytes_received", info.bytes_received);
    set("retransmits", info.retransmits);
    set("unacknowledged", info.unacknowledged);
    set("bytes_read", stream.bytes_read());
    set("bytes_written", stream.bytes_written());
    return 1;
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
    define_stream_class(L, connection_class,
                        {
                            {"local_address", guard<connection_local_address>},
                            {"peer_address", guard<connection_peer_address>},
                            {"set", guard<connection_set>},
                            {"info", guard<connection_info>},
                        });
    const luaL_Reg server_methods[] = {
        {"accept", guard<server_accept>},
        {"close", guard<server_close>},
        {"port", guard<server_port>},
        {"local_address", guard<server_local_address>},
        {nullptr, nullptr},
    };
    define_class(L, server_class, server_methods, guard<server_collect>, guard<server_to_string>);
}

void push_methods(lua_State* L, const char* class_name)
{
    luaL_getmetatable(L, class_name);
    lua_getfield(L, -1, "__index");
    lua_remove(L, -2);
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
    push_methods(L, connection_class);
    push_methods(L, server_class);
    lua_getfield(L, LUA_REGISTRYINDEX, "moonwire.task.native");
    run_lua_part(L, "tcp", 3);  // adds lines, clients and serve
    lua_pop(L, 1);
    return 1;
}

}  // namespace moonwire::bindings
