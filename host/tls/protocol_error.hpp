#pragma once

#include "host/tls/error.hpp"

#include <openssl/ssl.h>

namespace moonwire::tls {

/// What a TLS connection can fail with, beside a certificate that is not good enough (see verify_error).
enum class protocol_errc {
    truncated = 1,         ///< the transport ended without close_notify
    not_tls,               ///< the peer does not speak TLS
    no_common_version,     ///< both sides' versions of TLS do not overlap
    no_common_cipher,      ///< nor do their ciphers, groups or signature algorithms
    no_common_protocol,    ///< nor do their application protocols (ALPN)
    certificate_required,  ///< the server wants a certificate of the client, and got none
    certificate_refused,   ///< the peer does not accept this side's certificate
    refused_by_peer,       ///< the peer ended the handshake with another alert
    protocol_error,        ///< what the peer sends breaks the protocol
};

error_code make_error_code(protocol_errc code);

/// Why the last call for a connection has failed, from OpenSSL's error queue, which is emptied.
error_code protocol_failure();

}  // namespace moonwire::tls

template <>
struct boost::system::is_error_code_enum<moonwire::tls::protocol_errc> : std::true_type {
};
