#include "bindings/connection.hpp"

#include "bindings/core/guard.hpp"
#include "bindings/failure.hpp"
#include "host/net/tcp_info.hpp"

#include <string>

namespace moonwire::bindings {

namespace {

net::TcpStream& check_tcp(lua_State* L)
{
    return tcp_of(L, *check<StreamHandle>(L, 1));
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
    const net::TcpStream& tcp = check_tcp(L);
    net::Stream& stream = *check<StreamHandle>(L, 1);
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
    const int socket = tcp.native_handle();
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
    return push_tcp_info(L, *check<StreamHandle>(L, 1));
}

}  // namespace

net::TcpStream& tcp_of(lua_State* L, net::Stream& stream)
{
    net::Stream* lowest = &stream;
    while (lowest->transport() != nullptr) {
        lowest = lowest->transport();
    }
    auto* tcp = dynamic_cast<net::TcpStream*>(lowest);
    if (tcp == nullptr) {
        argument_error(L, 1, nullptr, "a connection over TCP");
    }
    return *tcp;
}

int push_tcp_info(lua_State* L, net::Stream& stream)
{
    const net::TcpStream& tcp = tcp_of(L, stream);
    net::TcpInfo info;
    if (const auto error = tcp.info(info)) {
        return push_failure(L, error, "info of " + stream.description());
    }
    const auto set = [L](const char* name, auto value) {
        lua_pushnumber(L, static_cast<double>(value));
        lua_setfield(L, -2, name);
    };
    lua_createtable(L, 0, 22);
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
    set("receive_calls", tcp.system_calls().receive);
    set("send_calls", tcp.system_calls().send);
    return 1;
}

void ConnectionOptions::apply(net::Stream& stream) const
{
    stream.read_timeout = read_timeout;
    stream.write_timeout = write_timeout ? *write_timeout : std::chrono::seconds(60);
}

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

Options check_listen_options(lua_State* L)
{
    if (!lua_istable(L, 1)) {
        argument_error(L, 1, "options", "a table of options, at least { port = 0 }");
    }
    return {L, 1, "options"};
}

net::ListenRequest read_listen_request(lua_State* L, Options& options)
{
    net::ListenRequest request;
    const auto port = options.integer("port", 0, 65535);
    if (!port) {
        luaL_error(L, "options.port: expected an integer from 0 to 65535 (0: a free one), got nil");
    }
    request.port = static_cast<std::uint16_t>(*port);
    request.host = std::string(options.string("host").value_or("*"));
    request.family = read_family(options);
    request.reuse_address = options.boolean("reuse_address").value_or(true);
    request.backlog = static_cast<int>(options.integer("backlog", 1, 65535).value_or(511));
    return request;
}

void warn_through(net::TcpListener& listener, script::Services& services)
{
    listener.on_warning = [&services](const std::string& text) { services.diagnostics("moonwire: " + text + "\n"); };
}

std::vector<luaL_Reg> tcp_methods()
{
    return {
        {"local_address", guard<connection_local_address>},
        {"peer_address", guard<connection_peer_address>},
        {"set", guard<connection_set>},
        {"info", guard<connection_info>},
    };
}

}  // namespace moonwire::bindings
