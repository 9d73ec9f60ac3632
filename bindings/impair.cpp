#include "bindings/addresses.hpp"
#include "bindings/await.hpp"
#include "bindings/connection.hpp"
#include "bindings/core/guard.hpp"
#include "bindings/core/loop.hpp"
#include "bindings/core/userdata.hpp"
#include "bindings/failure.hpp"
#include "bindings/impair_options.hpp"
#include "bindings/open.hpp"
#include "host/impair/open.hpp"
#include "host/script/vm.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace moonwire::bindings {

using UdpRelayHandle = std::shared_ptr<impair::UdpRelay>;
using TcpRelayHandle = std::shared_ptr<impair::TcpRelay>;

template <>
struct LuaType<UdpRelayHandle> {
    static constexpr const char* name = "a UDP relay";
};

template <>
struct LuaType<TcpRelayHandle> {
    static constexpr const char* name = "a TCP relay";
};

namespace {

constexpr const char* udp_class = "moonwire.impair.UdpRelay";
constexpr const char* tcp_class = "moonwire.impair.TcpRelay";
constexpr const char* relay_count = "moonwire.impair.count";  // in the registry

// Of the relays of a run each has its own seed. The script's random numbers stay the same with and without relays.
std::uint64_t next_seed(lua_State* L)
{
    lua_getfield(L, LUA_REGISTRYINDEX, relay_count);
    const lua_Integer number = lua_tointeger(L, -1);
    lua_pushinteger(L, number + 1);
    lua_setfield(L, LUA_REGISTRYINDEX, relay_count);
    lua_pop(L, 1);
    return impair::seed_of_part(script::Vm::of(L).services().random.seed(), static_cast<std::uint64_t>(number));
}

template <class Bind>
void read_address(Options& options, Bind& bind)
{
    bind.host = std::string(options.string("host").value_or("*"));
    bind.port = static_cast<std::uint16_t>(options.integer("port", 0, 65535).value_or(0));
    bind.family = read_family(options);
}

std::size_t read_max_clients(Options& options)
{
    return static_cast<std::size_t>(options.integer("max_clients", 1, 65535).value_or(256));
}

template <class Handle>
int push_opened(lua_State* L, const char* class_name, const net::Failure& failure, Handle relay)
{
    if (failure.error) {
        return push_failure(L, failure);
    }
    push_object<Handle>(L, class_name, std::move(relay));
    return 1;
}

// impair.udp(options) -> relay | nil, err
int impair_udp(lua_State* L)
{
    Options options(L, 1, "options");
    impair::UdpRelayRequest request;
    request.target = read_target(L, options);
    read_address(options, request.bind);
    request.options.max_clients = read_max_clients(options);
    request.options.idle = options.duration("idle").value_or(request.options.idle);
    request.faults = read_datagram_faults(L, options);
    options.finish();
    request.options.seed = next_seed(L);
    return await_operation(
        L, "impair.udp",
        [&](auto handler) { return impair::async_relay_udp(loop_of(L), std::move(request), std::move(handler)); },
        [](lua_State* to, const net::Failure& failure, UdpRelayHandle relay) {
            return push_opened(to, udp_class, failure, std::move(relay));
        });
}

// impair.tcp(options) -> relay | nil, err
int impair_tcp(lua_State* L)
{
    Options options(L, 1, "options");
    impair::TcpRelayRequest request;
    request.target = read_target(L, options);
    read_address(options, request.listen);
    request.options.max_clients = read_max_clients(options);
    request.faults = read_stream_faults(L, options);
    options.finish();
    request.options.seed = next_seed(L);
    return await_operation(
        L, "impair.tcp",
        [&](auto handler) { return impair::async_relay_tcp(loop_of(L), std::move(request), std::move(handler)); },
        [](lua_State* to, const net::Failure& failure, TcpRelayHandle relay) {
            if (relay) {
                warn_through(relay->listener(), script::Vm::of(to).services());
            }
            return push_opened(to, tcp_class, failure, std::move(relay));
        });
}

Options check_faults(lua_State* L)
{
    if (!lua_istable(L, 2)) {
        argument_error(L, 2, "options", "a table of options ({} for a path without faults)");
    }
    return {L, 2, "options"};
}

// relay:set(options)
int udp_set(lua_State* L)
{
    const UdpRelayHandle& relay = check<UdpRelayHandle>(L, 1);
    Options options = check_faults(L);
    const impair::DatagramFaults faults = read_datagram_faults(L, options);
    options.finish();
    relay->set(faults);
    return 0;
}

// relay:set(options)
int tcp_set(lua_State* L)
{
    const TcpRelayHandle& relay = check<TcpRelayHandle>(L, 1);
    Options options = check_faults(L);
    const impair::StreamFaults faults = read_stream_faults(L, options);
    options.finish();
    relay->set(faults);
    return 0;
}

template <class Number>
void set_number(lua_State* L, const std::string& name, Number value)
{
    lua_pushnumber(L, static_cast<double>(value));
    lua_setfield(L, -2, name.c_str());
}

void set_count(lua_State* L, const char* name, const impair::Count& count)
{
    set_number(L, name, count.packets);
    set_number(L, "bytes_" + std::string(name), count.bytes);
}

void push_way(lua_State* L, const impair::DatagramWay& way)
{
    const impair::DatagramCounters& counters = way.counters;
    lua_createtable(L, 0, 17);
    set_count(L, "received", counters.received);
    set_count(L, "forwarded", counters.forwarded);
    set_count(L, "dropped", counters.dropped);
    set_count(L, "duplicated", counters.duplicated);
    set_count(L, "reordered", counters.reordered);
    set_count(L, "delayed", counters.delayed);
    set_count(L, "overflowed", counters.overflowed);
    set_count(L, "failed", counters.failed);
    set_number(L, "waiting", way.waiting);
}

void push_way(lua_State* L, const impair::StreamWay& way)
{
    const impair::StreamCounters& counters = way.counters;
    lua_createtable(L, 0, 7);
    set_count(L, "received", counters.received);
    set_count(L, "forwarded", counters.forwarded);
    set_count(L, "delayed", counters.delayed);
    set_number(L, "stalls", counters.stalls);
}

template <class Relay>
void set_ways(lua_State* L, const Relay& relay)
{
    push_way(L, relay.way(impair::Way::to_target));
    lua_setfield(L, -2, "to_target");
    push_way(L, relay.way(impair::Way::to_client));
    lua_setfield(L, -2, "to_client");
}

// relay:info() -> table
int udp_info(lua_State* L)
{
    const impair::UdpRelay& relay = *check<UdpRelayHandle>(L, 1);
    lua_createtable(L, 0, 3);
    set_number(L, "clients", relay.clients());
    set_ways(L, relay);
    return 1;
}

// relay:info() -> table
int tcp_info(lua_State* L)
{
    const impair::TcpRelay& relay = *check<TcpRelayHandle>(L, 1);
    const auto& connections = relay.connections();
    lua_createtable(L, 0, 7);
    set_number(L, "connections", connections.accepted);
    set_number(L, "open", relay.open_connections());
    set_number(L, "unreachable", connections.unreachable);
    set_number(L, "cut", connections.cut);
    set_number(L, "broken", connections.broken);
    set_ways(L, relay);
    return 1;
}

// relay:local_address() -> address, port
template <class Handle>
int relay_local_address(lua_State* L)
{
    return push_endpoint(L, check<Handle>(L, 1)->local_endpoint());
}

// relay:port() -> port
template <class Handle>
int relay_port(lua_State* L)
{
    lua_pushinteger(L, check<Handle>(L, 1)->local_endpoint().port());
    return 1;
}

// relay:close()
template <class Handle>
int relay_close(lua_State* L)
{
    check<Handle>(L, 1)->close();
    return 0;
}

template <class Handle>
int relay_to_string(lua_State* L)
{
    const auto& relay = *check<Handle>(L, 1);
    const std::string text = std::string(LuaType<Handle>::name).substr(2) + " " +
                             net::to_string(relay.local_endpoint()) + " -> " + net::to_string(relay.target()) +
                             (relay.closed() ? " (closed)" : "");
    lua_pushlstring(L, text.data(), text.size());
    return 1;
}

template <class Handle>
void define_relay_class(lua_State* L, const char* class_name, lua_CFunction set, lua_CFunction info)
{
    const luaL_Reg methods[] = {
        {"set", set},
        {"info", info},
        {"local_address", guard<relay_local_address<Handle>>},
        {"port", guard<relay_port<Handle>>},
        {"close", guard<relay_close<Handle>>},
        {nullptr, nullptr},
    };
    define_class(L, class_name, methods, guard<collect<Handle>>, guard<relay_to_string<Handle>>);
}

}  // namespace

int open_impair(lua_State* L)
{
    define_relay_class<UdpRelayHandle>(L, udp_class, guard<udp_set>, guard<udp_info>);
    define_relay_class<TcpRelayHandle>(L, tcp_class, guard<tcp_set>, guard<tcp_info>);
    const luaL_Reg functions[] = {
        {"udp", guard<impair_udp>},
        {"tcp", guard<impair_tcp>},
        {nullptr, nullptr},
    };
    lua_newtable(L);
    luaL_register(L, nullptr, functions);
    return 1;
}

}  // namespace moonwire::bindings
