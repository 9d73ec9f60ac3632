#pragma once

#include "host/observe/clock.hpp"
#include "host/tls/certificate.hpp"
#include "host/tls/error.hpp"
#include "host/tls/key.hpp"

#include <openssl/ssl.h>

#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace moonwire::tls {

/// What an end proves who it is with: its certificate, followed by those that lead to an authority, and the key of the
/// first.
struct Identity {
    std::vector<Certificate> chain;
    Key key;
};

/// Can a peer be called so? Host names have at most 255 bytes, and no zero among them.
inline bool is_possible_name(std::string_view name)
{
    return name.size() <= TLSEXT_MAXLEN_host_name && name.find('\0') == std::string_view::npos;
}

enum class Role { client, server };
enum class ClientCertificate { none, optional, required };

struct ContextOptions {
    Role role = Role::client;
    std::optional<Identity> identity;       ///< a server needs one
    std::map<std::string, Identity> names;  ///< a server's others, by the name that clients ask for; "*.example.org"
    bool common_name = false;  ///< a client: names in CN count where there is no subjectAltName (see Verification)
    bool verify = true;        ///< a client: does the server's certificate have to be right?
    ClientCertificate client_certificate = ClientCertificate::none;  ///< a server: what it asks of clients
    std::vector<Certificate> authorities;  ///< who may have signed the peer's certificate; empty: the system's
    int min_version = TLS1_2_VERSION;
    int max_version = TLS1_3_VERSION;
    std::string ciphers;  ///< of TLS 1.2, as OpenSSL's ciphers(1) lists them; empty: those with forward secrecy
    std::vector<std::string> alpn;  ///< application protocols (RFC 7301), the preferred one first
    std::string key_log;            ///< a file that gets the secrets, so that Wireshark can decrypt; empty: none
};

/// What all connections of one kind share: who this end is, whom it trusts, which versions it speaks. Immutable; held
/// by shared_ptr, also by its connections.
class Context
{
public:
    /// Fails if a key is not its certificate's, a certificate is too weak (see `security_level`) or the key log cannot
    /// be written. Throws std::invalid_argument for ciphers that OpenSSL does not know.
    static Result<std::shared_ptr<const Context>> make(ContextOptions options);

    /// For `make`.
    Context(ContextOptions options, std::FILE* key_log);
    ~Context();
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;

    Role role() const { return options_.role; }
    bool verifies() const { return options_.verify; }

    /// See Protocol's constructor. `time`: when certificates have to be valid.
    SSL* new_ssl(const std::string& name, SSL_SESSION* session, observe::WallTime time) const;

    /// From now on connections' secrets are told to Protocol::tell_secret, too, and not to the key log alone.
    void tell_secrets() const;

private:
    using ContextPointer = std::unique_ptr<SSL_CTX, Free<SSL_CTX_free>>;
    using FilePointer = std::unique_ptr<std::FILE, Free<std::fclose>>;

    ContextPointer make_context(const std::optional<Identity>& identity);
    void set_identity(SSL_CTX* context, const Identity& identity);
    void set_verification(SSL_CTX* context);
    void set_alpn(SSL_CTX* context);
    SSL_CTX* find_name(std::string_view name) const;
    bool was_verified(SSL* ssl, SSL_SESSION* session, const std::string& name) const;

    static int choose_name(SSL* ssl, int* alert, void* self);
    static int choose_protocol(SSL* ssl, const unsigned char** chosen, unsigned char* chosen_size,
                               const unsigned char* offered, unsigned int offered_size, void* self);
    static void log_key(const SSL* ssl, const char* line);

    ContextOptions options_;
    std::string alpn_;  // as on the wire
    FilePointer key_log_;
    ContextPointer context_;
    std::map<std::string, ContextPointer, std::less<>> by_name_;
};

}  // namespace moonwire::tls
