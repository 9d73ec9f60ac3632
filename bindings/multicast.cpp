#include "bindings/multicast.hpp"

#include "bindings/addresses.hpp"
#include "bindings/core/guard.hpp"
#include "bindings/failure.hpp"
#include "bindings/open.hpp"
#include "bindings/udp.hpp"
#include "host/net/interfaces.hpp"
#include "host/net/multicast.hpp"
#include "host/script/error.hpp"
#include "host/script/vm.hpp"

#include <optional>
#include <utility>

namespace moonwire::bindings {

namespace {

namespace ip = boost::asio::ip;

ip::address check_group(lua_State* L, int index)
{
    net::error_code not_numeric;
    const auto group = ip::make_address(check_string(L, index, "group"), not_numeric);
    if (not_numeric || !group.is_multicast()) {
        argument_error(L, index, "group", "a multicast address (224.0.0.0 to 239.255.255.255, or ff00::/8)");
    }
    return group;
}

std::optional<ip::address> read_source(lua_State* L, Options& options, const ip::address& group)
{
    const auto text = options.string("source");
    if (!text) {
        return std::nullopt;
    }
    net::error_code not_numeric;
    const auto source = ip::make_address(*text, not_numeric);
    if (not_numeric || source.is_v4() != group.is_v4()) {
        luaL_error(L, "options.source: expected a numeric address of the group's IP version");
    }
    return source;
}

/// Nothing, with nil and the error pushed, if there is no such interface. Without a name the zone of the group, if it
/// has one, and otherwise the kernel decides.
std::optional<unsigned> interface_index(lua_State* L, const std::optional<std::string>& name, const ip::address& group)
{
    if (!name) {
        return group.is_v6() ? static_cast<unsigned>(group.to_v6().scope_id()) : 0;
    }
    const unsigned index = find_interface(L, *name, "group " + net::address_of(group));
    return index == 0 ? std::nullopt : std::optional(index);
}

int change_membership(lua_State* L, net::Failure (*change)(const net::UdpSocket&, const net::Membership&))
{
    const UdpHandle& socket = check<UdpHandle>(L, 1);
    net::Membership membership;
    membership.group = check_group(L, 2);
    Options options(L, 3, "options");
    const auto interface = options.name_or_number("interface");
    membership.source = read_source(L, options, membership.group);
    options.finish();
    const auto index = interface_index(L, interface, membership.group);
    if (!index) {
        return 2;
    }
    membership.interface_index = *index;
    const net::Failure failure = change(*socket, membership);
    if (failure.error) {
        return push_failure(L, failure);
    }
    lua_pushboolean(L, 1);
    return 1;
}

int push_opened(lua_State* L, std::pair<net::Failure, UdpHandle> opened)
{
    return opened.first.error ? push_failure(L, opened.first) : push_udp_socket(L, std::move(opened.second));
}

// multicast.receiver(group, port [, options]) -> socket | nil, err
int multicast_receiver(lua_State* L)
{
    net::Membership membership;
    membership.group = check_group(L, 1);
    const auto port = static_cast<std::uint16_t>(check_integer(L, 2, "port", 0, 65535));
    Options options(L, 3, "options");
    const net::UdpOptions socket = read_udp_options(options);
    const auto interface = options.name_or_number("interface");
    membership.source = read_source(L, options, membership.group);
    options.finish();
    const auto index = interface_index(L, interface, membership.group);
    if (!index) {
        return 2;
    }
    membership.interface_index = *index;
    return push_opened(L, net::open_multicast_receiver(script::Vm::of(L).services().loop, membership, port, socket));
}

// multicast.sender(group, port [, options]) -> socket | nil, err
int multicast_sender(lua_State* L)
{
    const ip::address group = check_group(L, 1);
    const auto port = static_cast<std::uint16_t>(check_integer(L, 2, "port", 1, 65535));
    Options options(L, 3, "options");
    net::UdpOptions socket = read_udp_options(options);
    net::MulticastSending sending;
    sending.ttl = socket.ttl.value_or(sending.ttl);
    socket.ttl.reset();
    sending.loopback = options.boolean("loopback").value_or(true);
    const auto interface = options.name_or_number("interface");
    options.finish();
    const auto index = interface_index(L, interface, group);
    if (!index) {
        return 2;
    }
    sending.interface_index = *index;
    return push_opened(L,
                       net::open_multicast_sender(script::Vm::of(L).services().loop, {group, port}, sending, socket));
}

// multicast.interfaces() -> list of tables
int multicast_interfaces(lua_State* L)
{
    lua_newtable(L);
    int number = 0;
    for (const net::Interface& interface : net::interfaces()) {
        const auto set_boolean = [L](const char* name, bool value) {
            lua_pushboolean(L, value ? 1 : 0);
            lua_setfield(L, -2, name);
        };
        lua_createtable(L, 0, 6);
        lua_pushlstring(L, interface.name.data(), interface.name.size());
        lua_setfield(L, -2, "name");
        lua_pushinteger(L, static_cast<lua_Integer>(interface.index));
        lua_setfield(L, -2, "index");
        set_boolean("up", interface.up);
        set_boolean("multicast", interface.multicast);
        set_boolean("loopback", interface.loopback);
        lua_newtable(L);
        int place = 0;
        for (const auto& address : interface.addresses) {
            const std::string text = net::address_of(address);
            lua_pushlstring(L, text.data(), text.size());
            lua_rawseti(L, -2, ++place);
        }
        lua_setfield(L, -2, "addresses");
        lua_rawseti(L, -2, ++number);
    }
    return 1;
}

}  // namespace

int socket_join(lua_State* L)
{
    return change_membership(L, net::join_group);
}

int socket_leave(lua_State* L)
{
    return change_membership(L, net::leave_group);
}

unsigned find_interface(lua_State* L, std::string_view text, const std::string& what)
{
    const auto interface = net::find_interface(text);
    if (!interface) {
        const net::error_code error = net::errc::no_interface;
        push_failure(L, net::Failure{error, what + ": " + net::reason(error) + ": " + std::string(text) +
                                                "; there are " + net::interface_names()});
        return 0;
    }
    return interface->index;
}

int open_multicast(lua_State* L)
{
    lua_getglobal(L, "require");
    lua_pushliteral(L, "moonwire.udp");  // defines the class of what receiver and sender return
    lua_call(L, 1, 0);
    const luaL_Reg functions[] = {
        {"receiver", guard<multicast_receiver>},
        {"sender", guard<multicast_sender>},
        {"interfaces", guard<multicast_interfaces>},
        {nullptr, nullptr},
    };
    lua_newtable(L);
    luaL_register(L, nullptr, functions);
    return 1;
}

}  // namespace moonwire::bindings
