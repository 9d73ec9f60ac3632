#include "host/tls/handshake.hpp"

#include "host/tls/date.hpp"
#include "host/tls/protocol_error.hpp"

#include <utility>

namespace moonwire::tls {

namespace {

constexpr std::size_t chunk_size = 64 * 1024;

// A handshake's messages are limited by OpenSSL, but not how many bytes make no progress: more than any real one.
constexpr std::uint64_t most_bytes = 512 * 1024;

// How long the alert that explains a failure may take to leave.
constexpr std::chrono::seconds alert_time{2};

void tell(loop::Loop& loop, observe::ObjectId object, observe::Event event)
{
    if (observe::Observers* observers = loop.observed()) {
        event.layer = observe::Layer::tls;
        event.object = object;
        observers->tell(event);
    }
}

/// It goes with the protocol, which may outlive the handshake.
Protocol::Watcher make_watcher(loop::Loop& loop, observe::ObjectId object, bool secrets)
{
    Protocol::Watcher watcher;
    watcher.message = [&loop, object](bool sent, std::string_view name, std::size_t size) {
        const auto direction = sent ? observe::Direction::out : observe::Direction::in;
        tell(loop, object, {.kind = observe::Kind::handshake, .direction = direction, .size = size, .text = name});
    };
    if (secrets) {
        watcher.secret = [&loop, object](std::string_view line) {
            tell(loop, object, {.kind = observe::Kind::secret, .text = line});
        };
    }
    return watcher;
}

// A line a certificate: "CN=localhost,O=Lab, issued by CN=Lab CA, valid until …".
std::string chain_text(const std::vector<Certificate>& chain)
{
    std::string text;
    for (const Certificate& certificate : chain) {
        const CertificateInfo info = certificate.info();
        text += (text.empty() ? "" : "\n") + info.subject + ", issued by " + info.issuer + ", valid until " +
                date(X509_get0_notAfter(certificate.get()));
    }
    return text;
}

class Handshake final : public net::Operation, public std::enable_shared_from_this<Handshake>
{
public:
    Handshake(std::shared_ptr<net::Stream> transport, HandshakeRequest request, HandshakeHandler handler)
        : transport_(std::move(transport)),
          request_(std::move(request)),
          handler_(std::move(handler)),
          object_(transport_->loop().new_object()),
          timeout_(transport_->loop()),
          began_(transport_->loop().now())
    {
        protocol_ = std::make_unique<Protocol>(request_.context, request_.name, request_.session.get(),
                                               transport_->loop().clock().wall());
        tell({.kind = observe::Kind::opened, .owner = transport_->object(), .text = request_.name});
        if (const observe::Observers* observers = transport_->loop().observed()) {
            protocol_->watch(make_watcher(transport_->loop(), object_, observers->wants_secrets()));
        }
    }

    void start()
    {
        if (request_.timeout) {
            timeout_.expires_after(*request_.timeout, [self = shared_from_this()] {
                self->transport_->abort();
                self->finish(explained(net::errc::timeout));
            });
        }
        transport_->loop().post([self = shared_from_this()] { self->step({}); });
    }

    void cancel() override
    {
        if (handler_) {
            timeout_.cancel();
            tell({.kind = observe::Kind::closed, .cause = observe::Cause::us, .text = "cancelled"});
            transport_->abort();
            transport_->loop().post([handler = std::move(handler_)]() mutable {
                handler({net::errc::cancelled, "TLS handshake: cancelled"}, nullptr);
            });
        }
    }

private:
    void tell(const observe::Event& event) const { tls::tell(transport_->loop(), object_, event); }

    void tell_connected() const
    {
        if (transport_->loop().observed() != nullptr) {
            const ConnectionInfo info = connection_info(protocol_->ssl(), {});
            const std::string agreed = info.version + " " + info.cipher + (info.resumed ? ", resumed" : "");
            const std::string chain = chain_text(info.peer_chain);
            tell({.kind = observe::Kind::connected, .content = chain, .text = agreed});
        }
    }

    void step(std::string_view arrived)
    {
        if (!handler_) {
            return;
        }
        const auto status = protocol_->handshake(arrived);
        pass_on();
        if (status == Protocol::Status::done) {
            succeed();
        } else if (status == Protocol::Status::failed) {
            fail(protocol_->failure());
        } else if (transport_->bytes_read() - read_before_ > most_bytes) {
            fail(explained(protocol_errc::protocol_error));
        } else {
            read();
        }
    }

    void pass_on()
    {
        const std::string_view records = protocol_->output();
        if (!records.empty()) {
            transport_->write({&records, 1});  // an error shows when it reads
            protocol_->output().clear();
        }
    }

    void read()
    {
        net::ReadRequest request{net::ReadRequest::Kind::some, chunk_size, {}};
        if (const auto result = transport_->try_read(request)) {
            const net::error_code error = result->error;
            transport_->loop().post([self = shared_from_this(), error, data = std::string(result->data)] {
                self->arrived({error, data});
            });
            return;
        }
        transport_->async_read(std::move(request), std::nullopt,
                               [self = shared_from_this()](const net::ReadResult& result) { self->arrived(result); });
    }

    void arrived(const net::ReadResult& result)
    {
        if (result.error) {
            if (handler_) {
                fail(explained(result.error));
            }
        } else {
            step(result.data);
        }
    }

    void succeed()
    {
        timeout_.cancel();
        tell_connected();
        const observe::Duration time = transport_->loop().now() - began_;
        auto stream = std::make_shared<TlsStream>(transport_, std::move(protocol_), time, object_);
        std::exchange(transport_, nullptr)->carry(stream);
        std::exchange(handler_, {})({}, std::move(stream));
    }

    static net::Failure explained(const net::error_code& error)
    {
        std::string why = net::reason(error);
        if (error == net::errc::closed) {
            why += " in the middle of the handshake: does the peer speak TLS?";
        }
        return {error, std::move(why)};
    }

    void fail(net::Failure failure)
    {
        transport_->async_close(alert_time,
                                [closing = loop::Loop::ClosingWork(transport_->loop())](const net::error_code&) {});
        finish(std::move(failure));
    }

    void finish(net::Failure failure)
    {
        if (!handler_) {
            return;
        }
        timeout_.cancel();
        const bool too_slow = failure.error == net::errc::timeout;
        tell({.kind = observe::Kind::closed,
              .cause = too_slow ? observe::Cause::timeout : observe::Cause::error,
              .text = failure.message});
        std::string message = "TLS handshake with ";
        message += request_.name.empty() ? "" : request_.name + " on ";
        message += transport_->description() + ": " + failure.message;
        std::exchange(handler_, {})({failure.error, std::move(message)}, nullptr);
    }

    std::shared_ptr<net::Stream> transport_;
    HandshakeRequest request_;
    HandshakeHandler handler_;
    std::unique_ptr<Protocol> protocol_;
    observe::ObjectId object_;
    loop::Timer timeout_;
    observe::TimePoint began_;
    std::uint64_t read_before_ = transport_->bytes_read();
};

}  // namespace

std::shared_ptr<net::Operation> async_handshake(std::shared_ptr<net::Stream> transport, HandshakeRequest request,
                                                HandshakeHandler handler)
{
    auto operation = std::make_shared<Handshake>(std::move(transport), std::move(request), std::move(handler));
    operation->start();
    return operation;
}

}  // namespace moonwire::tls
