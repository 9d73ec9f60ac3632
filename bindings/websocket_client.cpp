#include "bindings/core/guard.hpp"
#include "bindings/failure.hpp"
#include "bindings/websocket.hpp"
#include "host/net/url.hpp"
#include "host/websocket/random_bytes.hpp"
#include "host/websocket/upgrade_request.hpp"

#include <string>
#include <utility>

namespace moonwire::bindings {

/// What a client has asked for, until the server has answered.
struct ConnectRequest {
    websocket::UpgradeRequest upgrade;
    std::shared_ptr<const websocket::Options> connection;
};
using ConnectRequestHandle = std::shared_ptr<const ConnectRequest>;

template <>
struct LuaType<ConnectRequestHandle> {
    static constexpr const char* name = "an upgrade request";
};

namespace {

constexpr const char* request_class = "moonwire.WsRequest";

void set_text(lua_State* L, const char* name, std::string_view text)
{
    lua_pushlstring(L, text.data(), text.size());
    lua_setfield(L, -2, name);
}

net::Url check_url(lua_State* L, int index)
{
    auto url = net::parse_url(check_string(L, index, "url"));
    if (!url || (url->scheme != "ws" && url->scheme != "wss")) {
        argument_error(L, index, "url", R"(a URL like "ws://localhost:8080/path", or one with "wss://")");
    }
    return std::move(*url);
}

// native.request(url, options, names) -> { host =, port =, secure =, url =, text =, handshake = }
// `names`: of options that the connection below checks.
int make_request(lua_State* L)
{
    const net::Url url = check_url(L, 1);
    Options options(L, 2, "options");
    auto request = std::make_shared<ConnectRequest>();
    request->connection = read_websocket_options(L, options);
    websocket::ConnectOptions handshake;
    handshake.headers = read_headers(L, options);
    handshake.subprotocols = options.strings("subprotocols", 255);
    handshake.origin = options.string("origin").value_or("");
    handshake.deflate = request->connection->deflate;
    leave_options(L, 3, options);
    options.finish();
    const websocket::Location location{url.host, url.port, url.target, url.secure()};
    request->upgrade = websocket::make_upgrade_request(location, handshake, websocket::random_nonce());

    lua_createtable(L, 0, 6);
    set_text(L, "host", url.host);
    lua_pushinteger(L, url.port);
    lua_setfield(L, -2, "port");
    lua_pushboolean(L, url.secure());
    lua_setfield(L, -2, "secure");
    set_text(L, "url", request->upgrade.url);
    set_text(L, "text", request->upgrade.text);
    push_object<ConnectRequestHandle>(L, request_class, std::move(request));
    lua_setfield(L, -2, "handshake");
    return 1;
}

// native.open(stream, request, head) -> conn | nil, err
int open_websocket(lua_State* L)
{
    const ConnectRequestHandle& request = check<ConnectRequestHandle>(L, 2);
    std::string head(check_string(L, 3, "head"));
    auto upgraded = websocket::check_upgrade_response(head, request->upgrade);
    if (upgraded) {
        return become_websocket(L, 1, websocket::Role::client, request->connection, upgraded->deflate, std::move(head),
                                std::move(upgraded->subprotocol));
    }
    push_failure(L, upgraded.error());
    if (const auto response = websocket::parse_response(head)) {
        lua_pushinteger(L, static_cast<lua_Integer>(response->result_int()));
        lua_setfield(L, -2, "status");
    }
    return 2;
}

}  // namespace

void register_websocket_client(lua_State* L)
{
    const luaL_Reg none[] = {{nullptr, nullptr}};
    define_class(L, request_class, none, guard<collect<ConnectRequestHandle>>, nullptr);
    const luaL_Reg functions[] = {
        {"request", guard<make_request>},
        {"open", guard<open_websocket>},
        {nullptr, nullptr},
    };
    luaL_register(L, nullptr, functions);
}

}  // namespace moonwire::bindings
