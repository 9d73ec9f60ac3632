#include "bindings/await.hpp"
#include "bindings/core/guard.hpp"
#include "bindings/failure.hpp"
#include "bindings/websocket.hpp"
#include "host/script/error.hpp"
#include "host/script/scheduler.hpp"
#include "host/websocket/close_code.hpp"
#include "host/websocket/utf8.hpp"

#include <string>
#include <vector>

namespace moonwire::bindings {

namespace {

using script::Suspension;
using script::task_waits;
using websocket::Connection;
using websocket::Incoming;
using websocket::Opcode;

constexpr std::chrono::seconds close_time_when_collected{5};

std::string reason_of_end(const websocket::End& end)
{
    if (end.error != net::errc::closed) {
        return net::reason(end.error) + (end.detail.empty() ? "" : ": " + std::string(end.detail));
    }
    if (end.code == static_cast<std::uint16_t>(websocket::CloseCode::abnormal)) {
        return "the connection ended without a close frame";
    }
    return "closed with code " + std::to_string(end.code) + " (" + std::string(websocket::close_code_name(end.code)) +
           ")" + (end.reason.empty() ? "" : ": " + end.reason);
}

// nil and the error; of a connection that has ended with how.
int push_connection_failure(lua_State* L, const Connection& connection, const char* what, const net::error_code& error)
{
    const std::string tried = std::string(what) + " " + connection.description();
    if (!connection.ended() || error != connection.end().error) {
        return push_failure(L, error, tried);
    }
    const websocket::End& end = connection.end();
    script::push_failure(L, net::code_word(error), tried + ": " + reason_of_end(end));
    lua_pushinteger(L, end.code);
    lua_setfield(L, -2, "close_code");
    lua_pushlstring(L, end.reason.data(), end.reason.size());
    lua_setfield(L, -2, "reason");
    return 2;
}

constexpr const char* last_text_key = "moonwire.ws.last_text";

void remember_text(lua_State* L)
{
    lua_pushvalue(L, -1);
    lua_setfield(L, LUA_REGISTRYINDEX, last_text_key);
}

bool is_last_text(lua_State* L, int index)
{
    lua_getfield(L, LUA_REGISTRYINDEX, last_text_key);
    const bool same = lua_rawequal(L, -1, index) != 0;  // equal strings are one object
    lua_pop(L, 1);
    return same;
}

bool is_text(lua_State* L, int index, std::string_view data)
{
    return (data.size() >= long_text && is_last_text(L, index)) || websocket::is_utf8(data);
}

// A message as receive() has it: the data, and whether it is binary.
int push_message(lua_State* L, const Connection& connection, const Incoming& incoming)
{
    if (incoming.kind == Incoming::Kind::failure) {
        return push_connection_failure(L, connection, "receive from", incoming.error);
    }
    lua_pushlstring(L, incoming.data.data(), incoming.data.size());
    if (incoming.kind == Incoming::Kind::text && incoming.data.size() >= long_text) {
        remember_text(L);
    }
    lua_pushboolean(L, incoming.kind == Incoming::Kind::binary);
    return 2;
}

// The same with control frames, as events have it: the name of the event, and the data.
int push_event(lua_State* L, const Connection& connection, const Incoming& incoming)
{
    static constexpr const char* names[] = {"text", "binary", "ping", "pong"};
    if (incoming.kind == Incoming::Kind::failure) {
        return push_connection_failure(L, connection, "receive from", incoming.error);
    }
    lua_pushstring(L, names[static_cast<int>(incoming.kind)]);
    lua_pushlstring(L, incoming.data.data(), incoming.data.size());
    return 2;
}

using PushIncoming = int (*)(lua_State*, const Connection&, const Incoming&);

// What has been received, as a view while that is valid, or kept.
template <PushIncoming push>
struct Received {
    const WebSocketHandle& connection;
    const Incoming& incoming;

    struct Kept {
        WebSocketHandle connection;
        Incoming::Kind kind;
        std::string data;
        net::error_code error;

        int operator()(lua_State* L) const { return push(L, *connection, {kind, data, error}); }
    };

    int operator()(lua_State* L) const { return push(L, *connection, incoming); }
    Kept kept() const { return {connection, incoming.kind, std::string(incoming.data), incoming.error}; }
};

template <PushIncoming push>
int receive(lua_State* L)
{
    const WebSocketHandle& connection = check<WebSocketHandle>(L, 1);
    const auto timeout = opt_duration(L, 2, "timeout");
    if (connection->receiving()) {
        return luaL_error(L, "another task is receiving from this connection already");
    }
    if (const auto incoming = connection->try_receive()) {
        return answer_at_once(L, "receive", connection->stream()->loop(), Received<push>{connection, *incoming});
    }
    auto task = Suspension::of(L, "receive");
    task.on_cancel([waiting = connection.get()] { waiting->cancel_receive(); });  // kept by the handler
    connection->async_receive(timeout, [connection, task = std::move(task)](const Incoming& incoming) mutable {
        task.resume_with([&](lua_State* to) { return push(to, *connection, incoming); });
    });
    return task_waits(L);
}

struct SendAnswer {
    const WebSocketHandle& connection;
    net::error_code error;

    struct Kept {
        WebSocketHandle connection;
        net::error_code error;

        int operator()(lua_State* L) const { return SendAnswer{connection, error}(L); }
    };

    int operator()(lua_State* L) const
    {
        if (error) {
            return push_connection_failure(L, *connection, "send to", error);
        }
        lua_pushboolean(L, 1);
        return 1;
    }
    Kept kept() const { return {connection, error}; }
};

// Gives up its place while the peer does not read.
int finish_send(lua_State* L, const WebSocketHandle& connection, std::optional<observe::Duration> timeout,
                const net::error_code& error)
{
    const auto& stream = connection->stream();
    if (error || !stream->must_wait()) {
        return answer_at_once(L, "send", stream->loop(), SendAnswer{connection, error});
    }
    return await_write(
        L, "send", stream, [&](auto handler) { return stream->async_drain(timeout, std::move(handler)); },
        [connection](lua_State* to, const net::error_code& failed) {
            return SendAnswer{connection, failed}(to);
        });
}

// conn:send(data [, timeout]) -> true | nil, err
int connection_send(lua_State* L)
{
    const WebSocketHandle& connection = check<WebSocketHandle>(L, 1);
    const auto data = check_string(L, 2, "data");
    const auto timeout = opt_duration(L, 3, "timeout");
    if (!is_text(L, 2, data)) {
        return push_failure(L, websocket::errc::invalid_utf8,
                            "send to " + connection->description() + " (send_binary takes any bytes)");
    }
    return finish_send(L, connection, timeout, connection->send(Opcode::text, data));
}

// conn:send_binary(data [, timeout]) -> true | nil, err
int connection_send_binary(lua_State* L)
{
    const WebSocketHandle& connection = check<WebSocketHandle>(L, 1);
    const auto data = check_string(L, 2, "data");
    const auto timeout = opt_duration(L, 3, "timeout");
    return finish_send(L, connection, timeout, connection->send(Opcode::binary, data));
}

template <Opcode opcode>
int send_control(lua_State* L)
{
    const WebSocketHandle& connection = check<WebSocketHandle>(L, 1);
    const auto data = lua_isnoneornil(L, 2) ? std::string_view() : check_string(L, 2, "data");
    if (data.size() > websocket::max_control_payload) {
        argument_error(L, 2, "data", "at most 125 bytes");
    }
    return finish_send(L, connection, std::nullopt, connection->send_control(opcode, data));
}

// conn:flush([timeout]) -> true | nil, err
int connection_flush(lua_State* L)
{
    const WebSocketHandle& connection = check<WebSocketHandle>(L, 1);
    const auto timeout = opt_duration(L, 2, "timeout");
    const auto& stream = connection->stream();
    return await_write(
        L, "flush", stream, [&](auto handler) { return stream->async_flush(timeout, std::move(handler)); },
        [connection](lua_State* to, const net::error_code& failed) {
            return SendAnswer{connection, failed}(to);
        });
}

// A task that was cancelled cleans up: it goes away.
websocket::CloseCode usual_close_code(lua_State* L)
{
    const script::Task* task = script::Scheduler::of(L).current();
    return task != nullptr && task->cancel_requested() ? websocket::CloseCode::going_away
                                                       : websocket::CloseCode::normal;
}

std::uint16_t opt_close_code(lua_State* L, int index)
{
    if (lua_isnoneornil(L, index)) {
        return static_cast<std::uint16_t>(usual_close_code(L));
    }
    const auto code = static_cast<std::uint16_t>(check_integer(L, index, "code", 1000, 4999));
    if (!websocket::may_be_sent(code)) {
        argument_error(L, index, "code",
                       "a code that a close frame may have: 1000 to 1003, 1007 to 1014, 3000 to 4999");
    }
    return code;
}

std::string_view opt_close_reason(lua_State* L, int index)
{
    constexpr std::size_t longest = websocket::max_control_payload - sizeof(std::uint16_t);
    const auto reason = lua_isnoneornil(L, index) ? std::string_view() : check_string(L, index, "reason");
    if (reason.size() > longest || !websocket::is_utf8(reason)) {
        argument_error(L, index, "reason", "UTF-8 text of at most 123 bytes");
    }
    return reason;
}

// conn:close([code [, reason [, timeout]]]) -> true | nil, err
int connection_close(lua_State* L)
{
    const WebSocketHandle connection = check<WebSocketHandle>(L, 1);
    const auto code = opt_close_code(L, 2);
    const auto reason = opt_close_reason(L, 3);
    const auto timeout = opt_close_timeout(L, 4);
    auto task = Suspension::of(L, "close");
    task.on_cancel([connection] { connection->abort(); });
    connection->async_close(code, reason, timeout, [connection, task = std::move(task)](net::error_code error) mutable {
        task.resume_with([&](lua_State* to) {
            if (error) {
                return push_failure(to, error, "close " + connection->description());
            }
            lua_pushboolean(to, 1);
            return 1;
        });
    });
    return task_waits(L);
}

// conn:abort()
int connection_abort(lua_State* L)
{
    check<WebSocketHandle>(L, 1)->abort();
    return 0;
}

// conn:closed() -> boolean
int connection_closed(lua_State* L)
{
    lua_pushboolean(L, check<WebSocketHandle>(L, 1)->closing());
    return 1;
}

int connection_collect(lua_State* L)
{
    const WebSocketHandle connection = *test<WebSocketHandle>(L, 1);
    if (!connection->closing()) {
        connection->async_close(static_cast<std::uint16_t>(websocket::CloseCode::going_away), {},
                                close_time_when_collected, [](net::error_code) {});
    }
    return collect<WebSocketHandle>(L);
}

int connection_to_string(lua_State* L)
{
    const WebSocketHandle& connection = check<WebSocketHandle>(L, 1);
    const std::string text = connection->description() + (connection->closing() ? " (closed)" : "");
    lua_pushlstring(L, text.data(), text.size());
    return 1;
}

}  // namespace

int next_event(lua_State* L)
{
    check<WebSocketHandle>(L, 1)->tell_control_frames(true);
    return receive<push_event>(L);
}

int state(lua_State* L)
{
    static char mark;
    check<WebSocketHandle>(L, 1);
    lua_getfenv(L, 1);  // what else it may be is a table of globals
    lua_pushlightuserdata(L, &mark);
    lua_rawget(L, -2);
    if (lua_isnil(L, -1)) {
        lua_newtable(L);
        lua_pushlightuserdata(L, &mark);
        lua_pushboolean(L, 1);
        lua_rawset(L, -3);
        lua_pushvalue(L, -1);
        lua_setfenv(L, 1);
        return 1;
    }
    lua_pop(L, 1);
    return 1;
}

void define_websocket_class(lua_State* L)
{
    std::vector<luaL_Reg> methods = {
        {"receive", guard<receive<push_message>>},
        {"send", guard<connection_send>},
        {"send_binary", guard<connection_send_binary>},
        {"ping", guard<send_control<Opcode::ping>>},
        {"pong", guard<send_control<Opcode::pong>>},
        {"flush", guard<connection_flush>},
        {"close", guard<connection_close>},
        {"abort", guard<connection_abort>},
        {"closed", guard<connection_closed>},
    };
    for (const luaL_Reg& method : websocket_info_methods()) {
        methods.push_back(method);
    }
    methods.push_back({nullptr, nullptr});
    define_class(L, websocket_class, methods.data(), guard<connection_collect>, guard<connection_to_string>);
}

}  // namespace moonwire::bindings
