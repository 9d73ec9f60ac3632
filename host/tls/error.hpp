#pragma once

#include "host/net/result.hpp"

namespace moonwire::tls {

using net::error_code;
using net::Failure;
using net::Result;

/// What can be wrong with the files that TLS needs. Their words for scripts are the names here.
enum class errc {
    bad_certificate_file = 1,  ///< the file holds no certificate (no request), or a damaged one
    bad_key_file,              ///< the file holds no private key, or a damaged one
    wrong_passphrase,          ///< the private key is encrypted, with another passphrase or when none was given
    key_mismatch,              ///< the private key is not that of the certificate
};

error_code make_error_code(errc code);

}  // namespace moonwire::tls

template <>
struct boost::system::is_error_code_enum<moonwire::tls::errc> : std::true_type {
};
