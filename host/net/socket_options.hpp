#pragma once

#include "host/net/error.hpp"
#include "host/observe/clock.hpp"

#include <optional>

namespace moonwire::net {

using observe::Duration;

/// Options of a TCP socket (socket(7), tcp(7)).
struct SocketOptions {
    /// Small writes leave at once instead of waiting for outstanding acknowledgements (TCP_NODELAY).
    bool nodelay = true;
    /// An idle peer is probed, as often as the system is set to (SO_KEEPALIVE).
    bool keepalive = false;
    /// SO_LINGER; see `set_linger`.
    std::optional<Duration> linger;
    /// Bytes; the kernel doubles them for its own use and has limits. Nothing: the kernel adapts them by itself.
    std::optional<int> send_buffer;
    std::optional<int> receive_buffer;
};

// All of these take a native socket and return what the system says (bad_descriptor when it is closed).

/// Sets everything that differs from a fresh socket. To be called before connect or listen: the buffers' sizes decide
/// the window scale that the handshake announces (RFC 7323, section 2.2). Linux hands the options of a listening socket
/// on to the sockets that it accepts, so these need no calls of their own.
error_code apply_options(int socket, const SocketOptions& options);

error_code set_nodelay(int socket, bool on);
error_code set_keepalive(int socket, bool on);
error_code set_send_buffer(int socket, int bytes);
error_code set_receive_buffer(int socket, int bytes);

/// Zero: closing discards what was not sent and resets the connection. More than zero leaves SO_LINGER off: the kernel
/// sends what is left in the background anyway, and with the option it would block close(2), non-blocking socket or
/// not, and with it the loop.
error_code set_linger(int socket, Duration time);

/// Programs that a script starts do not inherit the socket; a listening one would keep its port occupied.
error_code set_close_on_exec(int descriptor);

}  // namespace moonwire::net
