#pragma once

#include "host/net/result.hpp"
#include "host/websocket/close_code.hpp"

namespace moonwire::websocket {

using net::error_code;
using net::Failure;
using net::Result;

/// What a WebSocket connection can fail with, beside what TCP and TLS can. Their words for scripts are the names here.
enum class errc {
    upgrade_refused = 1,      ///< the server answered the upgrade with another status than 101
    bad_upgrade,              ///< what the peer sent is no upgrade to WebSocket, or does not fit what was asked for
    unsupported_subprotocol,  ///< the server chose a subprotocol that was not offered
    protocol_error,           ///< what the peer sends breaks RFC 6455
    invalid_utf8,             ///< a text message, or a close frame's reason, is not UTF-8
    message_too_big,          ///< a message, or what it inflates to, is larger than this side takes
    bad_compression,          ///< a compressed message cannot be inflated (RFC 7692)
    policy,                   ///< the peer does too much of what is allowed
};

error_code make_error_code(errc code);

/// The code of the close frame that tells the peer of this error.
CloseCode close_code(errc code);

}  // namespace moonwire::websocket

template <>
struct boost::system::is_error_code_enum<moonwire::websocket::errc> : std::true_type {
};
