#pragma once

#include "host/loop/handler.hpp"
#include "host/loop/loop.hpp"
#include "host/loop/timer.hpp"
#include "host/net/descriptor.hpp"
#include "host/net/endpoint.hpp"
#include "host/net/error.hpp"
#include "host/net/operation.hpp"
#include "host/net/socket_options.hpp"
#include "host/net/tcp_stream.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace moonwire::net {

struct ListenRequest {
    std::string host = "*";       ///< a local name or address; "*": every address of the family
    std::uint16_t port = 0;       ///< 0: a free one
    Family family = Family::any;  ///< `any` with "*": both IP versions on one socket
    bool reuse_address = true;    ///< SO_REUSEADDR
    int backlog = 511;            ///< connections that wait to be accepted; the system has a limit, too
    SocketOptions options;        ///< of the accepted connections
};

/// A listening TCP socket, made by `async_listen`. Held by shared_ptr; used on the loop's thread only, and the loop
/// must outlive it. A pending accept keeps it alive.
class TcpListener : public std::enable_shared_from_this<TcpListener>
{
public:
    using AcceptHandler = loop::Handler<void(error_code, std::shared_ptr<TcpStream>)>;

    /// `object`: the number that observers know it by already; 0: nobody is told of it.
    explicit TcpListener(loop::Loop& loop, observe::ObjectId object = 0);
    ~TcpListener();
    TcpListener(const TcpListener&) = delete;
    TcpListener& operator=(const TcpListener&) = delete;

    /// Binds and listens; `dual_stack` has an IPv6 socket take IPv4 as well (RFC 3493, section 5.3). To be called once,
    /// by `async_listen`; after an error again.
    error_code open(const TcpEndpoint& endpoint, bool dual_stack, const ListenRequest& request);

    /// Waits for the next client; one wait at a time, errc::timeout when it takes longer. Clients that have gone before
    /// they were accepted are passed over. When the process or the system is out of file descriptors or memory, the
    /// wait goes on and tries again ten times a second.
    void async_accept(std::optional<observe::Duration> timeout, AcceptHandler handler);

    /// Completes the pending accept with errc::cancelled. A client that arrives meanwhile is kept for the next one.
    void cancel_accept();
    bool accepting() const { return static_cast<bool>(handler_); }

    /// Stops listening; a pending accept ends with errc::closed. Closing twice is no error.
    void close();
    bool closed() const { return closed_; }

    const TcpEndpoint& local_endpoint() const { return local_; }

    /// Its number for observers.
    observe::ObjectId object() const { return object_; }

    /// Told why accepting has to pause, in a sentence; not again before it has gone well for ten seconds.
    std::function<void(const std::string&)> on_warning;

private:
    using Acceptor = boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;

    void tell(observe::Event event) const;
    void tell_call(std::string_view name, int result) const;
    void tell_closed();

    void accept();
    void wait_for_client();
    void accepted(const error_code& error, Descriptor socket);
    void take(Descriptor socket);
    void pause(const error_code& error);
    void finish(const error_code& error, std::shared_ptr<TcpStream> stream);

    loop::Loop& loop_;
    observe::ObjectId object_;
    Acceptor acceptor_;
    TcpEndpoint local_;
    AcceptHandler handler_;
    std::uint64_t accept_number_ = 0;  // tells a posted completion whether its accept is still the pending one
    loop::Timer timeout_;
    loop::Timer retry_;
    bool pending_ = false;  // the system has been asked for a client, or will be when retry_ is due
    bool closed_ = false;
    bool listening_ = false;
    std::optional<observe::TimePoint> last_shortage_;
    Descriptor kept_;  // arrived for an accept that had been given up
};

using ListenHandler = loop::Handler<void(Failure, std::shared_ptr<TcpListener>)>;

/// Opens a listening socket. With host "*" and any family that is [::] for both IP versions, or 0.0.0.0 where the
/// machine has no IPv6; every other IPv6 address takes IPv6 only. Of a name's addresses the first is taken that is this
/// machine's.
std::shared_ptr<Operation> async_listen(loop::Loop& loop, ListenRequest request, ListenHandler handler);

}  // namespace moonwire::net
