#include "host/impair/open.hpp"

#include "host/net/resolver.hpp"

#include <utility>
#include <vector>

namespace moonwire::impair {

namespace {

constexpr std::chrono::seconds lookup_limit{5};

/// Resolves the target, then opens what listens, then makes the relay.
template <class Request, class Relay>
class OpenOperation : public net::Operation, public std::enable_shared_from_this<OpenOperation<Request, Relay>>
{
public:
    using Handler = loop::Handler<void(net::Failure, std::shared_ptr<Relay>)>;

    OpenOperation(loop::Loop& loop, Request request, Handler handler)
        : loop_(loop), request_(std::move(request)), handler_(std::move(handler))
    {
    }

    void start()
    {
        const Target& target = request_.target;
        step_ = net::async_resolve(
            loop_, target.host, target.port, net::Family::any,
            [self = this->shared_from_this()](const net::error_code& error,
                                              const std::vector<net::TcpEndpoint>& endpoints) {
                self->resolved(error, endpoints);
            },
            lookup_limit);
    }

    void cancel() override
    {
        if (handler_) {
            step_->cancel();
        }
    }

protected:
    virtual std::shared_ptr<net::Operation> open(std::vector<net::TcpEndpoint> targets) = 0;

    void finish(const net::Failure& failure, std::shared_ptr<Relay> relay)
    {
        if (relay) {
            relay->start();
        }
        handler_(failure, std::move(relay));
    }

    loop::Loop& loop_;
    Request request_;

private:
    void resolved(const net::error_code& error, const std::vector<net::TcpEndpoint>& endpoints)
    {
        if (error) {
            const Target& target = request_.target;
            finish({error, "relay to " + net::host_and_port(target.host, target.port) + ": " + net::reason(error)},
                   nullptr);
        } else {
            step_ = open(endpoints);
        }
    }

    Handler handler_;
    std::shared_ptr<net::Operation> step_;
};

class OpenUdpRelay final : public OpenOperation<UdpRelayRequest, UdpRelay>
{
public:
    using OpenOperation::OpenOperation;

private:
    std::shared_ptr<net::Operation> open(std::vector<net::TcpEndpoint> targets) override
    {
        std::vector<net::UdpEndpoint> endpoints;
        for (const net::TcpEndpoint& target : targets) {
            endpoints.emplace_back(target.address(), target.port());
        }
        return net::async_bind_udp(
            loop_, request_.bind,
            [self = shared_from_this(), endpoints = std::move(endpoints)](
                const net::Failure& failure, std::shared_ptr<net::UdpSocket> socket) mutable {
                auto& own = static_cast<OpenUdpRelay&>(*self);
                own.finish(failure, socket == nullptr
                                        ? nullptr
                                        : std::make_shared<UdpRelay>(std::move(socket), std::move(endpoints),
                                                                     own.request_.faults, own.request_.options));
            });
    }
};

class OpenTcpRelay final : public OpenOperation<TcpRelayRequest, TcpRelay>
{
public:
    using OpenOperation::OpenOperation;

private:
    std::shared_ptr<net::Operation> open(std::vector<net::TcpEndpoint> targets) override
    {
        return net::async_listen(
            loop_, request_.listen,
            [self = shared_from_this(), targets = std::move(targets)](
                const net::Failure& failure, std::shared_ptr<net::TcpListener> listener) mutable {
                auto& own = static_cast<OpenTcpRelay&>(*self);
                own.finish(failure, listener == nullptr
                                        ? nullptr
                                        : std::make_shared<TcpRelay>(own.loop_, std::move(listener), std::move(targets),
                                                                     own.request_.faults, own.request_.options));
            });
    }
};

}  // namespace

std::shared_ptr<net::Operation> async_relay_udp(loop::Loop& loop, UdpRelayRequest request, UdpRelayHandler handler)
{
    const auto operation = std::make_shared<OpenUdpRelay>(loop, std::move(request), std::move(handler));
    operation->start();
    return operation;
}

std::shared_ptr<net::Operation> async_relay_tcp(loop::Loop& loop, TcpRelayRequest request, TcpRelayHandler handler)
{
    const auto operation = std::make_shared<OpenTcpRelay>(loop, std::move(request), std::move(handler));
    operation->start();
    return operation;
}

}  // namespace moonwire::impair
