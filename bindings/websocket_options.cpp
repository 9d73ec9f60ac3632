#include "bindings/websocket.hpp"

#include <cstdint>
#include <limits>

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

}  // namespace

std::shared_ptr<const websocket::Options> read_websocket_options(lua_State* L, Options& options)
{
    auto result = std::make_shared<websocket::Options>();
    read_limits(options, result->limits);
    read_compression(L, options, result->deflate);
    result->fragment_size = static_cast<std::size_t>(options.integer("fragment_size", 0, largest_message).value_or(0));
    result->keep_alive = options.duration("keep_alive").value_or(result->keep_alive);
    result->keep_alive_timeout = options.duration("keep_alive_timeout").value_or(result->keep_alive_timeout);
    result->close_timeout = options.duration("close_timeout").value_or(result->close_timeout);
    return result;
}

}  // namespace moonwire::bindings
