#pragma once

#include "host/websocket/deflate_offer.hpp"
#include "host/websocket/error.hpp"
#include "host/websocket/header.hpp"
#include "host/websocket/key.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace moonwire::websocket {

/// Where a WebSocket is.
struct Location {
    std::string host;  ///< a name or an address
    std::uint16_t port = 80;
    std::string target = "/";  ///< the path, with the query if there is one
    bool secure = false;       ///< wss
};

/// As people write it: "wss://example.org/chat", with the port if it is not the usual one.
std::string to_string(const Location& location);

/// What a client asks for.
struct ConnectOptions {
    std::vector<Header> headers;            ///< sent along with the request
    std::vector<std::string> subprotocols;  ///< the best first
    std::string origin;                     ///< empty: none, as of programs that are no browsers
    DeflateOptions deflate;
};

/// A client's handshake, until its response has come.
struct UpgradeRequest {
    std::string text;  ///< all that is to be sent
    std::string url;   ///< for messages
    std::string key;
    std::vector<std::string> subprotocols;
    DeflateOptions deflate;
};

/// The request (RFC 6455, section 4.1). `nonce`: 16 random bytes. Throws std::invalid_argument for what cannot be sent.
UpgradeRequest make_upgrade_request(const Location& location, const ConnectOptions& options, const Nonce& nonce);

/// What the client and the server have agreed on.
struct Upgraded {
    std::string subprotocol;  ///< empty: none, also when some were offered
    std::optional<DeflateParameters> deflate;
    ResponseHeader response;
};

/// Reads the server's response, whose head has arrived up to and with its empty line. Fails with upgrade_refused,
/// unsupported_subprotocol, or bad_upgrade for all else that does not fit the request.
Result<Upgraded> check_upgrade_response(std::string_view head, const UpgradeRequest& request);

}  // namespace moonwire::websocket
