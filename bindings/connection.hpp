#pragma once

#include "bindings/addresses.hpp"
#include "bindings/core/stack.hpp"
#include "bindings/stream.hpp"
#include "host/net/endpoint.hpp"
#include "host/net/socket_options.hpp"
#include "host/net/tcp_listener.hpp"
#include "host/net/tcp_stream.hpp"
#include "host/script/services.hpp"

#include <optional>
#include <vector>

namespace moonwire::bindings {

// What every connection over TCP has in scripts, whether TLS lies between or not.

/// The options that connecting and listening have in common.
struct ConnectionOptions {
    net::SocketOptions socket;
    std::optional<observe::Duration> read_timeout;
    std::optional<observe::Duration> write_timeout;

    void apply(net::Stream& stream) const;
};

ConnectionOptions read_connection_options(Options& options);

/// The table of options at index 1 of those who listen: they need one, for the port.
Options check_listen_options(lua_State* L);
net::ListenRequest read_listen_request(lua_State* L, Options& options);

/// Has what the listener has to say reach the user.
void warn_through(net::TcpListener& listener, script::Services& services);

/// The TCP connection that carries a stream; raises an error about argument 1 if none does.
net::TcpStream& tcp_of(lua_State* L, net::Stream& stream);

/// Pushes what the kernel tells of it (TCP_INFO), or nil and the error.
int push_tcp_info(lua_State* L, net::Stream& stream);

/// The methods that ask the TCP socket: addresses, options, TCP_INFO.
std::vector<luaL_Reg> tcp_methods();

}  // namespace moonwire::bindings
