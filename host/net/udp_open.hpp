#pragma once

#include "host/loop/handler.hpp"
#include "host/loop/loop.hpp"
#include "host/net/error.hpp"
#include "host/net/operation.hpp"
#include "host/net/udp_socket.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace moonwire::net {

struct UdpRequest {
    std::string host;  ///< a name or a numeric address; to bind also "*", every address of the family
    std::uint16_t port = 0;
    Family family = Family::any;
    std::optional<observe::Duration> timeout;  ///< for looking the name up
    UdpOptions options;
};

/// The socket, or why there is none.
using UdpHandler = loop::Handler<void(Failure, std::shared_ptr<UdpSocket>)>;

/// Opens a socket bound to a local address. With host "*" and any family that is one dual-stack socket on [::], or
/// 0.0.0.0 where the machine has no IPv6; every other IPv6 address takes IPv6 only. Of a name's addresses the first is
/// taken that is this machine's.
std::shared_ptr<Operation> async_bind_udp(loop::Loop& loop, UdpRequest request, UdpHandler handler);

/// Opens a socket that talks to one peer: the first of the host's addresses, in the system's order (RFC 6724), that the
/// system has a way to. `local` is the address to send from, whose version the peer's must be, or nothing.
std::shared_ptr<Operation> async_connect_udp(loop::Loop& loop, UdpRequest request, std::optional<UdpEndpoint> local,
                                             UdpHandler handler);

}  // namespace moonwire::net
