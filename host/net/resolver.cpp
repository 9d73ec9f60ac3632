#include "host/net/resolver.hpp"

#include "host/loop/timer.hpp"

#include <boost/asio/ip/basic_resolver.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace moonwire::net {

namespace {

namespace ip = boost::asio::ip;
using Resolver = ip::basic_resolver<ip::tcp, boost::asio::io_context::executor_type>;

bool has_unknown_zone(const ip::address& address, const std::string& host)
{
    return host.find('%') != std::string::npos && address.is_v6() && address.to_v6().scope_id() == 0;
}

class ResolveOperation final : public Operation, public std::enable_shared_from_this<ResolveOperation>
{
public:
    ResolveOperation(loop::Loop& loop, ResolveHandler handler, observe::ObjectId object)
        : loop_(loop),
          handler_(std::move(handler)),
          resolver_(loop.context()),
          deadline_(loop),
          own_object_(object == 0),
          object_(object != 0 ? object : loop.new_object())
    {
    }

    void start(const std::string& host, std::uint16_t port, Family family, std::optional<observe::Duration> limit)
    {
        if (limit) {
            deadline_.expires_after(*limit, [self = shared_from_this()] { self->give_up(errc::timeout); });
        }
        // The system's functions end at a NUL and take no name for this machine.
        if (host.empty() || host.find('\0') != std::string::npos) {
            post_answer(errc::name_not_found, {});
            return;
        }
        error_code not_numeric;
        const ip::address address = ip::make_address(host, not_numeric);
        if (not_numeric) {
            look_up(host, port, family);
        } else if (belongs_to(address, family) && !has_unknown_zone(address, host)) {
            post_answer({}, {TcpEndpoint(address, port)});
        } else {
            post_answer(errc::name_not_found, {});
        }
    }

    void cancel() override { give_up(errc::cancelled); }

private:
    void give_up(errc why)
    {
        if (handler_ && !given_up_) {
            given_up_ = why;
            if (looking_up_) {
                tell_resolved(why, {});
            }
            looking_up_.reset();
            resolver_.cancel();
            post_answer(why, {});
        }
    }

    void tell(observe::Event event) const
    {
        if (observe::Observers* observers = loop_.observed()) {
            event.layer = observe::Layer::dns;
            event.object = object_;
            observers->tell(event);
        }
    }

    void tell_resolved(const error_code& error, const std::vector<TcpEndpoint>& addresses) const
    {
        if (loop_.observed() == nullptr) {
            return;
        }
        std::string text = error ? reason(error) : "";
        for (const TcpEndpoint& address : addresses) {
            text += (text.empty() ? "" : " ") + address_of(address);
        }
        tell({.kind = error ? observe::Kind::failed : observe::Kind::resolved, .text = text});
        if (own_object_) {
            tell({.kind = observe::Kind::closed, .cause = error ? observe::Cause::error : observe::Cause::us});
        }
    }

    void look_up(const std::string& host, std::uint16_t port, Family family)
    {
        if (own_object_) {
            tell({.kind = observe::Kind::opened, .text = host});
        }
        tell({.kind = observe::Kind::resolving, .text = host});
        looking_up_.emplace(loop_);
        auto answer = [self = shared_from_this()](const error_code& error, const Resolver::results_type& results) {
            self->looked_up(error, results);
        };
        const std::string service = std::to_string(port);
        const auto flags = ip::resolver_base::numeric_service;
        if (family == Family::any) {
            resolver_.async_resolve(host, service, flags, std::move(answer));
        } else {
            const auto protocol = family == Family::ipv4 ? ip::tcp::v4() : ip::tcp::v6();
            resolver_.async_resolve(protocol, host, service, flags, std::move(answer));
        }
    }

    void looked_up(const error_code& error, const Resolver::results_type& results)
    {
        looking_up_.reset();
        if (given_up_) {
            return;
        }
        deadline_.cancel();
        std::vector<TcpEndpoint> addresses;
        for (const auto& result : results) {
            if (std::find(addresses.begin(), addresses.end(), result.endpoint()) == addresses.end()) {
                addresses.push_back(result.endpoint());
            }
        }
        error_code result = error;
        if (error == boost::asio::error::no_recovery || (!error && addresses.empty())) {
            result = errc::name_not_found;  // a name server refused, or the name is malformed
        }
        tell_resolved(result, addresses);
        handler_(result, std::move(addresses));
    }

    void post_answer(const error_code& error, std::vector<TcpEndpoint> addresses)
    {
        // Giving up replaces an answer that is on its way, hence the look at handler_.
        loop_.post([self = shared_from_this(), error, addresses = std::move(addresses)]() mutable {
            if (self->handler_ && (!self->given_up_ || error == *self->given_up_)) {
                self->deadline_.cancel();
                self->handler_(error, std::move(addresses));
            }
        });
    }

    loop::Loop& loop_;
    ResolveHandler handler_;
    Resolver resolver_;
    std::optional<loop::Loop::ExternalWork> looking_up_;
    loop::Timer deadline_;
    std::optional<errc> given_up_;
    bool own_object_;
    observe::ObjectId object_;
};

}  // namespace

std::shared_ptr<Operation> async_resolve(loop::Loop& loop, const std::string& host, std::uint16_t port, Family family,
                                         ResolveHandler handler, std::optional<observe::Duration> limit,
                                         observe::ObjectId object)
{
    auto operation = std::make_shared<ResolveOperation>(loop, std::move(handler), object);
    operation->start(host, port, family, limit);
    return operation;
}

}  // namespace moonwire::net
