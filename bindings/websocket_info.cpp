// What a connection can tell of itself and of its peer.
#include "bindings/addresses.hpp"
#include "bindings/connection.hpp"
#include "bindings/core/guard.hpp"
#include "bindings/http.hpp"
#include "bindings/tls.hpp"
#include "bindings/websocket.hpp"
#include "host/http/target.hpp"
#include "host/websocket/header.hpp"

#include <string>
#include <string_view>

namespace moonwire::bindings {

namespace {

using websocket::Role;

void set_text(lua_State* L, const char* name, std::string_view text)
{
    lua_pushlstring(L, text.data(), text.size());
    lua_setfield(L, -2, name);
}

// A target that is malformed stays as it is.
void set_target(lua_State* L, std::string_view text)
{
    const auto target = http::parse_target(text);
    set_text(L, "target", text);
    set_text(L, "path", target ? std::string_view(target->path) : text);
    push_query(L, target ? std::string_view(target->query) : "");
    lua_setfield(L, -2, "query");
}

void set_headers(lua_State* L, const http::beast::fields& fields)
{
    push_fields(L, fields);
    lua_setfield(L, -2, "headers");
}

// conn:request() -> table | nil: what a client has asked for
int connection_request(lua_State* L)
{
    const WebSocketHandle& connection = check<WebSocketHandle>(L, 1);
    const auto request =
        connection->role() == Role::server ? websocket::parse_request(connection->handshake_head) : std::nullopt;
    if (!request) {
        lua_pushnil(L);
        return 1;
    }
    lua_createtable(L, 0, 5);
    set_text(L, "method", request->method_string());
    set_target(L, request->target());
    set_headers(L, *request);
    return 1;
}

// conn:response() -> table | nil: what a server has answered
int connection_response(lua_State* L)
{
    const WebSocketHandle& connection = check<WebSocketHandle>(L, 1);
    const auto response =
        connection->role() == Role::client ? websocket::parse_response(connection->handshake_head) : std::nullopt;
    if (!response) {
        lua_pushnil(L);
        return 1;
    }
    lua_createtable(L, 0, 3);
    lua_pushinteger(L, static_cast<lua_Integer>(response->result_int()));
    lua_setfield(L, -2, "status");
    set_text(L, "reason", response->reason());
    set_headers(L, *response);
    return 1;
}

// conn:subprotocol() -> string | nil
int connection_subprotocol(lua_State* L)
{
    const std::string& name = check<WebSocketHandle>(L, 1)->subprotocol;
    if (name.empty()) {
        lua_pushnil(L);
    } else {
        lua_pushlstring(L, name.data(), name.size());
    }
    return 1;
}

// conn:info() -> table
int connection_info(lua_State* L)
{
    const WebSocketHandle& connection = check<WebSocketHandle>(L, 1);
    const auto statistics = connection->statistics();
    const auto set = [L](const char* name, auto value) {
        lua_pushnumber(L, static_cast<double>(value));
        lua_setfield(L, -2, name);
    };
    lua_createtable(L, 0, 16);
    set("messages_sent", statistics.messages_sent);
    set("messages_received", statistics.messages_received);
    set("messages_dropped", statistics.messages_dropped);
    set("frames_sent", statistics.frames_sent);
    set("frames_received", statistics.frames_received);
    set("bytes_sent", statistics.bytes_sent);
    set("bytes_received", statistics.bytes_received);
    set("pings_sent", statistics.pings_sent);
    set("pings_received", statistics.pings_received);
    set("pongs_received", statistics.pongs_received);
    set("stream_bytes_sent", connection->stream()->bytes_written());
    set("stream_bytes_received", connection->stream()->bytes_read());
    set("queued", connection->stream()->queued());
    if (statistics.ping_round_trip) {
        set("ping_round_trip", seconds(*statistics.ping_round_trip));
    }
    lua_pushboolean(L, connection->compresses());
    lua_setfield(L, -2, "compression");
    return 1;
}

// conn:tcp_info() -> table | nil, err
int connection_tcp_info(lua_State* L)
{
    return push_tcp_info(L, *check<WebSocketHandle>(L, 1)->stream());
}

// conn:tls() -> table | nil
int connection_tls(lua_State* L)
{
    return push_tls_info(L, *check<WebSocketHandle>(L, 1)->stream());
}

// conn:local_address() -> address, port
int connection_local_address(lua_State* L)
{
    return push_endpoint(L, tcp_of(L, *check<WebSocketHandle>(L, 1)->stream()).local_endpoint());
}

// conn:peer_address() -> address, port
int connection_peer_address(lua_State* L)
{
    return push_endpoint(L, tcp_of(L, *check<WebSocketHandle>(L, 1)->stream()).peer_endpoint());
}

}  // namespace

std::vector<luaL_Reg> websocket_info_methods()
{
    return {
        {"subprotocol", guard<connection_subprotocol>},     {"request", guard<connection_request>},
        {"response", guard<connection_response>},           {"info", guard<connection_info>},
        {"tcp_info", guard<connection_tcp_info>},           {"tls", guard<connection_tls>},
        {"local_address", guard<connection_local_address>}, {"peer_address", guard<connection_peer_address>},
    };
}

}  // namespace moonwire::bindings
