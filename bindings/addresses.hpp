#pragma once

#include "bindings/core/stack.hpp"
#include "host/net/endpoint.hpp"

#include <cstdint>
#include <limits>
#include <string>

namespace moonwire::bindings {

// What the modules for sockets have in common: options and addresses.

/// The most that SO_SNDBUF and SO_RCVBUF take, which the kernel doubles.
constexpr std::int64_t largest_buffer = std::numeric_limits<int>::max() / 2;

/// The option "family".
inline net::Family read_family(Options& options)
{
    static constexpr const char* names[] = {"any", "ipv4", "ipv6", nullptr};
    static constexpr net::Family families[] = {net::Family::any, net::Family::ipv4, net::Family::ipv6};
    return families[options.choice("family", names).value_or(0)];
}

/// Pushes the address and the port; returns 2.
template <class Endpoint>
int push_endpoint(lua_State* L, const Endpoint& endpoint)
{
    const std::string address = net::address_of(endpoint.address());
    lua_pushlstring(L, address.data(), address.size());
    lua_pushinteger(L, endpoint.port());
    return 2;
}

}  // namespace moonwire::bindings
