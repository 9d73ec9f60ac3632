#include "host/tls/tls_connect.hpp"

#include <algorithm>
#include <utility>

namespace moonwire::tls {

namespace {

class Connect final : public net::Operation, public std::enable_shared_from_this<Connect>
{
public:
    Connect(loop::Loop& loop, HandshakeRequest handshake, HandshakeHandler handler)
        : loop_(loop), handshake_(std::move(handshake)), handler_(std::move(handler))
    {
    }

    void start(net::ConnectRequest connect, const net::SocketOptions& options)
    {
        if (connect.timeout) {
            deadline_ = loop_.now() + *connect.timeout;
        }
        if (handshake_.name.empty()) {
            handshake_.name = connect.host;
        }
        step_ = net::async_connect(
            loop_, std::move(connect), options,
            [self = shared_from_this()](net::Failure failure, std::shared_ptr<net::TcpStream> stream) {
                self->connected(std::move(failure), std::move(stream));
            });
    }

    void cancel() override { step_->cancel(); }

private:
    void connected(net::Failure failure, std::shared_ptr<net::TcpStream> stream)
    {
        if (failure.error) {
            handler_(std::move(failure), nullptr);
            return;
        }
        if (deadline_) {
            handshake_.timeout = std::max(*deadline_ - loop_.now(), observe::Duration::zero());
        }
        step_ = async_handshake(std::move(stream), std::move(handshake_), std::move(handler_));
    }

    loop::Loop& loop_;
    HandshakeRequest handshake_;
    HandshakeHandler handler_;
    std::optional<observe::TimePoint> deadline_;
    std::shared_ptr<net::Operation> step_;
};

}  // namespace

std::shared_ptr<net::Operation> async_connect(loop::Loop& loop, net::ConnectRequest connect,
                                              const net::SocketOptions& options, HandshakeRequest handshake,
                                              HandshakeHandler handler)
{
    auto operation = std::make_shared<Connect>(loop, std::move(handshake), std::move(handler));
    operation->start(std::move(connect), options);
    return operation;
}

}  // namespace moonwire::tls
