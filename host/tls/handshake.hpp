#pragma once

#include "host/loop/handler.hpp"
#include "host/net/error.hpp"
#include "host/net/operation.hpp"
#include "host/net/stream.hpp"
#include "host/tls/connection_info.hpp"
#include "host/tls/context.hpp"
#include "host/tls/tls_stream.hpp"

#include <memory>
#include <optional>
#include <string>

namespace moonwire::tls {

struct HandshakeRequest {
    std::shared_ptr<const Context> context;
    std::string name;                      ///< client: whom it wants to talk to (see Protocol)
    std::shared_ptr<SSL_SESSION> session;  ///< client: the session to resume, or null
    std::optional<observe::Duration> timeout;
};

/// The secured stream, or why there is none; then the transport has been closed, after the alert that tells the peer.
using HandshakeHandler = loop::Handler<void(net::Failure, std::shared_ptr<TlsStream>)>;

/// Makes a TLS connection over `transport`, of which nobody must be reading. Cancelling it aborts the transport.
std::shared_ptr<net::Operation> async_handshake(std::shared_ptr<net::Stream> transport, HandshakeRequest request,
                                                HandshakeHandler handler);

}  // namespace moonwire::tls
