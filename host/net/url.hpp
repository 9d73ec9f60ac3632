#pragma once

#include "host/net/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace moonwire::net {

/// Where a client has to connect to, and what to ask for there (RFC 3986, RFC 9110, RFC 6455).
struct Url {
    std::string scheme;      ///< "http", "https", "ws" or "wss"
    std::string host;        ///< a name or an address, IPv6 ones without their brackets
    std::uint16_t port = 0;  ///< as given, or the scheme's
    std::string target;      ///< path and query, at least "/", as they were written; no fragment

    /// Whether TLS is asked for.
    bool secure() const { return scheme == "https" || scheme == "wss"; }

    /// "example.org", "[::1]:8080": what the field Host says. The scheme's own port is left out.
    std::string authority() const;
};

/// Takes absolute URLs of the four schemes. The failure says what is wrong with `text`. User names and passwords are
/// refused: they would stand in logs.
Result<Url> parse_url(std::string_view text);

}  // namespace moonwire::net
