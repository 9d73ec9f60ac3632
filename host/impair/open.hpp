#pragma once

#include "host/impair/tcp_relay.hpp"
#include "host/impair/udp_relay.hpp"
#include "host/loop/handler.hpp"
#include "host/net/operation.hpp"
#include "host/net/tcp_listener.hpp"
#include "host/net/udp_open.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace moonwire::impair {

/// What a relay's clients are connected to.
struct Target {
    std::string host;  ///< a name or a numeric address
    std::uint16_t port = 0;
};

struct UdpRelayRequest {
    net::UdpRequest bind;
    Target target;
    DatagramFaults faults;
    UdpRelayOptions options;
};

struct TcpRelayRequest {
    net::ListenRequest listen;
    Target target;
    StreamFaults faults;
    TcpRelayOptions options;
};

/// The relay, which has started, or why there is none.
using UdpRelayHandler = loop::Handler<void(net::Failure, std::shared_ptr<UdpRelay>)>;
using TcpRelayHandler = loop::Handler<void(net::Failure, std::shared_ptr<TcpRelay>)>;

// Each looks the target's name up, which takes five seconds at most, and opens the relay's own socket.
std::shared_ptr<net::Operation> async_relay_udp(loop::Loop& loop, UdpRelayRequest request, UdpRelayHandler handler);
std::shared_ptr<net::Operation> async_relay_tcp(loop::Loop& loop, TcpRelayRequest request, TcpRelayHandler handler);

}  // namespace moonwire::impair
