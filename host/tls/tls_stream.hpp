#pragma once

#include "host/net/stream.hpp"
#include "host/tls/connection_info.hpp"
#include "host/tls/protocol.hpp"

#include <memory>
#include <string>

namespace moonwire::tls {

/// A TLS connection over any other stream, made by `async_handshake`. Owns its protocol, and is the only user of its
/// transport from then on.
///
/// The end of the transport without the peer's close_notify is an error ("truncated"): what came before may have been
/// cut off by somebody on the way (RFC 8446, section 6.1).
class TlsStream final : public net::Stream
{
public:
    /// `object` is the number that observers know it by from its handshake.
    TlsStream(std::shared_ptr<net::Stream> transport, std::unique_ptr<Protocol> protocol, observe::Duration handshake,
              observe::ObjectId object);
    ~TlsStream() override;

    std::string description() const override { return transport_->description(); }
    net::Stream* transport() const override { return transport_.get(); }

    /// What the handshake has agreed on.
    ConnectionInfo info() const;

    /// A session that a later connection can resume, or null. In TLS 1.3 there is none before the server's ticket has
    /// been read.
    SessionPointer session() const;

protected:
    void start_receive() override;
    std::size_t send(std::span<const boost::asio::const_buffer> buffers, net::error_code& error) override;
    void start_wait_writable() override;
    std::size_t in_transport() const override { return transport_->queued(); }
    void start_flush_transport() override;
    void end_sending() override;
    void close_transport() override;
    void abort_transport() override;

private:
    void arrived(const net::ReadResult& result);
    void decrypt(std::string_view bytes, const net::error_code& transport_end);
    net::error_code pass_on();

    /// What is left of the protocol when the connection is closed: a script may hold its object for long, and what
    /// OpenSSL keeps of a connection takes tens of kilobytes.
    struct Closed {
        ConnectionInfo info;
        SessionPointer session;
    };
    void release_protocol();

    std::shared_ptr<net::Stream> transport_;
    std::unique_ptr<Protocol> protocol_;  // until it is closed, and then:
    std::unique_ptr<const Closed> closed_state_;
    observe::Duration handshake_time_;
    bool close_notify_sent_ = false;
    std::size_t unread_answers_ = 0;  // bytes that the peer has asked for while it did not read
};

}  // namespace moonwire::tls
