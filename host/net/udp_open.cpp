#include "host/net/udp_open.hpp"

#include "host/net/resolver.hpp"

#include <boost/asio/error.hpp>

#include <utility>
#include <vector>

namespace moonwire::net {

namespace {

namespace ip = boost::asio::ip;

/// This machine cannot have the address, whereas another address of the same name may do.
bool not_ours(const error_code& error)
{
    return error == boost::asio::error::address_family_not_supported ||
           error == boost::system::errc::address_not_available;
}

class OpenOperation : public Operation, public std::enable_shared_from_this<OpenOperation>
{
public:
    OpenOperation(loop::Loop& loop, UdpRequest request, UdpHandler handler)
        : request_(std::move(request)), loop_(loop), handler_(std::move(handler)), object_(loop.new_object())
    {
        if (loop_.observed() != nullptr) {
            const std::string what = "UDP socket for " + host_and_port(request_.host, request_.port);
            tell({.kind = observe::Kind::opened, .text = what});
        }
    }

    void resolve()
    {
        resolve_ = async_resolve(
            loop_, request_.host, request_.port, request_.family,
            [self = shared_from_this()](const error_code& error, const std::vector<TcpEndpoint>& endpoints) {
                std::vector<UdpEndpoint> addresses;
                for (const TcpEndpoint& endpoint : endpoints) {
                    addresses.emplace_back(endpoint.address(), endpoint.port());
                }
                self->open(error, addresses);
            },
            request_.timeout, object_);
    }

    void use(std::vector<UdpEndpoint> addresses)
    {
        loop_.post([self = shared_from_this(), addresses = std::move(addresses)] { self->open({}, addresses); });
    }

    void cancel() override
    {
        loop_.post([self = shared_from_this()] { self->finish(errc::cancelled, nullptr); });
    }

protected:
    /// Tries one of the addresses. Its error, if it is not the last one, is only the reason to try the next.
    virtual error_code try_address(UdpSocket& socket, const UdpEndpoint& address) = 0;
    virtual bool worth_another(const error_code& error) const = 0;
    virtual const char* purpose() const = 0;

    const UdpRequest request_;

private:
    void tell(observe::Event event) const
    {
        if (observe::Observers* observers = loop_.observed()) {
            event.layer = observe::Layer::udp;
            event.object = object_;
            observers->tell(event);
        }
    }

    void open(error_code error, const std::vector<UdpEndpoint>& addresses)
    {
        if (!handler_) {
            return;
        }
        std::shared_ptr<UdpSocket> socket;
        for (const UdpEndpoint& address : addresses) {
            socket = std::make_shared<UdpSocket>(loop_, request_.options, object_);
            error = try_address(*socket, address);
            if (error) {
                tell_failed(address, error);
                socket->give_up_object();
            }
            if (!error || !worth_another(error)) {
                break;
            }
        }
        finish(error, std::move(socket));
    }

    void tell_failed(const UdpEndpoint& address, const error_code& error) const
    {
        if (loop_.observed() != nullptr) {
            const std::string why = reason(error);
            tell({.kind = observe::Kind::failed,
                  .error = error.value(),
                  .remote = observe::Address::of(address.data()),
                  .text = why});
        }
    }

    void finish(const error_code& error, std::shared_ptr<UdpSocket> socket)
    {
        if (!handler_) {
            return;
        }
        UdpHandler handler = std::move(handler_);
        if (const auto resolve = resolve_.lock()) {
            resolve->cancel();
        }
        if (error) {
            const std::string why = reason(error);
            tell({.kind = observe::Kind::closed, .cause = observe::Cause::error, .text = why});
            handler({error, message(error)}, nullptr);
        } else {
            handler({}, std::move(socket));
        }
    }

    std::string message(const error_code& error) const
    {
        std::string text = purpose() + host_and_port(request_.host, request_.port) + ": " + reason(error);
        if (error == errc::name_not_found && request_.family != Family::any) {
            text += request_.family == Family::ipv4 ? " (no IPv4 address)" : " (no IPv6 address)";
        } else if (error == errc::timeout) {
            text += " (while looking the name up)";
        }
        return text;
    }

    loop::Loop& loop_;
    UdpHandler handler_;
    observe::ObjectId object_;
    std::weak_ptr<Operation> resolve_;  // holds this until it is done
};

class BindOperation final : public OpenOperation
{
public:
    using OpenOperation::OpenOperation;

    void start()
    {
        if (request_.host != "*") {
            resolve();
            return;
        }
        std::vector<UdpEndpoint> every;
        if (request_.family != Family::ipv4) {
            every.emplace_back(ip::udp::v6(), request_.port);
        }
        if (request_.family != Family::ipv6) {
            every.emplace_back(ip::udp::v4(), request_.port);
        }
        use(std::move(every));
    }

private:
    error_code try_address(UdpSocket& socket, const UdpEndpoint& address) override
    {
        const bool everything = request_.host == "*" && request_.family == Family::any;
        const bool mapped = address.address().is_v6() && address.address().to_v6().is_v4_mapped();
        return socket.open(address, everything || mapped);
    }

    bool worth_another(const error_code& error) const override { return not_ours(error); }
    const char* purpose() const override { return "bind to "; }
};

class ConnectOperation final : public OpenOperation
{
public:
    ConnectOperation(loop::Loop& loop, UdpRequest request, std::optional<UdpEndpoint> local, UdpHandler handler)
        : OpenOperation(loop, std::move(request), std::move(handler)), local_(std::move(local))
    {
    }

private:
    error_code try_address(UdpSocket& socket, const UdpEndpoint& address) override
    {
        const bool v6 = address.address().is_v6();
        UdpEndpoint local(v6 ? ip::udp::v6() : ip::udp::v4(), 0);
        if (local_ && local_->address().is_unspecified()) {
            local.port(local_->port());
        } else if (local_) {
            if (local_->address().is_v6() != v6) {
                return errc::wrong_family;
            }
            local = *local_;
        }
        const bool mapped = v6 && address.address().to_v6().is_v4_mapped();
        const error_code error = socket.open(local, mapped);
        return error ? error : socket.connect(address);
    }

    bool worth_another(const error_code& /*error*/) const override { return true; }
    const char* purpose() const override { return "connect to "; }

    std::optional<UdpEndpoint> local_;
};

}  // namespace

std::shared_ptr<Operation> async_bind_udp(loop::Loop& loop, UdpRequest request, UdpHandler handler)
{
    auto operation = std::make_shared<BindOperation>(loop, std::move(request), std::move(handler));
    operation->start();
    return operation;
}

std::shared_ptr<Operation> async_connect_udp(loop::Loop& loop, UdpRequest request, std::optional<UdpEndpoint> local,
                                             UdpHandler handler)
{
    auto operation = std::make_shared<ConnectOperation>(loop, std::move(request), std::move(local), std::move(handler));
    operation->resolve();
    return operation;
}

}  // namespace moonwire::net
