#pragma once

#include "bindings/core/stack.hpp"
#include "bindings/core/userdata.hpp"
#include "host/net/udp_socket.hpp"

#include <lua.hpp>

#include <memory>

namespace moonwire::bindings {

/// What scripts hold of a UDP socket.
using UdpHandle = std::shared_ptr<net::UdpSocket>;

template <>
struct LuaType<UdpHandle> {
    static constexpr const char* name = "a UDP socket";
};

/// Pushes it as an object of the class that moonwire.udp defines, which must have been opened; returns 1.
int push_udp_socket(lua_State* L, UdpHandle socket);

/// The short cuts that the Lua part of moonwire.udp builds on.
void register_udp_direct_calls(lua_State* L);

/// The options that every way to open a socket has in common.
net::UdpOptions read_udp_options(Options& options);

}  // namespace moonwire::bindings
