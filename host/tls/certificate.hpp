#pragma once

#include "host/tls/distinguished_name.hpp"
#include "host/tls/error.hpp"
#include "host/tls/key.hpp"
#include "host/tls/openssl.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace moonwire::tls {

/// What a certificate says (RFC 5280). Times are seconds since 1970.
struct CertificateInfo {
    std::string subject;  ///< RFC 4514: "CN=localhost,O=Lab"
    DistinguishedName subject_fields;
    std::string issuer;
    DistinguishedName issuer_fields;
    std::string serial;  ///< hexadecimal, as `openssl x509 -serial` writes it
    std::int64_t not_before = 0;
    std::int64_t not_after = 0;       ///< the last second in which it is valid
    std::vector<std::string> names;   ///< DNS names and addresses of subjectAltName
    bool is_authority = false;        ///< may it sign certificates?
    std::string key_type;             ///< as `tls::key_type`
    int key_bits = 0;                 ///< 2048 for RSA-2048, 256 for P-256
    std::string key_fingerprint;      ///< as `tls::key_fingerprint`
    std::string signature_algorithm;  ///< "sha256WithRSAEncryption"
    std::string sha256;               ///< fingerprint of the whole certificate, "3A:07:…"
    std::string sha1;
};

/// An X.509 certificate. Does not change, so copies share it, in any thread.
class Certificate
{
public:
    explicit Certificate(X509Ptr certificate) : certificate_(std::move(certificate)) {}

    /// For one that OpenSSL keeps too: the peer's.
    static Certificate share(X509* certificate);

    X509* get() const { return certificate_.get(); }

    CertificateInfo info() const;
    std::string pem() const;

    /// Is this the certificate of that key?
    bool matches(const Key& key) const;

private:
    std::shared_ptr<X509> certificate_;
};

/// All certificates in a PEM text, at least one: a server's own first, then its issuer's, … where it is a chain. Other
/// blocks, as the private key, are passed over. `source` names the text in errors.
Result<std::vector<Certificate>> read_certificates(std::string_view text, const std::string& source = "the text");

/// The same from a file. Blocks.
Result<std::vector<Certificate>> load_certificates(const std::string& path);

/// Writes certificates as one PEM file. Blocks.
Failure save_certificates(const std::string& path, const std::vector<Certificate>& certificates);

/// Seconds since 1970.
std::int64_t unix_seconds(const ASN1_TIME* time);

}  // namespace moonwire::tls
