#include "host/tls/tls_listener.hpp"

#include <utility>

namespace moonwire::tls {

TlsListener::TlsListener(loop::Loop& loop, std::shared_ptr<net::TcpListener> listener, Options options)
    : loop_(loop), listener_(std::move(listener)), options_(std::move(options)), timeout_(loop)
{
}

void TlsListener::async_accept(std::optional<observe::Duration> timeout, HandshakeHandler handler)
{
    handler_ = std::move(handler);
    if (timeout) {
        timeout_.expires_after(*timeout, [this] {
            const auto keep_alive = shared_from_this();
            finish({{net::errc::timeout, {}}, nullptr});
        });
    }
    if (!ready_.empty() || broken_) {
        loop_.post([self = shared_from_this()] { self->deliver(); });
    }
    accept_more();
}

void TlsListener::accept_more()
{
    if (broken_ || listener_->accepting() || handshakes_.size() + ready_.size() >= options_.max_handshakes) {
        return;
    }
    listener_->async_accept(
        std::nullopt, [weak = weak_from_this()](const net::error_code& error, std::shared_ptr<net::TcpStream> stream) {
            if (const auto self = weak.lock()) {
                self->accepted(error, std::move(stream));
            }
        });
}

void TlsListener::accepted(const net::error_code& error, std::shared_ptr<net::TcpStream> stream)
{
    if (error) {
        broken_ = error;
        deliver();
        return;
    }
    const std::uint64_t number = next_handshake_++;
    HandshakeRequest request{options_.context, {}, nullptr, options_.handshake_timeout};
    handshakes_[number] =
        async_handshake(std::move(stream), std::move(request),
                        [weak = weak_from_this(), number](net::Failure failure, std::shared_ptr<TlsStream> secured) {
                            if (const auto self = weak.lock()) {
                                self->handshake_over(number, {std::move(failure), std::move(secured)});
                            }
                        });
    accept_more();
}

void TlsListener::handshake_over(std::uint64_t number, Outcome outcome)
{
    handshakes_.erase(number);
    if (listener_->closed()) {
        return;
    }
    ready_.push_back(std::move(outcome));
    deliver();
    accept_more();
}

void TlsListener::deliver()
{
    if (!handler_) {
        return;
    }
    if (!ready_.empty()) {
        Outcome outcome = std::move(ready_.front());
        ready_.pop_front();
        finish(std::move(outcome));
    } else if (broken_) {
        finish({{*broken_, {}}, nullptr});
    }
}

void TlsListener::finish(Outcome outcome)
{
    if (handler_) {
        timeout_.cancel();
        handler_(std::move(outcome.failure), std::move(outcome.stream));
    }
}

void TlsListener::cancel_accept()
{
    if (handler_) {
        timeout_.cancel();
        loop_.post([handler = std::move(handler_)]() mutable { handler({net::errc::cancelled, {}}, nullptr); });
    }
}

void TlsListener::close()
{
    broken_ = net::errc::closed;
    ready_.clear();
    for (const auto& [number, handshake] : std::exchange(handshakes_, {})) {
        handshake->cancel();
    }
    listener_->close();
    if (handler_) {
        loop_.post([self = shared_from_this()] { self->deliver(); });
    }
}

}  // namespace moonwire::tls
