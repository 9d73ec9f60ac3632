#pragma once

#include "host/observe/clock.hpp"
#include "host/tls/certificate.hpp"

#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <vector>

namespace moonwire::tls {

using SessionPointer = std::unique_ptr<SSL_SESSION, Free<SSL_SESSION_free>>;

/// What a handshake has agreed on, in the names of the IANA registries.
struct ConnectionInfo {
    std::string version;                  ///< "TLSv1.3"
    std::string cipher;                   ///< "TLS_AES_256_GCM_SHA384"
    std::string group;                    ///< of the key exchange: "x25519"; empty when a TLS 1.2 session was resumed
    std::string protocol;                 ///< chosen by ALPN; empty: none
    std::string server_name;              ///< that the client has asked for; empty: none
    std::vector<Certificate> peer_chain;  ///< the peer's certificate first
    bool verified = false;                ///< the chain leads to a trusted authority, and the name is right
    bool resumed = false;
    observe::Duration handshake{};
};

ConnectionInfo connection_info(SSL* ssl, observe::Duration handshake);

}  // namespace moonwire::tls
