#pragma once

#include "host/net/endpoint.hpp"
#include "host/net/error.hpp"

#include <optional>

namespace moonwire::net {

/// What came of a datagram that had been sent to `peer`.
struct PeerError {
    error_code error;
    UdpEndpoint peer;
};

/// Takes the next entry out of a UDP socket's error queue (IP_RECVERR in ip(7)): the ICMP error and where the datagram
/// that it answers was sent. Nothing if the queue is empty.
std::optional<PeerError> take_queued_error(int socket);

}  // namespace moonwire::net
