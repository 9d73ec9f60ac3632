#include "host/net/tcp_connect.hpp"

#include "host/net/address_order.hpp"
#include "host/net/resolver.hpp"

#include <boost/asio/error.hpp>

#include <sys/socket.h>
#include <algorithm>
#include <cerrno>
#include <list>
#include <utility>
#include <vector>

namespace moonwire::net {

namespace {

// RFC 8305, section 5: the Connection Attempt Delay it recommends.
constexpr std::chrono::milliseconds attempt_delay{250};

class ConnectOperation final : public Operation, public std::enable_shared_from_this<ConnectOperation>
{
public:
    ConnectOperation(loop::Loop& loop, ConnectRequest request, const SocketOptions& options, ConnectHandler handler)
        : loop_(loop),
          request_(std::move(request)),
          options_(options),
          handler_(std::move(handler)),
          object_(loop.new_object()),
          deadline_(loop),
          next_attempt_(loop)
    {
        if (loop_.observed() != nullptr) {
            const std::string what = "connection to " + host_and_port(request_.host, request_.port);
            tell({.kind = observe::Kind::opened, .text = what});
        }
    }

    void start()
    {
        limit_time();
        resolve_ = async_resolve(
            loop_, request_.host, request_.port, request_.family,
            [self = shared_from_this()](const error_code& error, const std::vector<TcpEndpoint>& endpoints) {
                self->resolved(error, endpoints);
            },
            std::nullopt, object_);
    }

    void start(const std::vector<TcpEndpoint>& addresses)
    {
        limit_time();
        endpoints_ = interleave_families(addresses);
        loop_.post([self = shared_from_this()] { self->try_next(); });
    }

    void cancel() override
    {
        loop_.post([self = shared_from_this()] { self->fail(errc::cancelled); });
    }

private:
    struct Attempt {
        Attempt(const TcpEndpoint& address, TcpSocket closed_socket)
            : endpoint(address), socket(std::move(closed_socket))
        {
        }

        TcpEndpoint endpoint;
        TcpSocket socket;
        bool pending = true;
        error_code error;
    };

    bool done() const { return !handler_; }

    void tell(observe::Event event) const
    {
        if (observe::Observers* observers = loop_.observed()) {
            event.layer = observe::Layer::tcp;
            event.object = object_;
            observers->tell(event);
        }
    }

    void tell_call(std::string_view name, int result) const
    {
        if (observe::Observers* observers = loop_.observed(); observers != nullptr && observers->wants_calls()) {
            observers->tell_call(observe::Layer::tcp, object_, name, result);
        }
    }

    void limit_time()
    {
        if (request_.timeout) {
            deadline_.expires_after(*request_.timeout, [self = shared_from_this()] { self->fail(errc::timeout); });
        }
    }

    void resolved(const error_code& error, const std::vector<TcpEndpoint>& endpoints)
    {
        if (done()) {
            return;
        }
        if (error) {
            fail(error);
        } else {
            endpoints_ = interleave_families(endpoints);
            try_next();
        }
    }

    void try_next()
    {
        if (done() || next_ == endpoints_.size()) {
            return;
        }
        Attempt& attempt = attempts_.emplace_back(endpoints_[next_++], TcpSocket(loop_.context()));
        error_code error;
        attempt.socket.open(attempt.endpoint.protocol(), error);
        tell_call("socket", error ? -1 : attempt.socket.native_handle());
        if (!error) {
            attempt.socket.native_non_blocking(true, error);
        }
        if (!error) {
            error = set_close_on_exec(attempt.socket.native_handle());
        }
        if (!error) {
            error = apply_options(attempt.socket.native_handle(), options_);
        }
        if (next_ < endpoints_.size()) {
            next_attempt_.expires_after(attempt_delay, [self = shared_from_this()] { self->try_next(); });
        }
        if (error) {
            loop_.post([self = shared_from_this(), &attempt, error] { self->attempt_done(attempt, error); });
        } else {
            connect(attempt);
        }
    }

    // What asio's async_connect does, too; but observers are told between the steps.
    void connect(Attempt& attempt)
    {
        tell({.kind = observe::Kind::connecting, .remote = observe::Address::of(attempt.endpoint.data())});
        const int result = ::connect(attempt.socket.native_handle(), attempt.endpoint.data(),
                                     static_cast<socklen_t>(attempt.endpoint.size()));
        const error_code error(result == 0 ? 0 : errno, boost::system::system_category());
        tell_call("connect", result);
        tell_bound(attempt.socket);
        if (error == boost::asio::error::in_progress) {
            attempt.socket.async_wait(TcpSocket::wait_write,
                                      [self = shared_from_this(), &attempt](const error_code& waited) {
                                          self->attempt_done(attempt, waited ? waited : self->outcome(attempt));
                                      });
        } else {
            loop_.post([self = shared_from_this(), &attempt, error] { self->attempt_done(attempt, error); });
        }
    }

    // The system has chosen it when connect returns.
    void tell_bound(const TcpSocket& socket) const
    {
        if (loop_.observed() != nullptr) {
            error_code unknown;
            const TcpEndpoint local = socket.local_endpoint(unknown);
            tell({.kind = observe::Kind::bound, .local = observe::Address::of(local.data())});
        }
    }

    error_code outcome(Attempt& attempt) const
    {
        if (done()) {
            return {};  // and its socket is closed
        }
        int error = 0;
        socklen_t size = sizeof error;
        tell_call("getsockopt", ::getsockopt(attempt.socket.native_handle(), SOL_SOCKET, SO_ERROR, &error, &size));
        return {error, boost::system::system_category()};
    }

    void attempt_done(Attempt& attempt, const error_code& error)
    {
        if (done()) {
            return;
        }
        attempt.pending = false;
        if (!error) {
            auto stream = std::make_shared<TcpStream>(loop_, Descriptor(attempt.socket.release()), object_);
            if (stream->local_endpoint() != stream->peer_endpoint()) {
                tell({.kind = observe::Kind::connected,
                      .local = observe::Address::of(stream->local_endpoint().data()),
                      .remote = observe::Address::of(stream->peer_endpoint().data())});
                stream->tell_socket();
                finish({}, std::move(stream));
                return;
            }
            stream->abort();
            attempt.error = boost::asio::error::connection_refused;
        } else {
            attempt.error = error;
            error_code ignored;
            attempt.socket.close(ignored);
        }
        tell_failed(attempt);
        if (next_ < endpoints_.size()) {
            next_attempt_.cancel();
            try_next();
        } else if (std::none_of(attempts_.begin(), attempts_.end(), [](const Attempt& a) { return a.pending; })) {
            fail(most_telling_error());
        }
    }

    void tell_failed(const Attempt& attempt) const
    {
        if (loop_.observed() != nullptr) {
            const std::string why = reason(attempt.error);
            tell({.kind = observe::Kind::failed,
                  .error = attempt.error.value(),
                  .remote = observe::Address::of(attempt.endpoint.data()),
                  .text = why});
        }
    }

    error_code most_telling_error() const
    {
        const auto telling = std::find_if(attempts_.begin(), attempts_.end(), [](const Attempt& attempt) {
            const auto word = code_word(attempt.error);
            return word != "unreachable" && word != "system";
        });
        return telling != attempts_.end() ? telling->error : attempts_.front().error;
    }

    void fail(const error_code& error)
    {
        if (!done()) {
            tell_closed(error);
            finish({error, message(error)}, nullptr);
        }
    }

    void tell_closed(const error_code& error) const
    {
        if (loop_.observed() != nullptr) {
            const std::string why = reason(error);
            const auto cause = error == errc::timeout     ? observe::Cause::timeout
                               : error == errc::cancelled ? observe::Cause::us
                                                          : observe::Cause::error;
            tell({.kind = observe::Kind::closed, .cause = cause, .text = why});
        }
    }

    void finish(Failure failure, std::shared_ptr<TcpStream> stream)
    {
        ConnectHandler handler = std::move(handler_);
        deadline_.cancel();
        next_attempt_.cancel();
        if (const auto resolve = resolve_.lock()) {
            resolve->cancel();
        }
        for (Attempt& attempt : attempts_) {
            error_code ignored;
            attempt.socket.close(ignored);
        }
        handler(std::move(failure), std::move(stream));
    }

    /// "connect to localhost:5003: connection refused ([::1]:5003, 127.0.0.1:5003)"; an address that answered something
    /// else than the whole comes to has that behind it.
    std::string message(const error_code& error) const
    {
        const std::string asked = host_and_port(request_.host, request_.port);
        std::string text = "connect to " + asked + ": " + reason(error);
        if (error == errc::name_not_found && request_.family != Family::any) {
            text += request_.family == Family::ipv4 ? " (no IPv4 address)" : " (no IPv6 address)";
        } else if (error == errc::timeout && attempts_.empty()) {
            text += " (while looking the name up)";
        }
        std::string tried;
        for (const Attempt& attempt : attempts_) {
            const std::string address = to_string(attempt.endpoint);
            const bool differs = attempt.error && attempt.error != error;
            if (address == asked && !differs) {
                continue;  // says nothing new
            }
            tried += (tried.empty() ? "" : ", ") + address;
            if (differs) {
                tried += ": " + reason(attempt.error);
            }
        }
        return tried.empty() ? text : text + " (" + tried + ")";
    }

    loop::Loop& loop_;
    ConnectRequest request_;
    SocketOptions options_;
    ConnectHandler handler_;
    observe::ObjectId object_;
    loop::Timer deadline_;
    loop::Timer next_attempt_;
    std::weak_ptr<Operation> resolve_;  // holds this until it is done
    std::vector<TcpEndpoint> endpoints_;
    std::size_t next_ = 0;
    std::list<Attempt> attempts_;  // pending handlers refer to its elements
};

}  // namespace

std::shared_ptr<Operation> async_connect(loop::Loop& loop, ConnectRequest request, const SocketOptions& options,
                                         ConnectHandler handler)
{
    auto operation = std::make_shared<ConnectOperation>(loop, std::move(request), options, std::move(handler));
    operation->start();
    return operation;
}

std::shared_ptr<Operation> async_connect_to(loop::Loop& loop, ConnectRequest request,
                                            const std::vector<TcpEndpoint>& addresses, const SocketOptions& options,
                                            ConnectHandler handler)
{
    auto operation = std::make_shared<ConnectOperation>(loop, std::move(request), options, std::move(handler));
    operation->start(addresses);
    return operation;
}

}  // namespace moonwire::net
