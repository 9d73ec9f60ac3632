#pragma once

#include "host/net/tcp_connect.hpp"
#include "host/tls/handshake.hpp"

#include <memory>

namespace moonwire::tls {

/// Connects by TCP and makes the TLS handshake. `connect.timeout` is for both together. If `handshake.name` is empty,
/// the host that is connected to is also whom the certificate has to be for.
std::shared_ptr<net::Operation> async_connect(loop::Loop& loop, net::ConnectRequest connect,
                                              const net::SocketOptions& options, HandshakeRequest handshake,
                                              HandshakeHandler handler);

}  // namespace moonwire::tls
