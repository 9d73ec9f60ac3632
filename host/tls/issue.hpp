#pragma once

#include "host/tls/certificate.hpp"
#include "host/tls/key.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace moonwire::tls {

/// What is to be in a certificate. Times are seconds since 1970, both inclusive.
struct CertificateContent {
    DistinguishedName subject;
    std::vector<std::string> names;  ///< DNS names and addresses; without any there is no subjectAltName
    std::int64_t not_before = 0;
    std::int64_t not_after = 0;
    bool authority = false;  ///< may it sign others (CA), or is it for a server or a client?
};

// The certificates are X.509 version 3 with a serial number of 128 random bits, signed with SHA-256, with the
// extensions that RFC 5280, section 4.2 asks for: basicConstraints and keyUsage (critical), subject and authority key
// identifiers; those that are no authorities have extendedKeyUsage serverAuth and clientAuth. All throw
// std::invalid_argument for a subject, a name or times that cannot be.

/// A certificate that its own key signs.
Certificate issue_self_signed(const CertificateContent& content, const Key& key);

/// A certificate for a public key, such as that of a CertificateRequest. Fails when
/// `issuer_key` is not that of `issuer` (key_mismatch). Whether `issuer` is an authority is not asked, so that
/// certificates can be made that nobody should accept.
Result<Certificate> issue(const CertificateContent& content, EVP_PKEY* public_key, const Certificate& issuer,
                          const Key& issuer_key);

}  // namespace moonwire::tls
