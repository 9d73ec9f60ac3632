#pragma once

#include "host/net/tcp_socket.hpp"

#include <cstdint>
#include <istream>
#include <string_view>
#include <vector>

namespace moonwire::net {

/// One row of the kernel's table of TCP sockets.
struct SocketEntry {
    std::string_view state;           ///< as `tcp_state_name`
    std::uint64_t receive_queue = 0;  ///< bytes that the program has not read; LISTEN: connections not yet accepted
    std::uint64_t send_queue = 0;     ///< bytes that the peer has not acknowledged
    TcpEndpoint local;
    TcpEndpoint peer;
};

/// The TCP sockets of this network namespace, of all processes, whose local or peer port is `port`: the listening ones
/// first, otherwise in the kernel's order, IPv4 before IPv6. Empty where /proc is not mounted.
std::vector<SocketEntry> tcp_sockets(std::uint16_t port);

/// Reads what /proc/net/tcp holds, or /proc/net/tcp6 (`v6`); see proc(5). Skips what it does not understand.
std::vector<SocketEntry> parse_proc_net_tcp(std::istream& table, bool v6);

}  // namespace moonwire::net
