#include "host/tls/tls_stream.hpp"

#include "host/tls/protocol_error.hpp"

#include <boost/asio/error.hpp>

#include <array>

namespace moonwire::tls {

namespace {

// As much as a transport hands out in one read.
constexpr std::size_t chunk_size = 256 * 1024;

// Plain text is never longer than its records, except by what of a record had arrived before (RFC 8446, section 5.1).
constexpr std::size_t largest_record = 17 * 1024;

// A peer can ask for answers (key updates, RFC 8446, section 4.6.3). More than this is not kept for one that asks and
// does not read.
constexpr std::size_t most_answers = 16 * 1024;

// How long what is left of a closed connection may take to leave.
constexpr std::chrono::seconds close_time{5};

// Where an engine's connections decrypt: one at a time, and what is there is used up before the next.
std::span<char> plain_space()
{
    thread_local std::vector<char> space(chunk_size + largest_record);
    return space;
}

bool overlaps(std::string_view bytes, std::span<const char> space)
{
    return std::less<>()(bytes.data(), space.data() + space.size()) &&
           std::less<>()(space.data(), bytes.data() + bytes.size());
}

}  // namespace

TlsStream::TlsStream(std::shared_ptr<net::Stream> transport, std::unique_ptr<Protocol> protocol,
                     observe::Duration handshake, observe::ObjectId object)
    : Stream(transport->loop(), observe::Layer::tls, object),
      transport_(std::move(transport)),
      protocol_(std::move(protocol)),
      handshake_time_(handshake)
{
}

TlsStream::~TlsStream()
{
    tell_closed();
}

ConnectionInfo TlsStream::info() const
{
    return closed_state_ != nullptr ? closed_state_->info : connection_info(protocol_->ssl(), handshake_time_);
}

SessionPointer TlsStream::session() const
{
    const SSL_SESSION* session =
        closed_state_ != nullptr ? closed_state_->session.get() : SSL_get0_session(protocol_->ssl());
    if (session == nullptr || SSL_SESSION_is_resumable(session) == 0) {
        return nullptr;
    }
    // A copy: OpenSSL takes a session from those that share it when its connection is broken off, which TLS since 1.1
    // does not ask for (RFC 5246, section 7.2.1).
    return SessionPointer(required(SSL_SESSION_dup(session), "SSL_SESSION_dup"));
}

void TlsStream::release_protocol()
{
    if (protocol_ == nullptr) {
        return;
    }
    SSL* ssl = protocol_->ssl();
    SSL_SESSION* const session = SSL_is_server(ssl) != 0 ? nullptr : SSL_get1_session(ssl);
    closed_state_ = std::make_unique<const Closed>(Closed{info(), SessionPointer(session)});
    SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);  // or the session would be of no use any more
    protocol_.reset();
}

void TlsStream::start_receive()
{
    if (protocol_ == nullptr) {
        return;
    }
    if (protocol_->has_kept_input()) {  // came together with the end of the handshake
        loop().post([self = self<TlsStream>()] { self->decrypt({}, {}); });
        return;
    }
    net::ReadRequest request{net::ReadRequest::Kind::some, chunk_size, {}};
    if (const auto result = transport_->try_read(request)) {
        const net::error_code error = result->error;
        loop().post([self = self<TlsStream>(), error, data = std::string(result->data)] {
            self->arrived({error, data});
        });
        return;
    }
    transport_->async_read(std::move(request), std::nullopt,
                           [self = self<TlsStream>()](const net::ReadResult& result) { self->arrived(result); });
}

void TlsStream::arrived(const net::ReadResult& result)
{
    const auto space = plain_space();
    if (overlaps(result.data, space)) {  // the transport is TLS, too
        decrypt(std::string(result.data), result.error);
    } else {
        decrypt(result.data, result.error);
    }
}

void TlsStream::decrypt(std::string_view bytes, const net::error_code& transport_end)
{
    if (protocol_ == nullptr) {
        return;
    }
    const auto space = plain_space();
    const auto [status, size] = protocol_->decrypt(bytes, space);
    net::error_code end;
    if (status == Protocol::Status::ended) {
        end = net::errc::closed;
    } else if (status == Protocol::Status::failed) {
        end = protocol_->failure().error;
    } else if (transport_end) {
        const bool cut_off = transport_end == net::errc::closed && !closed();
        end = cut_off ? make_error_code(protocol_errc::truncated) : transport_end;
    }
    unread_answers_ = transport_->must_wait() ? unread_answers_ + protocol_->output().size() : 0;
    if (unread_answers_ > most_answers) {
        end = protocol_errc::protocol_error;
    }
    pass_on();  // an alert, or the answer to a key update
    if (size == 0 && !end) {
        start_receive();
    } else {
        received(space.first(size), end);
    }
}

net::error_code TlsStream::pass_on()
{
    std::string& output = protocol_->output();
    if (output.empty()) {
        return {};
    }
    const std::string_view records = output;
    const net::error_code error = transport_->write({&records, 1});
    output.clear();
    if (output.capacity() > low_water_mark) {
        output.shrink_to_fit();
    }
    return error;
}

std::size_t TlsStream::send(std::span<const boost::asio::const_buffer> buffers, net::error_code& error)
{
    std::size_t taken = 0;
    for (const auto& buffer : buffers) {
        std::string_view plain(static_cast<const char*>(buffer.data()), buffer.size());
        while (!plain.empty()) {
            if (transport_->must_wait()) {
                error = boost::asio::error::would_block;
                return taken;
            }
            const std::string_view piece = plain.substr(0, low_water_mark);
            if (!protocol_->encrypt(piece)) {
                error = protocol_->failure().error;
                return taken;
            }
            error = pass_on();
            if (error) {
                return taken;
            }
            taken += piece.size();
            plain.remove_prefix(piece.size());
        }
    }
    return taken;
}

void TlsStream::start_wait_writable()
{
    transport_->async_drain(std::nullopt,
                            [self = self<TlsStream>()](const net::error_code& error) { self->writable(error); });
}

void TlsStream::start_flush_transport()
{
    transport_->async_flush(
        std::nullopt, [self = self<TlsStream>()](const net::error_code& error) { self->transport_flushed(error); });
}

void TlsStream::end_sending()
{
    if (!close_notify_sent_ && protocol_ != nullptr) {
        close_notify_sent_ = true;
        protocol_->send_close_notify();
        pass_on();
        tell_ended(observe::Direction::out);
    }
}

void TlsStream::close_transport()
{
    end_sending();
    release_protocol();
    tell_closed();
    transport_->async_close(close_time, [closing = loop::Loop::ClosingWork(loop())](const net::error_code&) {});
}

void TlsStream::abort_transport()
{
    release_protocol();
    tell_closed("aborted");
    transport_->abort();
}

}  // namespace moonwire::tls
