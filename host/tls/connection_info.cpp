#include "host/tls/connection_info.hpp"

#include <openssl/err.h>

namespace moonwire::tls {

namespace {

std::vector<Certificate> peer_chain(SSL* ssl)
{
    std::vector<Certificate> chain;
    X509* const own = SSL_get0_peer_certificate(ssl);
    if (own == nullptr) {
        return chain;
    }
    chain.push_back(Certificate::share(own));
    // A server's view of the chain lacks the client's own certificate, a client's begins with it.
    const STACK_OF(X509)* const sent = SSL_get_peer_cert_chain(ssl);
    for (int i = SSL_is_server(ssl) != 0 ? 0 : 1; i < sk_X509_num(sent); ++i) {
        chain.push_back(Certificate::share(sk_X509_value(sent, i)));
    }
    return chain;
}

std::string group_name(SSL* ssl)
{
    const char* name = SSL_group_to_name(ssl, static_cast<int>(SSL_get_negotiated_group(ssl)));
    ERR_clear_error();
    return name != nullptr ? name : "";
}

}  // namespace

ConnectionInfo connection_info(SSL* ssl, observe::Duration handshake)
{
    ConnectionInfo info;
    info.version = SSL_get_version(ssl);
    info.cipher = SSL_CIPHER_standard_name(SSL_get_current_cipher(ssl));
    info.group = group_name(ssl);
    const unsigned char* protocol = nullptr;
    unsigned int size = 0;
    SSL_get0_alpn_selected(ssl, &protocol, &size);
    info.protocol.assign(reinterpret_cast<const char*>(protocol), size);
    if (const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name)) {
        info.server_name = name;
    }
    info.peer_chain = peer_chain(ssl);
    info.verified = !info.peer_chain.empty() && (SSL_get_verify_mode(ssl) & SSL_VERIFY_PEER) != 0 &&
                    SSL_get_verify_result(ssl) == X509_V_OK;
    info.resumed = SSL_session_reused(ssl) != 0;
    info.handshake = handshake;
    return info;
}

}  // namespace moonwire::tls
