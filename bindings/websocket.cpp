#include "bindings/websocket.hpp"

#include "bindings/await.hpp"
#include "bindings/connection.hpp"
#include "bindings/core/guard.hpp"
#include "bindings/open.hpp"
#include "host/script/error.hpp"

#include <string>
#include <utility>

namespace moonwire::bindings {

namespace {

using script::Suspension;
using script::task_waits;

constexpr std::size_t max_head = 16 * 1024;
constexpr std::string_view head_end = "\r\n\r\n";

std::string reason_of_failure(const net::error_code& error)
{
    if (error == net::errc::timeout) {
        return "the peer's part of the handshake did not come in time";
    }
    if (error == net::errc::too_long) {
        return "the peer's part of the handshake is longer than " + std::to_string(max_head) + " bytes";
    }
    if (error == net::errc::closed) {
        return "the peer ended the connection in the middle of the handshake";
    }
    return net::reason(error);
}

// The other side's part of the handshake, or why there is none.
struct HeadAnswer {
    const std::string& what;
    net::error_code error;
    std::string_view head;

    int operator()(lua_State* L) const
    {
        if (error) {
            return script::push_failure(L, net::code_word(error), what + ": " + reason_of_failure(error));
        }
        lua_pushlstring(L, head.data(), head.size());
        lua_pushlstring(L, head_end.data(), head_end.size());
        lua_concat(L, 2);
        return 1;
    }
};

// native.read_head(stream, seconds, what) -> head with its empty line | nil, err: "what: why"
// When the task is cancelled meanwhile, the stream is broken off.
int read_head(lua_State* L)
{
    const StreamHandle& stream = check<StreamHandle>(L, 1);
    const auto timeout = check_duration(L, 2, "timeout");
    std::string what(check_string(L, 3, "what"));
    const net::ReadRequest request{net::ReadRequest::Kind::until, max_head, std::string(head_end)};
    if (const auto result = stream->try_read(request)) {
        return HeadAnswer{what, result->error, result->data}(L);
    }
    auto task = Suspension::of(L, "handshake");
    task.on_cancel([waiting = stream.get()] { waiting->abort(); });  // kept by the read's handler
    stream->async_read(request, timeout,
                       [stream, what = std::move(what), task = std::move(task)](const net::ReadResult& result) mutable {
                           task.resume_with(HeadAnswer{what, result.error, result.data});
                       });
    return task_waits(L);
}

// native.failure(code, message) -> nil, err
int failure(lua_State* L)
{
    return script::push_failure(L, check_string(L, 1, "code"), check_string(L, 2, "message"));
}

void register_websocket(lua_State* L)
{
    const luaL_Reg functions[] = {
        {"read_head", guard<read_head>},
        {"next_event", guard<next_event>},
        {"state", guard<state>},
        {"failure", guard<failure>},
        {"say", guard<say>},
        {nullptr, nullptr},
    };
    luaL_register(L, nullptr, functions);
}

}  // namespace

int become_websocket(lua_State* L, int index, websocket::Role role, std::shared_ptr<const websocket::Options> options,
                     const std::optional<websocket::DeflateParameters>& compression, std::string head,
                     std::string subprotocol)
{
    auto connection =
        std::make_shared<websocket::Connection>(check<StreamHandle>(L, index), role, std::move(options), compression);
    connection->handshake_head = std::move(head);
    connection->subprotocol = std::move(subprotocol);
    connection->start();
    replace_object<StreamHandle, WebSocketHandle>(L, index, websocket_class, std::move(connection));
    lua_pushvalue(L, index);
    return 1;
}

int open_ws(lua_State* L)
{
    define_websocket_class(L);
    define_room_class(L);
    lua_newtable(L);
    lua_pushcfunction(L, guard<make_room>);
    lua_setfield(L, -2, "room");
    push_methods(L, websocket_class);
    lua_newtable(L);
    register_websocket(L);
    register_websocket_server(L);
    register_websocket_client(L);
    register_websocket_direct_calls(L);
    run_lua_part(L, "ws", 3);
    return 1;
}

}  // namespace moonwire::bindings
