#pragma once

#include "host/observe/clock.hpp"
#include "host/tls/context.hpp"
#include "host/tls/error.hpp"

#include <openssl/ssl.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace moonwire::tls {

/// One end of a TLS connection (RFC 8446, RFC 5246) without its transport: takes what has arrived, says what is to be
/// sent. Knows no sockets and no time.
class Protocol
{
public:
    /// `name`: whom the client wants to talk to, a host name (sent as SNI, RFC 6066, section 3) or an address; its
    /// certificate must be for that name if the context verifies. `session`: one to resume, or null; it is
    /// passed over if the context verifies and the session's certificate was not good, or not for that name. For a
    /// server both are empty. `time`: when certificates have to be valid.
    Protocol(std::shared_ptr<const Context> context, std::string name, SSL_SESSION* session, observe::WallTime time);
    Protocol(const Protocol&) = delete;
    Protocol& operator=(const Protocol&) = delete;

    enum class Status {
        done,         ///< the handshake is complete, or all of the output space was used
        wants_input,  ///< everything that has arrived is used up
        ended,        ///< the peer has ended its direction (close_notify)
        failed,       ///< `failure` says why; what is to be sent is an alert
    };

    /// Goes on with the handshake. What is left of `arrived` is kept for `decrypt`.
    Status handshake(std::string_view arrived);

    struct Decrypted {
        Status status;
        std::size_t size;  ///< bytes written to the output space, whatever the status
    };

    /// Decrypts what has arrived. `arrived` must not overlap `plain`.
    Decrypted decrypt(std::string_view arrived, std::span<char> plain);

    /// Are there bytes that `decrypt` has not yet used?
    bool has_kept_input() const { return !kept_.empty(); }

    /// Appends the records for `plain` to the output.
    bool encrypt(std::string_view plain);

    /// Why the last call has failed.
    const Failure& failure() const { return failure_; }

    /// Says that this side will send nothing more.
    void send_close_notify();

    /// What is to be sent to the peer. The caller takes it out.
    std::string& output() { return output_; }

    /// Who is told of the handshake as it goes, from within the calls above; of what comes later (tickets, key updates,
    /// alerts), too.
    struct Watcher {
        std::function<void(bool sent, std::string_view name, std::size_t size)> message;  ///< "ClientHello", an alert
        std::function<void(std::string_view line)> secret;  ///< of a key log (RFC 9850); may be none
    };

    /// To be called before the handshake begins.
    void watch(Watcher watcher);

    /// For the context: a line of `ssl`'s secrets.
    static void tell_secret(const SSL* ssl, std::string_view line);

    SSL* ssl() const { return ssl_.get(); }
    const Context& context() const { return *context_; }

private:
    static const BIO_METHOD* bio_method();
    static int bio_read(BIO* bio, char* data, int size);
    static int bio_write(BIO* bio, const char* data, int size);

    static void message_told(int sent, int version, int type, const void* bytes, std::size_t size, SSL* ssl,
                             void* argument);
    static int verified(int good, X509_STORE_CTX* store);

    Status fail();
    void offer(std::string_view arrived);
    void keep_rest();

    std::shared_ptr<const Context> context_;
    std::string name_;
    Watcher watcher_;
    std::unique_ptr<SSL, Free<SSL_free>> ssl_;
    std::string kept_;        // arrived, not yet used
    std::string offered_;     // kept_ together with what has arrived since
    std::string_view input_;  // what OpenSSL may read now
    std::string output_;
    Failure failure_;
};

}  // namespace moonwire::tls
