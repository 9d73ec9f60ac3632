#pragma once

#include "host/tls/error.hpp"
#include "host/tls/openssl.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace moonwire::tls {

/// A private key with its public part. Does not change, so copies share it, in any thread.
class Key
{
public:
    explicit Key(PkeyPtr key) : key_(std::move(key)) {}

    EVP_PKEY* get() const { return key_.get(); }

    /// PKCS#8 (RFC 5958) as PEM; with a passphrase encrypted with AES-256-CBC under PBKDF2. The passphrase must not be
    /// empty.
    std::string pem(const std::optional<std::string>& passphrase = {}) const;

    /// Writes `pem` to a file that only its owner may read. Blocks.
    Failure save(const std::string& path, const std::optional<std::string>& passphrase = {}) const;

    /// The public part as PEM (SubjectPublicKeyInfo, RFC 5280, section 4.1.2.7).
    std::string public_pem() const;

private:
    std::shared_ptr<EVP_PKEY> key_;
};

/// `bits` from 2048 to 8192. 2048 take about 0.1 s, 8192 many seconds. Blocks.
Key generate_rsa_key(int bits = 2048);

/// On one of NIST's curves (FIPS 186-5), "P-256" or "P-384". Takes well below a millisecond.
Key generate_ec_key(const char* curve = "P-256");

/// The longest passphrase that OpenSSL takes.
constexpr std::size_t max_passphrase = 1024;

/// Reads the first private key in a PEM text: PKCS#8, encrypted or not, or the older forms of RSA and EC keys. Never
/// asks for a passphrase on the terminal. `source` names the text in errors.
Result<Key> read_key(std::string_view text, const std::optional<std::string>& passphrase = {},
                     const std::string& source = "the text");

/// The same from a file. Blocks.
Result<Key> load_key(const std::string& path, const std::optional<std::string>& passphrase = {});

/// What kind of key this is, public or private: "rsa", "p256", "p384", else OpenSSL's name in small letters
/// ("ed25519").
std::string key_type(const EVP_PKEY* key);

/// SHA-256 of the public part (as in `public_pem`, in DER): the same for the key, its requests and its certificates.
std::string key_fingerprint(EVP_PKEY* key);

/// The digest that this key signs with: SHA-256, or none where the algorithm brings its own (Ed25519).
const EVP_MD* signing_digest(const EVP_PKEY* key);

}  // namespace moonwire::tls
