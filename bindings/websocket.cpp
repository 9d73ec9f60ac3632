#include "bindings/websocket.hpp"

#include "bindings/connection.hpp"
#include "bindings/core/guard.hpp"
#include "bindings/failure.hpp"
#include "bindings/open.hpp"
#include "bindings/stream.hpp"
#include "host/net/url.hpp"
#include "host/websocket/random_bytes.hpp"
#include "host/websocket/upgrade_answer.hpp"
#include "host/websocket/upgrade_request.hpp"

#include <string>
#include <utility>
#include <vector>

namespace moonwire::bindings {

/// What a server lets in, and how.
struct Acceptor {
    websocket::AcceptOptions handshake;
    std::shared_ptr<const websocket::Options> connection;
};
using AcceptorHandle = std::shared_ptr<const Acceptor>;

/// What a client has asked for, until the server has answered.
struct ConnectRequest {
    websocket::UpgradeRequest upgrade;
    std::shared_ptr<const websocket::Options> connection;
};
using ConnectRequestHandle = std::shared_ptr<const ConnectRequest>;

template <>
struct LuaType<AcceptorHandle> {
    static constexpr const char* name = "an acceptor";
};

template <>
struct LuaType<ConnectRequestHandle> {
    static constexpr const char* name = "an upgrade request";
};

namespace {

using websocket::Connection;
using websocket::Role;

constexpr const char* acceptor_class = "moonwire.ws.Acceptor";
constexpr const char* request_class = "moonwire.ws.Request";

constexpr int max_head = 16 * 1024;
constexpr std::chrono::seconds default_handshake_timeout{10};

// The options of tcp.connect and tcp.listen, which those check.
constexpr const char* stream_options[] = {"port",    "host",        "family",         "reuse_address",
                                          "backlog", "nodelay",     "keepalive",      "write_timeout",
                                          "timeout", "send_buffer", "receive_buffer", "tls"};

void pass_stream_options(lua_State* L, Options& options)
{
    for (const char* name : stream_options) {
        if (options.push(name)) {
            lua_pop(L, 1);
        }
    }
}

std::vector<websocket::Header> read_headers(lua_State* L, Options& options)
{
    std::vector<websocket::Header> headers;
    if (!options.push("headers")) {
        return headers;
    }
    if (!lua_istable(L, -1)) {
        options.error("headers", R"(a table { Name = "value" })");
    }
    const int table = lua_gettop(L);
    for (lua_pushnil(L); lua_next(L, table) != 0; lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING || lua_type(L, -1) != LUA_TSTRING) {
            options.error("headers", R"(a table { Name = "value" })");
        }
        headers.push_back({lua_tostring(L, -2), lua_tostring(L, -1)});
    }
    lua_pop(L, 1);
    return headers;
}

// native.acceptor(options) -> acceptor, seconds for the handshake
int make_acceptor(lua_State* L)
{
    Options options(L, 1, "options");
    auto acceptor = std::make_shared<Acceptor>();
    acceptor->connection = read_websocket_options(L, options);
    acceptor->handshake.path = options.string("path").value_or("");
    acceptor->handshake.origins = options.strings("origins", 1024);
    acceptor->handshake.subprotocols = options.strings("subprotocols", 255);
    acceptor->handshake.headers = read_headers(L, options);
    acceptor->handshake.deflate = acceptor->connection->deflate;
    const auto timeout = options.duration("handshake_timeout").value_or(default_handshake_timeout);
    pass_stream_options(L, options);
    options.finish();
    check(acceptor->handshake);
    push_object<AcceptorHandle>(L, acceptor_class, std::move(acceptor));
    lua_pushnumber(L, seconds(timeout));
    return 2;
}

// native.request(url, options) -> { host =, port =, secure =, text =, handshake = } | nil, err
int make_request(lua_State* L)
{
    const auto text = check_string(L, 1, "url");
    Options options(L, 2, "options");
    auto request = std::make_shared<ConnectRequest>();
    request->connection = read_websocket_options(L, options);
    websocket::ConnectOptions handshake;
    handshake.headers = read_headers(L, options);
    handshake.subprotocols = options.strings("subprotocols", 255);
    handshake.origin = options.string("origin").value_or("");
    handshake.deflate = request->connection->deflate;
    pass_stream_options(L, options);
    options.finish();

    const auto url = net::parse_url(text);
    if (!url || (url->scheme != "ws" && url->scheme != "wss")) {
        argument_error(L, 1, "url", R"(a URL that begins with "ws://" or "wss://")");
    }
    const websocket::Location location{url->host, url->port, url->target, url->secure()};
    request->upgrade = websocket::make_upgrade_request(location, handshake, websocket::random_nonce());

    lua_createtable(L, 0, 5);
    lua_pushlstring(L, url->host.data(), url->host.size());
    lua_setfield(L, -2, "host");
    lua_pushinteger(L, url->port);
    lua_setfield(L, -2, "port");
    lua_pushboolean(L, url->secure());
    lua_setfield(L, -2, "secure");
    lua_pushlstring(L, request->upgrade.text.data(), request->upgrade.text.size());
    lua_setfield(L, -2, "text");
    push_object<ConnectRequestHandle>(L, request_class, std::move(request));
    lua_setfield(L, -2, "handshake");
    return 1;
}

// The connection at `index` becomes a WebSocket.
int become_websocket(lua_State* L, int index, Role role, std::shared_ptr<const websocket::Options> options,
                     const std::optional<websocket::DeflateParameters>& compression, std::string head,
                     std::string subprotocol)
{
    auto connection =
        std::make_shared<Connection>(check<StreamHandle>(L, index), role, std::move(options), compression);
    connection->handshake_head = std::move(head);
    connection->subprotocol = std::move(subprotocol);
    connection->start();
    replace_object<StreamHandle, WebSocketHandle>(L, index, websocket_class, std::move(connection));
    lua_pushvalue(L, index);
    return 1;
}

// native.open(stream, request, head) -> conn | nil, err
int open_websocket(lua_State* L)
{
    const ConnectRequestHandle& request = check<ConnectRequestHandle>(L, 2);
    std::string head(check_string(L, 3, "head"));
    auto upgraded = websocket::check_upgrade_response(head, request->upgrade);
    if (!upgraded) {
        return push_failure(L, upgraded.error());
    }
    return become_websocket(L, 1, Role::client, request->connection, upgraded->deflate, std::move(head),
                            std::move(upgraded->subprotocol));
}

void write_response(net::Stream& stream, const std::string& response)
{
    const std::string_view text = response;
    stream.write({&text, 1});
}

// native.accept(stream, acceptor, head) -> conn | nil, err
int accept_websocket(lua_State* L)
{
    const StreamHandle& stream = check<StreamHandle>(L, 1);
    const AcceptorHandle& acceptor = check<AcceptorHandle>(L, 2);
    std::string head(check_string(L, 3, "head"));
    auto answer = websocket::answer_upgrade(head, acceptor->handshake);
    write_response(*stream, answer.response);
    if (!answer.accepted()) {
        return push_failure(
            L, {websocket::errc::bad_upgrade, "upgrade of " + stream->description() + ": " + answer.refusal});
    }
    return become_websocket(L, 1, Role::server, acceptor->connection, answer.deflate, std::move(head),
                            std::move(answer.subprotocol));
}

// native.refuse(stream, code): the request has not come in time, or is too long
int refuse(lua_State* L)
{
    const StreamHandle& stream = check<StreamHandle>(L, 1);
    const auto code = check_string(L, 2, "code");
    if (code == "timeout") {
        write_response(*stream, websocket::refusal_response(408, "the request did not come in time"));
    } else if (code == "too_long") {
        write_response(*stream, websocket::refusal_response(431, "the request's head is too long"));
    }
    return 0;
}

void define_classes(lua_State* L)
{
    define_websocket_class(L);
    define_room_class(L);
    const luaL_Reg none[] = {{nullptr, nullptr}};
    define_class(L, acceptor_class, none, guard<collect<AcceptorHandle>>, nullptr);
    define_class(L, request_class, none, guard<collect<ConnectRequestHandle>>, nullptr);
}

}  // namespace

int open_ws(lua_State* L)
{
    define_classes(L);
    lua_newtable(L);
    lua_pushcfunction(L, guard<make_room>);
    lua_setfield(L, -2, "room");
    push_methods(L, websocket_class);
    const luaL_Reg native[] = {
        {"acceptor", guard<make_acceptor>},
        {"request", guard<make_request>},
        {"open", guard<open_websocket>},
        {"accept", guard<accept_websocket>},
        {"refuse", guard<refuse>},
        {"next_event", guard<next_event>},
        {"listeners", guard<listeners>},
        {"say", guard<say>},
        {nullptr, nullptr},
    };
    lua_newtable(L);
    luaL_register(L, nullptr, native);
    lua_pushinteger(L, max_head);
    lua_setfield(L, -2, "max_head");
    run_lua_part(L, "ws", 3);
    return 1;
}

}  // namespace moonwire::bindings
