#include "host/net/tcp_listener.hpp"

#include "host/net/resolver.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/ip/v6_only.hpp>

#include <sys/socket.h>
#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

namespace moonwire::net {

namespace {

namespace ip = boost::asio::ip;
namespace system_errc = boost::system::errc;

// How often accepting is tried again while the process is out of file descriptors.
constexpr std::chrono::milliseconds retry_delay{100};

// After so long without a shortage the next one is worth a warning again.
constexpr std::chrono::seconds warning_interval{10};

bool out_of_resources(const error_code& error)
{
    return error == system_errc::too_many_files_open || error == system_errc::too_many_files_open_in_system ||
           error == system_errc::no_buffer_space || error == system_errc::not_enough_memory;
}

/// Errors of one connection, which accept(2) hands out as its own; the next one may well succeed.
bool concerns_one_client(const error_code& error)
{
    static constexpr int errors[] = {ECONNABORTED, ECONNRESET,   EPROTO, ENOPROTOOPT, EOPNOTSUPP, ENETDOWN, ENETUNREACH,
                                     EHOSTDOWN,    EHOSTUNREACH, ENONET, EPERM,       ETIMEDOUT,  EINTR,    EAGAIN};
    return error.category() == boost::system::system_category() &&
           std::find(std::begin(errors), std::end(errors), error.value()) != std::end(errors);
}

/// This machine cannot have the address, whereas another address of the same name may do.
bool not_ours(const error_code& error)
{
    return error == boost::asio::error::address_family_not_supported || error == system_errc::address_not_available;
}

class ListenOperation final : public Operation, public std::enable_shared_from_this<ListenOperation>
{
public:
    ListenOperation(loop::Loop& loop, ListenRequest request, ListenHandler handler)
        : loop_(loop), request_(std::move(request)), handler_(std::move(handler)), object_(loop.new_object())
    {
        if (loop_.observed() != nullptr) {
            const std::string what = "listener on " + host_and_port(request_.host, request_.port);
            tell({.kind = observe::Kind::opened, .text = what});
        }
    }

    void start()
    {
        if (request_.host == "*") {
            loop_.post([self = shared_from_this()] { self->listen_on(self->every_address()); });
            return;
        }
        resolve_ = async_resolve(
            loop_, request_.host, request_.port, request_.family,
            [self = shared_from_this()](const error_code& error, const std::vector<TcpEndpoint>& endpoints) {
                if (error) {
                    self->finish(error, nullptr);
                } else {
                    self->listen_on(endpoints);
                }
            },
            std::nullopt, object_);
    }

    void cancel() override
    {
        loop_.post([self = shared_from_this()] { self->finish(errc::cancelled, nullptr); });
    }

private:
    void tell(observe::Event event) const
    {
        if (observe::Observers* observers = loop_.observed()) {
            event.layer = observe::Layer::tcp;
            event.object = object_;
            observers->tell(event);
        }
    }

    std::vector<TcpEndpoint> every_address() const
    {
        const TcpEndpoint v6(ip::tcp::v6(), request_.port);
        const TcpEndpoint v4(ip::tcp::v4(), request_.port);
        switch (request_.family) {
        case Family::ipv4:
            return {v4};
        case Family::ipv6:
            return {v6};
        case Family::any:
            break;
        }
        return {v6, v4};
    }

    void listen_on(const std::vector<TcpEndpoint>& endpoints)
    {
        if (!handler_) {
            return;
        }
        auto listener = std::make_shared<TcpListener>(loop_, object_);
        error_code error;
        for (const TcpEndpoint& endpoint : endpoints) {
            const bool everything = request_.host == "*" && request_.family == Family::any;
            const bool mapped = endpoint.address().is_v6() && endpoint.address().to_v6().is_v4_mapped();
            error = listener->open(endpoint, everything || mapped, request_);
            if (!not_ours(error)) {
                break;
            }
        }
        finish(error, std::move(listener));
    }

    void finish(const error_code& error, std::shared_ptr<TcpListener> listener)
    {
        if (!handler_) {
            return;
        }
        ListenHandler handler = std::move(handler_);
        if (const auto resolve = resolve_.lock()) {
            resolve->cancel();
        }
        if (error) {
            const std::string why = reason(error);
            tell({.kind = observe::Kind::closed, .cause = observe::Cause::error, .text = why});
            handler({error, message(error)}, nullptr);
        } else {
            handler({}, std::move(listener));
        }
    }

    std::string message(const error_code& error) const
    {
        std::string text = "listen on " + host_and_port(request_.host, request_.port) + ": " + reason(error);
        if (error == errc::name_not_found && request_.family != Family::any) {
            text += request_.family == Family::ipv4 ? " (no IPv4 address)" : " (no IPv6 address)";
        }
        return text;
    }

    loop::Loop& loop_;
    ListenRequest request_;
    ListenHandler handler_;
    observe::ObjectId object_;
    std::weak_ptr<Operation> resolve_;  // holds this until it is done
};

}  // namespace

std::shared_ptr<Operation> async_listen(loop::Loop& loop, ListenRequest request, ListenHandler handler)
{
    auto operation = std::make_shared<ListenOperation>(loop, std::move(request), std::move(handler));
    operation->start();
    return operation;
}

TcpListener::TcpListener(loop::Loop& loop, observe::ObjectId object)
    : loop_(loop), object_(object), acceptor_(loop.context()), timeout_(loop), retry_(loop)
{
}

TcpListener::~TcpListener()
{
    tell_closed();
}

void TcpListener::tell(observe::Event event) const
{
    if (observe::Observers* observers = object_ != 0 ? loop_.observed() : nullptr) {
        event.layer = observe::Layer::tcp;
        event.object = event.object != 0 ? event.object : object_;
        observers->tell(event);
    }
}

void TcpListener::tell_call(std::string_view name, int result) const
{
    if (observe::Observers* observers = loop_.observed(); observers != nullptr && observers->wants_calls()) {
        observers->tell_call(observe::Layer::tcp, object_, name, result);
    }
}

void TcpListener::tell_closed()
{
    if (std::exchange(listening_, false)) {
        tell({.kind = observe::Kind::closed, .cause = observe::Cause::us});
    }
}

error_code TcpListener::open(const TcpEndpoint& endpoint, bool dual_stack, const ListenRequest& request)
{
    error_code error;
    acceptor_.open(endpoint.protocol(), error);
    tell_call("socket", error ? -1 : acceptor_.native_handle());
    if (!error) {
        error = set_close_on_exec(acceptor_.native_handle());
    }
    if (!error && endpoint.address().is_v6()) {
        acceptor_.set_option(ip::v6_only(!dual_stack), error);
    }
    if (!error) {
        acceptor_.set_option(boost::asio::socket_base::reuse_address(request.reuse_address), error);
    }
    if (!error) {
        error = apply_options(acceptor_.native_handle(), request.options);  // its connections inherit them
    }
    if (!error) {
        acceptor_.bind(endpoint, error);
        tell_call("bind", error ? -1 : 0);
    }
    if (!error) {
        local_ = acceptor_.local_endpoint(error);
    }
    if (!error) {
        tell({.kind = observe::Kind::bound, .local = observe::Address::of(local_.data())});
        acceptor_.listen(request.backlog, error);
        tell_call("listen", error ? -1 : 0);
    }
    if (!error) {
        acceptor_.native_non_blocking(true, error);
    }
    if (error) {
        error_code ignored;
        acceptor_.close(ignored);
    } else {
        listening_ = true;
        tell({.kind = observe::Kind::listening, .local = observe::Address::of(local_.data())});
    }
    return error;
}

void TcpListener::async_accept(std::optional<observe::Duration> timeout, AcceptHandler handler)
{
    handler_ = std::move(handler);
    const auto number = ++accept_number_;
    if (timeout && !closed_) {
        timeout_.expires_after(*timeout, [this] {
            const auto keep_alive = shared_from_this();
            finish(errc::timeout, nullptr);
        });
    }
    if (closed_ || kept_) {
        loop_.post([self = shared_from_this(), number] {
            if (!self->handler_ || self->accept_number_ != number) {
                return;
            }
            if (self->closed_) {
                self->finish(errc::closed, nullptr);
            } else if (self->kept_) {
                self->take(std::move(self->kept_));
            }
        });
    } else if (!pending_) {
        accept();
    }
}

void TcpListener::accept()
{
    pending_ = true;
    Descriptor socket(::accept4(acceptor_.native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    const error_code error(socket ? 0 : errno, boost::system::system_category());
    tell_call("accept4", socket ? socket.get() : -1);
    if (error == boost::asio::error::would_block) {
        wait_for_client();
        return;
    }
    loop_.post([self = shared_from_this(), error, socket = std::move(socket)]() mutable {
        self->pending_ = false;
        self->accepted(error, std::move(socket));
    });
}

// Asio could accept, too, but would register every connection with its own epoll, which the stream does not use.
void TcpListener::wait_for_client()
{
    acceptor_.async_wait(Acceptor::wait_read, [self = shared_from_this()](const error_code& error) {
        self->pending_ = false;
        if (error) {
            self->accepted(error, {});
        } else if (self->handler_ && !self->closed_) {
            self->accept();
        }
    });
}

void TcpListener::accepted(const error_code& error, Descriptor socket)
{
    if (closed_) {
        return;
    }
    if (!error && !handler_) {
        kept_ = std::move(socket);
    } else if (!error) {
        take(std::move(socket));
    } else if (!handler_) {
        return;
    } else if (out_of_resources(error)) {
        pause(error);
    } else if (concerns_one_client(error)) {
        accept();
    } else {
        finish(error, nullptr);
    }
}

void TcpListener::take(Descriptor socket)
{
    auto stream = std::make_shared<TcpStream>(loop_, std::move(socket));
    tell({.kind = observe::Kind::accepted,
          .object = stream->object(),
          .owner = object_,
          .local = observe::Address::of(stream->local_endpoint().data()),
          .remote = observe::Address::of(stream->peer_endpoint().data())});
    stream->tell_socket();
    if (stream->peer_endpoint().port() == 0) {
        accept();  // the connection was reset while it waited: it has no peer any more
    } else {
        finish({}, std::move(stream));
    }
}

void TcpListener::pause(const error_code& error)
{
    const bool worth_saying = !last_shortage_ || loop_.now() - *last_shortage_ > warning_interval;
    last_shortage_ = loop_.now();
    pending_ = true;
    retry_.expires_after(retry_delay, [self = shared_from_this()] {
        self->pending_ = false;
        if (self->handler_) {
            self->accept();
        }
    });
    if (worth_saying && on_warning) {
        on_warning("accept on " + to_string(local_) + ": " + reason(error) +
                   "; new clients wait until something is closed");
    }
}

void TcpListener::cancel_accept()
{
    if (handler_) {
        timeout_.cancel();
        // Taken out at once, so that the completion cannot hit an accept that is started before it comes.
        loop_.post([handler = std::move(handler_)]() mutable { handler(errc::cancelled, nullptr); });
    }
}

void TcpListener::close()
{
    if (closed_) {
        return;
    }
    const auto keep_alive = shared_from_this();
    closed_ = true;
    timeout_.cancel();
    retry_.cancel();
    kept_ = {};
    error_code ignored;
    acceptor_.close(ignored);
    tell_closed();
    if (handler_) {
        loop_.post([handler = std::move(handler_)]() mutable { handler(errc::closed, nullptr); });
    }
}

void TcpListener::finish(const error_code& error, std::shared_ptr<TcpStream> stream)
{
    if (handler_) {
        timeout_.cancel();
        handler_(error, std::move(stream));
    }
}

}  // namespace moonwire::net
