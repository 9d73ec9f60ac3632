#include "bindings/impair_options.hpp"

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

namespace moonwire::bindings {

namespace {

constexpr std::int64_t most_bytes = std::int64_t{1} << 53;

double number(lua_State* L, Options& options, const char* key, double min, double max, const char* expected)
{
    if (!options.push(key)) {
        return 0;
    }
    const double value = lua_tonumber(L, -1);
    if (lua_type(L, -1) != LUA_TNUMBER || !(value >= min && value <= max)) {
        options.error(key, expected);
    }
    lua_pop(L, 1);
    return value;
}

double probability(lua_State* L, Options& options, const char* key)
{
    return number(L, options, key, 0, 1, "a probability from 0 to 1");
}

impair::Ways read_ways(Options& options)
{
    static constexpr const char* names[] = {"both", "to_target", "to_client", nullptr};
    static constexpr impair::Ways ways[] = {impair::Ways::both, impair::Ways::to_target, impair::Ways::to_client};
    return ways[options.choice("direction", names).value_or(0)];
}

void require(lua_State* L, bool holds, const char* message)
{
    if (!holds) {
        luaL_error(L, "%s", message);
    }
}

}  // namespace

impair::Target read_target(lua_State* L, Options& options)
{
    impair::Target target;
    const bool given = options.push("target");
    const std::string_view text = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "";
    const auto colon = text.rfind(':');
    if (given && colon != std::string_view::npos && colon > 0) {
        std::string_view host = text.substr(0, colon);
        const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
        if (bracketed) {
            host = host.substr(1, host.size() - 2);
        }
        const std::string_view port = text.substr(colon + 1);
        const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), target.port);
        const bool is_port = error == std::errc() && end == port.data() + port.size() && target.port != 0;
        if (is_port && (bracketed || host.find(':') == std::string_view::npos)) {
            target.host = host;
        }
    }
    if (!given) {
        lua_pushnil(L);
    }
    if (target.host.empty()) {
        options.error("target", "the server's host and port as a string (\"localhost:5004\", \"[::1]:5004\")");
    }
    lua_pop(L, 1);
    return target;
}

impair::DatagramFaults read_datagram_faults(lua_State* L, Options& options)
{
    impair::DatagramFaults faults;
    faults.drop = probability(L, options, "drop");
    faults.duplicate = probability(L, options, "duplicate");
    faults.reorder = probability(L, options, "reorder");
    faults.hold = options.duration("hold").value_or(faults.hold);
    faults.delay = options.duration("delay").value_or(faults.delay);
    faults.jitter = options.duration("jitter").value_or(faults.jitter);
    faults.rate = number(L, options, "rate", 1, 1e15, "bytes a second, a number of at least 1");
    faults.queue = static_cast<std::size_t>(options.integer("queue", 1, 1000000).value_or(1000));
    faults.ways = read_ways(options);
    return faults;
}

impair::StreamFaults read_stream_faults(lua_State* L, Options& options)
{
    impair::StreamFaults faults;
    faults.delay = options.duration("delay").value_or(faults.delay);
    faults.jitter = options.duration("jitter").value_or(faults.jitter);
    const auto stall = options.duration("stall");
    faults.stall = stall.value_or(faults.stall);
    faults.stall_after = options.integer("stall_after", 0, most_bytes);
    faults.stall_at = options.duration("stall_at");
    faults.stall_every = options.integer("stall_every", 1, most_bytes);
    faults.cut_after = options.integer("cut_after", 0, most_bytes);
    faults.cut_at = options.duration("cut_at");
    faults.ways = read_ways(options);
    const bool placed = faults.stall_after || faults.stall_at || faults.stall_every;
    require(L, !stall || placed, "options.stall: needs stall_after, stall_at or stall_every, which say when");
    require(L, stall || !placed, "options.stall: expected how many seconds each stall takes, got nil");
    return faults;
}

}  // namespace moonwire::bindings
