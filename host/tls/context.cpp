#include "host/tls/context.hpp"

#include "host/tls/protocol.hpp"

#include "host/tls/host_names.hpp"
#include "host/tls/openssl.hpp"
#include "host/tls/verify.hpp"
#include "host/tls/verify_error.hpp"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <fcntl.h>
#include <unistd.h>
#include <algorithm>
#include <cctype>
#include <cerrno>
#include <stdexcept>
#include <utility>

namespace moonwire::tls {

namespace {

// TLS 1.2 with forward secrecy and authenticated encryption only (RFC 9325, section 4.2).
constexpr const char* default_ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20";

// For key exchanges, elliptic curves only: with the largest of the finite fields that OpenSSL also takes (ffdhe8192) a
// client can have the server calculate for a tenth of a second.
constexpr char groups[] = "X25519:P-256:X448:P-384:P-521";

constexpr unsigned char session_context[] = "moonwire";

// Sensible chains are shorter; a longer one only costs time.
constexpr int longest_chain = 10;

std::string lower_case(std::string_view text)
{
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return result;
}

std::FILE* open_key_log(const std::string& path)
{
    const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    return descriptor >= 0 ? ::fdopen(descriptor, "a") : nullptr;
}

const Identity* find_mismatch(const ContextOptions& options)
{
    if (options.identity && !options.identity->chain.front().matches(options.identity->key)) {
        return &*options.identity;
    }
    for (const auto& [name, identity] : options.names) {
        if (!identity.chain.front().matches(identity.key)) {
            return &identity;
        }
    }
    return nullptr;
}

/// A certificate that OpenSSL refuses to use, for `Context::make`.
class UnusableCertificate : public std::runtime_error
{
public:
    explicit UnusableCertificate(const Failure& why) : std::runtime_error(why.message), error(why.error) {}

    error_code error;
};

// After a failed call for this certificate.
[[noreturn]] void refuse(const Certificate& certificate)
{
    const int reason = ERR_GET_REASON(ERR_peek_error());
    ERR_clear_error();
    const int error = reason == SSL_R_EE_KEY_TOO_SMALL   ? X509_V_ERR_EE_KEY_TOO_SMALL
                      : reason == SSL_R_CA_KEY_TOO_SMALL ? X509_V_ERR_CA_KEY_TOO_SMALL
                      : reason == SSL_R_CA_MD_TOO_WEAK   ? X509_V_ERR_CA_MD_TOO_WEAK
                                                         : X509_V_ERR_UNSPECIFIED;
    throw UnusableCertificate(
        {verify_error(error), "use a certificate: " + verify_reason(error, certificate.get(), {})});
}

}  // namespace

Result<std::shared_ptr<const Context>> Context::make(ContextOptions options)
{
    if (const Identity* identity = find_mismatch(options)) {
        return Failure{errc::key_mismatch,
                       "the private key is not that of the certificate of " + identity->chain.front().info().subject};
    }
    std::FILE* key_log = nullptr;
    if (!options.key_log.empty()) {
        key_log = open_key_log(options.key_log);
        if (key_log == nullptr) {
            const error_code error(errno, boost::system::system_category());
            return Failure{error, "write the key log " + options.key_log + ": " + net::reason(error)};
        }
    }
    try {
        return std::shared_ptr<const Context>(std::make_shared<Context>(std::move(options), key_log));
    } catch (const UnusableCertificate& unusable) {
        return Failure{unusable.error, unusable.what()};
    }
}

Context::Context(ContextOptions options, std::FILE* key_log) : options_(std::move(options)), key_log_(key_log)
{
    for (const std::string& protocol : options_.alpn) {
        alpn_ += static_cast<char>(protocol.size());
        alpn_ += protocol;
    }
    context_ = make_context(options_.identity);
    for (const auto& [name, identity] : options_.names) {
        by_name_.emplace(lower_case(name), make_context(identity));
    }
    if (options_.role == Role::server) {
        // The macros for these calls cast in the old style.
        SSL_CTX_callback_ctrl(context_.get(), SSL_CTRL_SET_TLSEXT_SERVERNAME_CB,
                              reinterpret_cast<void (*)()>(&Context::choose_name));
        SSL_CTX_ctrl(context_.get(), SSL_CTRL_SET_TLSEXT_SERVERNAME_ARG, 0, this);
    }
}

Context::~Context() = default;

Context::ContextPointer Context::make_context(const std::optional<Identity>& identity)
{
    ContextPointer context(required(
        SSL_CTX_new(options_.role == Role::client ? TLS_client_method() : TLS_server_method()), "SSL_CTX_new"));
    SSL_CTX* const raw = context.get();
    SSL_CTX_set_app_data(raw, this);
    SSL_CTX_set_min_proto_version(raw, options_.min_version);
    SSL_CTX_set_max_proto_version(raw, options_.max_version);
    SSL_CTX_set_options(raw, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                 SSL_OP_PRIORITIZE_CHACHA);
    // No chain of OpenSSL's own making from the trusted authorities: what was given is what is sent.
    SSL_CTX_set_mode(raw, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                              SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_NO_AUTO_CHAIN);
    SSL_CTX_set_security_level(raw, security_level);
    require(SSL_CTX_set1_groups_list(raw, groups), "set the groups");
    const std::string& ciphers = options_.ciphers;
    if (SSL_CTX_set_cipher_list(raw, ciphers.empty() ? default_ciphers : ciphers.c_str()) != 1) {
        throw std::invalid_argument("ciphers: '" + ciphers + "' has none that OpenSSL knows: " + openssl_reason());
    }
    SSL_CTX_set_session_id_context(raw, session_context, sizeof session_context - 1);
    SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);  // tickets (RFC 5077) need no memory here
    if (identity) {
        set_identity(raw, *identity);
    }
    set_verification(raw);
    set_alpn(raw);
    if (key_log_ != nullptr) {
        SSL_CTX_set_keylog_callback(raw, log_key);
    }
    return context;
}

void Context::set_identity(SSL_CTX* context, const Identity& identity)
{
    if (SSL_CTX_use_certificate(context, identity.chain.front().get()) != 1) {
        refuse(identity.chain.front());
    }
    for (std::size_t i = 1; i < identity.chain.size(); ++i) {
        if (SSL_CTX_add1_chain_cert(context, identity.chain[i].get()) != 1) {
            refuse(identity.chain[i]);
        }
    }
    require(SSL_CTX_use_PrivateKey(context, identity.key.get()), "use the private key");
}

void Context::set_verification(SSL_CTX* context)
{
    const bool client = options_.role == Role::client;
    if (client ? !options_.verify : options_.client_certificate == ClientCertificate::none) {
        SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nullptr);
        return;
    }
    const bool required = !client && options_.client_certificate == ClientCertificate::required;
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | (required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), nullptr);
    SSL_CTX_set_verify_depth(context, longest_chain);
    if (options_.authorities.empty()) {
        require(SSL_CTX_set_default_verify_paths(context), "use the system's certificate authorities");
        return;
    }
    for (const Certificate& authority : options_.authorities) {
        require(X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority.get()), "trust a certificate");
        if (!client) {
            require(SSL_CTX_add_client_CA(context, authority.get()), "name an authority to clients");
        }
    }
    // A certificate that was given as trusted is, whoever has signed it.
    X509_STORE_set_flags(SSL_CTX_get_cert_store(context), X509_V_FLAG_PARTIAL_CHAIN);
}

void Context::set_alpn(SSL_CTX* context)
{
    if (alpn_.empty()) {
        return;
    }
    if (options_.role == Role::client) {
        SSL_CTX_set_alpn_protos(context, reinterpret_cast<const unsigned char*>(alpn_.data()),
                                static_cast<unsigned int>(alpn_.size()));
    } else {
        SSL_CTX_set_alpn_select_cb(context, choose_protocol, this);
    }
}

SSL* Context::new_ssl(const std::string& name, SSL_SESSION* session, observe::WallTime time) const
{
    if (!is_possible_name(name)) {
        throw std::invalid_argument("name: expected a host name or an address of at most 255 bytes");
    }
    SSL* ssl = required(SSL_new(context_.get()), "SSL_new");
    X509_VERIFY_PARAM* const parameters = SSL_get0_param(ssl);
    X509_VERIFY_PARAM_set_time(
        parameters,
        std::chrono::system_clock::to_time_t(std::chrono::time_point_cast<std::chrono::system_clock::duration>(time)));
    if (options_.role == Role::server) {
        SSL_set_accept_state(ssl);
        return ssl;
    }
    SSL_set_connect_state(ssl);
    // Where OpenSSL does not take the name, it would verify none.
    if (!name.empty() && is_address(name)) {
        require(X509_VERIFY_PARAM_set1_ip_asc(parameters, name.c_str()), "X509_VERIFY_PARAM_set1_ip_asc");
    } else if (!name.empty()) {
        require(SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, const_cast<char*>(name.c_str())),
                "SSL_set_tlsext_host_name");
        X509_VERIFY_PARAM_set_hostflags(parameters, host_name_flags(options_.common_name));
        require(X509_VERIFY_PARAM_set1_host(parameters, name.c_str(), name.size()), "X509_VERIFY_PARAM_set1_host");
    }
    if (session != nullptr) {
        SSL_set_session(ssl, session);
        if (options_.verify && !was_verified(ssl, session, name)) {
            SSL_set_session(ssl, nullptr);
        }
    }
    return ssl;
}

// A resumed handshake shows no certificate: that of the session's first one has to do.
bool Context::was_verified(SSL* ssl, SSL_SESSION* session, const std::string& name) const
{
    X509* const certificate = SSL_SESSION_get0_peer(session);
    if (certificate == nullptr || SSL_get_verify_result(ssl) != X509_V_OK) {
        return false;
    }
    return name.empty() || (is_address(name) ? X509_check_ip_asc(certificate, name.c_str(), 0)
                                             : X509_check_host(certificate, name.data(), name.size(),
                                                               host_name_flags(options_.common_name), nullptr)) == 1;
}

SSL_CTX* Context::find_name(std::string_view name) const
{
    const std::string wanted = lower_case(name);
    auto found = by_name_.find(wanted);
    if (found == by_name_.end()) {
        const auto dot = wanted.find('.');  // a wildcard stands for one label (RFC 9525, section 6.3)
        if (dot != std::string::npos) {
            found = by_name_.find("*" + wanted.substr(dot));
        }
    }
    return found != by_name_.end() ? found->second.get() : nullptr;
}

int Context::choose_name(SSL* ssl, int*, void* self)
{
    const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    if (name == nullptr) {
        return SSL_TLSEXT_ERR_NOACK;
    }
    if (SSL_CTX* context = static_cast<const Context*>(self)->find_name(name)) {
        SSL_set_SSL_CTX(ssl, context);
    }
    return SSL_TLSEXT_ERR_OK;
}

int Context::choose_protocol(SSL*, const unsigned char** chosen, unsigned char* chosen_size,
                             const unsigned char* offered, unsigned int offered_size, void* self)
{
    const std::string& own = static_cast<const Context*>(self)->alpn_;
    unsigned char* selected = nullptr;
    if (SSL_select_next_proto(&selected, chosen_size, reinterpret_cast<const unsigned char*>(own.data()),
                              static_cast<unsigned int>(own.size()), offered, offered_size) != OPENSSL_NPN_NEGOTIATED) {
        return SSL_TLSEXT_ERR_ALERT_FATAL;  // no_application_protocol (RFC 7301, section 3.2)
    }
    *chosen = selected;
    return SSL_TLSEXT_ERR_OK;
}

void Context::log_key(const SSL* ssl, const char* line)
{
    const auto* self = static_cast<const Context*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
    if (self->key_log_ != nullptr) {
        std::fprintf(self->key_log_.get(), "%s\n", line);
        std::fflush(self->key_log_.get());
    }
    Protocol::tell_secret(ssl, line);
}

void Context::tell_secrets() const
{
    SSL_CTX_set_keylog_callback(context_.get(), log_key);
    for (const auto& [name, context] : by_name_) {
        SSL_CTX_set_keylog_callback(context.get(), log_key);
    }
}

}  // namespace moonwire::tls
