#pragma once

#include "host/websocket/deflate_offer.hpp"
#include "host/websocket/header.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace moonwire::websocket {

/// Whom a server accepts, and what it agrees to.
struct AcceptOptions {
    std::string path;                       ///< the only one there is, without a query; empty: any
    std::vector<std::string> origins;       ///< whose pages may connect ("https://example.org"); empty: everybody's.
                                            ///< Programs that are no browsers send no origin, and may.
    std::vector<std::string> subprotocols;  ///< the best first; a client that offers none of them gets none
    std::vector<Header> headers;            ///< sent along with the acceptance
    DeflateOptions deflate;
};

/// Throws std::invalid_argument for what cannot be.
void check(const AcceptOptions& options);

struct UpgradeAnswer {
    unsigned status;          ///< 101: accepted; else the connection ends after the response
    std::string response;     ///< all that is to be sent
    std::string refusal;      ///< why, in words for people; empty if accepted
    RequestHeader request;    ///< what the client sent; empty if that was not HTTP
    std::string subprotocol;  ///< empty: none
    std::optional<DeflateParameters> deflate;

    bool accepted() const { return status == 101; }
};

/// Answers a request for WebSocket (RFC 6455, section 4.2), whose head has arrived up to and with its empty line. What
/// is not such a request gets the status that says why. `options` have been checked.
UpgradeAnswer answer_upgrade(std::string_view head, const AcceptOptions& options);

/// The same for a request that a server of HTTP has read.
UpgradeAnswer answer_upgrade(RequestHeader request, const AcceptOptions& options);

/// Does the client ask for WebSocket, be it rightly or not?
bool asks_for_websocket(const RequestHeader& request);

/// A whole response that refuses a request, for what goes wrong before its head has arrived: 408, 431, 503.
std::string refusal_response(unsigned status, std::string_view why);

}  // namespace moonwire::websocket
