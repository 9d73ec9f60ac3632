#include "bindings/stream.hpp"

#include "bindings/await.hpp"
#include "bindings/core/guard.hpp"
#include "bindings/core/stack.hpp"
#include "bindings/failure.hpp"
#include "bindings/open.hpp"
#include "host/net/relay.hpp"
#include "host/script/error.hpp"
#include "host/script/scheduler.hpp"
#include "host/script/suspension.hpp"

#include <boost/asio/error.hpp>

#include <string>

namespace moonwire::bindings {

namespace {

using net::ReadRequest;
using net::ReadResult;
using script::Scheduler;
using script::Suspension;
using script::task_waits;

constexpr std::size_t default_max = 64 * 1024;
constexpr std::size_t default_max_all = 64 * 1024 * 1024;

int push_read_result(lua_State* L, const net::Stream& stream, const ReadResult& result)
{
    if (!result.error) {
        lua_pushlstring(L, result.data.data(), result.data.size());
        return 1;
    }
    push_failure(L, result.error, "read from " + stream.description());
    if (!result.data.empty()) {
        lua_pushlstring(L, result.data.data(), result.data.size());
        lua_setfield(L, -2, "partial");
    }
    return 2;
}

// What a read has found, as a view while that is valid, or kept.
template <class Data>
struct ReadAnswer {
    const net::Stream& stream;
    net::error_code error;
    Data data;

    int operator()(lua_State* L) const { return push_read_result(L, stream, {error, data}); }
    ReadAnswer<std::string> kept() const { return {stream, error, std::string(data)}; }
};

int read(lua_State* L, ReadRequest&& request, int timeout_index)
{
    const StreamHandle& stream = check<StreamHandle>(L, 1);
    const auto timeout = opt_duration(L, timeout_index, "timeout");
    if (stream->closed()) {
        return answer_at_once(L, "read", stream->loop(),
                              ReadAnswer<std::string_view>{*stream, boost::asio::error::bad_descriptor, {}});
    }
    if (stream->reading()) {
        return luaL_error(L, "another task is reading from this connection already");
    }
    if (const auto result = stream->try_read(request)) {
        return answer_at_once(L, "read", stream->loop(),
                              ReadAnswer<std::string_view>{*stream, result->error, result->data});
    }
    auto task = Suspension::of(L, "read");
    task.on_cancel([waiting = stream.get()] { waiting->cancel_read(); });  // kept by the read's handler
    stream->async_read(std::move(request), timeout, [stream, task = std::move(task)](const ReadResult& result) mutable {
        task.resume_with([&](lua_State* to) { return push_read_result(to, *stream, result); });
    });
    return task_waits(L);
}

// conn:read(n [, timeout]) -> data | nil, err
int stream_read(lua_State* L)
{
    return read(L, {ReadRequest::Kind::exactly, check_size(L, 2, "n"), {}}, 3);
}

// conn:read_some([max] [, timeout]) -> data | nil, err
int stream_read_some(lua_State* L)
{
    return read(L, {ReadRequest::Kind::some, opt_size(L, 2, "max").value_or(default_max), {}}, 3);
}

// conn:read_until(delimiter [, max] [, timeout]) -> data | nil, err
int stream_read_until(lua_State* L)
{
    const auto delimiter = check_string(L, 2, "delimiter");
    if (delimiter.empty()) {
        argument_error(L, 2, "delimiter", "at least one byte");
    }
    const std::size_t max = opt_size(L, 3, "max").value_or(default_max);
    return read(L, {ReadRequest::Kind::until, max, std::string(delimiter)}, 4);
}

// conn:read_line([max] [, timeout]) -> line | nil, err
int stream_read_line(lua_State* L)
{
    return read(L, {ReadRequest::Kind::line, opt_size(L, 2, "max").value_or(default_max), {}}, 3);
}

// conn:read_all([max] [, timeout]) -> data | nil, err
int stream_read_all(lua_State* L)
{
    return read(L, {ReadRequest::Kind::all, opt_size(L, 2, "max").value_or(default_max_all), {}}, 3);
}

int push_write_failure(lua_State* L, const net::Stream& stream, const net::error_code& error)
{
    push_failure(L, error, "write to " + stream.description());
    lua_pushnumber(L, static_cast<double>(stream.unsent() + stream.queued()));
    lua_setfield(L, -2, "unsent");
    return 2;
}

// Waits for a write operation of the stream; pushes `answer` when it went well.
template <class Start, class Answer>
int await_stream(lua_State* L, const StreamHandle& stream, const char* what, Start start, Answer answer)
{
    return await_write(L, what, stream, start, [stream, answer](lua_State* to, const net::error_code& error) {
        if (error) {
            return push_write_failure(to, *stream, error);
        }
        answer(to);
        return 1;
    });
}

// The pieces stay valid while their table or string is on the stack.
std::vector<std::string_view> check_pieces(lua_State* L, int index)
{
    std::vector<std::string_view> pieces;
    const int count = static_cast<int>(lua_objlen(L, index));
    pieces.reserve(static_cast<std::size_t>(count));
    for (int i = 1; i <= count; ++i) {
        lua_rawgeti(L, index, i);
        if (lua_type(L, -1) != LUA_TSTRING) {
            const std::string got = describe_value(L, -1);
            luaL_error(L, "data[%d]: expected a string, got %s", i, got.c_str());
        }
        std::size_t size = 0;
        const char* text = lua_tolstring(L, -1, &size);
        pieces.emplace_back(text, size);
        lua_pop(L, 1);
    }
    return pieces;
}

struct WriteAnswer {
    const net::Stream& stream;
    net::error_code error;
    std::size_t size;

    int operator()(lua_State* L) const
    {
        if (error) {
            return push_write_failure(L, stream, error);
        }
        lua_pushnumber(L, static_cast<double>(size));
        return 1;
    }
    WriteAnswer kept() const { return *this; }
};

int finish_write(lua_State* L, const StreamHandle& stream, std::size_t size, std::optional<observe::Duration> timeout,
                 const net::error_code& error)
{
    if (error || !stream->must_wait()) {
        return answer_at_once(L, "write", stream->loop(), WriteAnswer{*stream, error, size});
    }
    return await_stream(
        L, stream, "write", [&](auto handler) { return stream->async_drain(timeout, std::move(handler)); },
        [size](lua_State* to) { lua_pushnumber(to, static_cast<double>(size)); });
}

// conn:write(data [, timeout]) -> bytes | nil, err
int stream_write(lua_State* L)
{
    const StreamHandle& stream = check<StreamHandle>(L, 1);
    const auto timeout = opt_duration(L, 3, "timeout");
    const int type = lua_type(L, 2);
    if (type == LUA_TTABLE) {
        const auto pieces = check_pieces(L, 2);
        std::size_t size = 0;
        for (const auto& piece : pieces) {
            size += piece.size();
        }
        return finish_write(L, stream, size, timeout, stream->write(pieces));
    }
    if (type != LUA_TSTRING) {
        argument_error(L, 2, "data", "a string or a table of strings");
    }
    const auto data = check_string(L, 2, "data");
    return finish_write(L, stream, data.size(), timeout, stream->write({&data, 1}));
}

constexpr auto push_true = [](lua_State* L) { lua_pushboolean(L, 1); };

// conn:flush([timeout]) -> true | nil, err
int stream_flush(lua_State* L)
{
    const StreamHandle& stream = check<StreamHandle>(L, 1);
    const auto timeout = opt_duration(L, 2, "timeout");
    return await_stream(
        L, stream, "flush", [&](auto handler) { return stream->async_flush(timeout, std::move(handler)); }, push_true);
}

// conn:shutdown([timeout]) -> true | nil, err
int stream_shutdown(lua_State* L)
{
    const StreamHandle& stream = check<StreamHandle>(L, 1);
    const auto timeout = opt_duration(L, 2, "timeout");
    return await_stream(
        L, stream, "shutdown", [&](auto handler) { return stream->async_shutdown(timeout, std::move(handler)); },
        push_true);
}

// Closing needs nobody to wait for it when nothing is queued, or when nobody can.
void close_in_background(const StreamHandle& stream, std::optional<observe::Duration> timeout)
{
    stream->async_close(timeout, [closing = loop::Loop::ClosingWork(stream->loop())](const net::error_code&) {});
}

// conn:close([timeout]) -> true | nil, err
int stream_close(lua_State* L)
{
    const StreamHandle& stream = check<StreamHandle>(L, 1);
    const auto timeout = opt_close_timeout(L, 2);
    if (stream->closed() || stream->all_sent()) {
        close_in_background(stream, timeout);
        lua_pushboolean(L, 1);
        return 1;
    }
    return await_stream(
        L, stream, "close", [&](auto handler) { return stream->async_close(timeout, std::move(handler)); }, push_true);
}

// conn:abort()
int stream_abort(lua_State* L)
{
    check<StreamHandle>(L, 1)->abort();
    return 0;
}

int await_relay(lua_State* L, const char* what, const StreamHandle& from, const StreamHandle& to)
{
    if (from->reading()) {
        return luaL_error(L, "another task is reading from this connection already");
    }
    return await_operation(
        L, what, [&](auto handler) { return net::async_pipe(from, to, std::move(handler)); },
        [from, what](lua_State* state, const net::error_code& error, std::uint64_t bytes) {
            if (error) {
                return push_failure(state, error, std::string(what) + " from " + from->description());
            }
            lua_pushnumber(state, static_cast<double>(bytes));
            return 1;
        });
}

// conn:pipe(other) -> bytes | nil, err
int stream_pipe(lua_State* L)
{
    const StreamHandle& from = check<StreamHandle>(L, 1);
    const StreamHandle& to = check<StreamHandle>(L, 2);
    lua_getfield(L, 2, "write");
    if (lua_isnil(L, -1)) {
        argument_error(L, 2, "other", "a connection that can be written to");
    }
    lua_pop(L, 1);
    return await_relay(L, "pipe", from, to);
}

// conn:echo() -> bytes | nil, err
int stream_echo(lua_State* L)
{
    const StreamHandle& stream = check<StreamHandle>(L, 1);
    return await_relay(L, "echo", stream, stream);
}

int stream_collect(lua_State* L)
{
    const StreamHandle stream = *test<StreamHandle>(L, 1);
    if (!stream->closed()) {
        close_in_background(stream, std::chrono::seconds(5));
    }
    return collect<StreamHandle>(L);
}

int stream_to_string(lua_State* L)
{
    const StreamHandle& stream = check<StreamHandle>(L, 1);
    const std::string text = stream->description() + (stream->closed() ? " (closed)" : "");
    lua_pushlstring(L, text.data(), text.size());
    return 1;
}

struct Method {
    luaL_Reg entry;
    bool reads;
    bool writes;
};

constexpr Method methods[] = {
    {{"read", guard<stream_read>}, true, false},
    {{"read_some", guard<stream_read_some>}, true, false},
    {{"read_until", guard<stream_read_until>}, true, false},
    {{"read_line", guard<stream_read_line>}, true, false},
    {{"read_all", guard<stream_read_all>}, true, false},
    {{"write", guard<stream_write>}, false, true},
    {{"flush", guard<stream_flush>}, false, true},
    {{"shutdown", guard<stream_shutdown>}, false, true},
    {{"close", guard<stream_close>}, false, false},
    {{"abort", guard<stream_abort>}, false, false},
    {{"pipe", guard<stream_pipe>}, true, false},
    {{"echo", guard<stream_echo>}, true, true},
};

}  // namespace

std::optional<observe::Duration> opt_close_timeout(lua_State* L, int index)
{
    const auto timeout = opt_duration(L, index, "timeout");
    const script::Task* task = Scheduler::of(L).current();
    const bool cancelled = task != nullptr && task->cancel_requested();
    return timeout || !cancelled ? timeout : std::chrono::milliseconds(500);
}

void define_stream_class(lua_State* L, const char* class_name, const std::vector<luaL_Reg>& own_methods,
                         Direction direction)
{
    std::vector<luaL_Reg> entries;
    for (const Method& method : methods) {
        if (!(method.reads && direction == Direction::out) && !(method.writes && direction == Direction::in)) {
            entries.push_back(method.entry);
        }
    }
    entries.insert(entries.end(), own_methods.begin(), own_methods.end());
    entries.push_back({nullptr, nullptr});
    define_class(L, class_name, entries.data(), guard<stream_collect>, guard<stream_to_string>);
    if (direction != Direction::out) {
        push_methods(L, class_name);
        run_lua_part(L, "lines", 1);
        lua_pop(L, 1);
    }
}

}  // namespace moonwire::bindings
