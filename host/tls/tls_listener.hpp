#pragma once

#include "host/net/tcp_listener.hpp"
#include "host/tls/handshake.hpp"

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <unordered_map>

namespace moonwire::tls {

/// Accepts TCP clients and makes their handshakes, side by side: a client that stalls in its handshake holds up nobody.
/// Held by shared_ptr; used on the loop's thread only, and the loop must outlive it.
class TlsListener : public std::enable_shared_from_this<TlsListener>
{
public:
    struct Options {
        std::shared_ptr<const Context> context;
        observe::Duration handshake_timeout{};
        std::size_t max_handshakes = 0;  ///< under way or done and not yet accepted; more clients wait in the backlog
    };

    TlsListener(loop::Loop& loop, std::shared_ptr<net::TcpListener> listener, Options options);

    /// Waits for the next client whose handshake is over, one wait at a time: its stream, or why it was turned away.
    /// errc::timeout and errc::closed are about the wait itself (then `stream` is null and the message is empty).
    void async_accept(std::optional<observe::Duration> timeout, HandshakeHandler handler);

    void cancel_accept();
    bool accepting() const { return static_cast<bool>(handler_); }

    /// Stops listening and gives up the handshakes under way. Closing twice is no error.
    void close();

    const net::TcpEndpoint& local_endpoint() const { return listener_->local_endpoint(); }
    const Context& context() const { return *options_.context; }

private:
    struct Outcome {
        net::Failure failure;
        std::shared_ptr<TlsStream> stream;
    };

    void accept_more();
    void accepted(const net::error_code& error, std::shared_ptr<net::TcpStream> stream);
    void handshake_over(std::uint64_t number, Outcome outcome);
    void deliver();
    void finish(Outcome outcome);

    loop::Loop& loop_;
    std::shared_ptr<net::TcpListener> listener_;
    Options options_;
    HandshakeHandler handler_;
    loop::Timer timeout_;
    std::unordered_map<std::uint64_t, std::shared_ptr<net::Operation>> handshakes_;
    std::uint64_t next_handshake_ = 1;
    std::deque<Outcome> ready_;
    std::optional<net::error_code> broken_;  // accepting has failed for good
};

}  // namespace moonwire::tls
