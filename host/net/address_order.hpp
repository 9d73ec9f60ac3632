#pragma once

#include "host/net/tcp_socket.hpp"

#include <vector>

namespace moonwire::net {

/// The order in which the addresses of a name are tried (RFC 8305, section 4, with a First Address Family Count of 1):
/// the resolver's first address leads, then the families take turns, each in the resolver's order. What one family has
/// more than the other comes last.
std::vector<TcpEndpoint> interleave_families(const std::vector<TcpEndpoint>& resolved);

}  // namespace moonwire::net
