#include "bindings/websocket.hpp"

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace moonwire::bindings {

namespace {

constexpr std::int64_t largest_message = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t most_fragments = std::numeric_limits<std::uint32_t>::max();

void read_limits(Options& options, websocket::ReceiveLimits& limits)
{
    const auto size = [&](const char* key, std::size_t otherwise) {
        return static_cast<std::size_t>(
            options.integer(key, 1, largest_message).value_or(static_cast<std::int64_t>(otherwise)));
    };
    limits.max_message = size("max_message", limits.max_message);
    limits.max_frame = size("max_frame", limits.max_message);
    limits.max_fragments = static_cast<std::size_t>(
        options.integer("max_fragments", 1, most_fragments).value_or(static_cast<std::int64_t>(limits.max_fragments)));
}

void read_compression(lua_State* L, Options& options, websocket::DeflateOptions& deflate)
{
    if (!options.push("compression")) {
        return;
    }
    if (lua_isboolean(L, -1)) {
        deflate.enabled = lua_toboolean(L, -1) != 0;
    } else if (lua_istable(L, -1)) {
        deflate.enabled = true;
        Options table(L, lua_gettop(L), "options.compression");
        const auto number = [&](const char* key, int min, int max, int otherwise) {
            return static_cast<int>(table.integer(key, min, max).value_or(otherwise));
        };
        deflate.window_bits = number("window_bits", 9, 15, deflate.window_bits);
        deflate.peer_window_bits = number("peer_window_bits", 8, 15, deflate.peer_window_bits);
        deflate.context_takeover = table.boolean("context_takeover").value_or(deflate.context_takeover);
        deflate.peer_context_takeover = table.boolean("peer_context_takeover").value_or(deflate.peer_context_takeover);
        deflate.level = number("level", 1, 9, deflate.level);
        deflate.memory_level = number("memory_level", 1, 9, deflate.memory_level);
        deflate.threshold = static_cast<std::size_t>(
            table.integer("threshold", 0, largest_message).value_or(static_cast<std::int64_t>(deflate.threshold)));
        table.finish();
    } else {
        options.error("compression", "true, false or a table of options");
    }
    lua_pop(L, 1);
}

// Seconds of silence; false for never, as 0.
std::optional<observe::Duration> read_keep_alive(lua_State* L, Options& options)
{
    if (!options.push("keep_alive")) {
        return std::nullopt;
    }
    const bool off = lua_isboolean(L, -1) && lua_toboolean(L, -1) == 0;
    const double value = lua_tonumber(L, -1);
    if (!off && (lua_type(L, -1) != LUA_TNUMBER || !(value >= 0))) {
        options.error("keep_alive", "seconds as a number of at least 0, or false");
    }
    lua_pop(L, 1);
    return seconds(off ? 0 : value);
}

[[noreturn]] void headers_error(Options& options)
{
    options.error("headers", R"(a table { Name = "value" }, or { Name = { "value", "value" } })");
}

// The value on top of the stack, which is popped, or each of a list of values.
void take_header(lua_State* L, Options& options, const std::string& name, std::vector<websocket::Header>& headers)
{
    if (lua_type(L, -1) == LUA_TSTRING) {
        std::size_t size = 0;
        const char* value = lua_tolstring(L, -1, &size);
        headers.push_back({name, {value, size}});
    } else if (lua_istable(L, -1)) {
        const int count = static_cast<int>(lua_objlen(L, -1));
        for (int i = 1; i <= count; ++i) {
            lua_rawgeti(L, -1, i);
            if (lua_type(L, -1) != LUA_TSTRING) {
                headers_error(options);
            }
            take_header(L, options, name, headers);
        }
    } else {
        headers_error(options);
    }
    lua_pop(L, 1);
}

}  // namespace

std::vector<websocket::Header> read_headers(lua_State* L, Options& options)
{
    std::vector<websocket::Header> headers;
    if (!options.push("headers")) {
        return headers;
    }
    const int table = lua_gettop(L);
    if (!lua_istable(L, table)) {
        headers_error(options);
    }
    lua_pushnil(L);
    while (lua_next(L, table) != 0) {
        if (lua_type(L, -2) != LUA_TSTRING) {
            headers_error(options);
        }
        std::size_t size = 0;
        const char* name = lua_tolstring(L, -2, &size);
        take_header(L, options, {name, size}, headers);
    }
    lua_pop(L, 1);
    return headers;
}

void leave_options(lua_State* L, int index, Options& options)
{
    const int count = static_cast<int>(lua_objlen(L, index));
    for (int i = 1; i <= count; ++i) {
        lua_rawgeti(L, index, i);
        const char* name = lua_tostring(L, -1);  // the list keeps it
        lua_pop(L, 1);
        if (options.push(name)) {
            lua_pop(L, 1);
        }
    }
}

std::shared_ptr<const websocket::Options> read_websocket_options(lua_State* L, Options& options)
{
    auto result = std::make_shared<websocket::Options>();
    read_limits(options, result->limits);
    read_compression(L, options, result->deflate);
    result->fragment_size = static_cast<std::size_t>(options.integer("fragment_size", 0, largest_message).value_or(0));
    result->keep_alive = read_keep_alive(L, options).value_or(result->keep_alive);
    result->keep_alive_timeout = options.duration("keep_alive_timeout").value_or(result->keep_alive_timeout);
    result->close_timeout = options.duration("close_timeout").value_or(result->close_timeout);
    return result;
}

}  // namespace moonwire::bindings
