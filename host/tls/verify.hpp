#pragma once

#include "host/tls/certificate.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace moonwire::tls {

enum class Purpose { any, server, client };

/// What a certificate is verified against.
struct Verification {
    std::vector<Certificate> authorities;    ///< whom to trust
    std::vector<Certificate> intermediates;  ///< what may lead to them, untrusted: the rest of a peer's chain
    std::int64_t time = 0;                   ///< seconds since 1970
    std::string host_name;                   ///< name or address that the certificate must be for; empty: any
    /// Names in subject fields CN count where the certificate has no DNS name in subjectAltName. OpenSSL's default,
    /// given up by browsers (RFC 6125, section 6.4.4; RFC 9525 forbids it). Addresses in CN never count.
    bool common_name = false;
    Purpose purpose = Purpose::any;
};

/// Keys and signatures of 112 bits of security and more (SSL_CTX_set_security_level(3)): RSA from 2048 bits on, SHA-2.
constexpr int security_level = 2;

/// Flags for X509_VERIFY_PARAM_set_hostflags(3): whole labels as wildcards only, and what `common_name` says.
unsigned int host_name_flags(bool common_name);

/// Verifies a certificate as RFC 5280, section 6 has it. A failure's error is 0 when it is good, else as
/// `verify_error`. Revocation is not looked up. Throws std::invalid_argument for a host name that cannot be.
Failure verify(const Certificate& certificate, const Verification& verification);

}  // namespace moonwire::tls
