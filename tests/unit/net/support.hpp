#pragma once

#include "host/loop/loop.hpp"
#include "host/net/endpoint.hpp"
#include "host/net/error.hpp"
#include "host/net/stream.hpp"
#include "host/net/tcp_stream.hpp"
#include "host/observe/clock.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/steady_timer.hpp>
#include <catch2/catch.hpp>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace moonwire::test {

using namespace std::chrono_literals;
using observe::Duration;

inline std::unique_ptr<observe::Clock> system_clock()
{
    return std::make_unique<observe::SystemClock>();
}

inline std::unique_ptr<observe::Clock> virtual_clock()
{
    return std::make_unique<observe::VirtualClock>();
}

/// getsockopt for an option that is an int. (Buffer sizes come back doubled: socket(7).)
inline int socket_option(int socket, int level, int name)
{
    int value = -1;
    socklen_t size = sizeof value;
    ::getsockopt(socket, level, name, &value, &size);
    return value;
}

/// Takes turns until `condition` holds; false when it does not within `limit` of real time. Looks every few
/// milliseconds: longer than a virtual clock waits before it jumps, so that this does not keep it from jumping.
template <class Condition>
bool run_until(loop::Loop& loop, Condition condition, std::chrono::steady_clock::duration limit = 10s)
{
    const auto deadline = std::chrono::steady_clock::now() + limit;
    bool holds = condition();
    while (!holds && std::chrono::steady_clock::now() < deadline) {
        boost::asio::steady_timer look(loop.context(), 3ms);
        look.async_wait([&](const net::error_code&) { loop.stop(); });
        loop.run();
        holds = condition();
    }
    return holds;
}

/// Lets everything happen that is going to happen within `time` of real time.
inline void run_for(loop::Loop& loop, std::chrono::steady_clock::duration time)
{
    run_until(
        loop, [] { return false; }, time);
}

/// A native socket of the other side that no loop knows: blocking unless it is made otherwise.
class RawSocket
{
public:
    explicit RawSocket(int descriptor) : descriptor_(descriptor) { REQUIRE(descriptor >= 0); }
    ~RawSocket() { close(); }
    RawSocket(RawSocket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
    RawSocket(const RawSocket&) = delete;
    RawSocket& operator=(const RawSocket&) = delete;

    static RawSocket tcp(const boost::asio::ip::tcp& protocol = boost::asio::ip::tcp::v4(), int flags = 0)
    {
        return RawSocket(::socket(protocol.family(), SOCK_STREAM | SOCK_CLOEXEC | flags, 0));
    }

    int get() const { return descriptor_; }

    int connect(const net::TcpEndpoint& endpoint) const
    {
        return ::connect(descriptor_, endpoint.data(), static_cast<socklen_t>(endpoint.size()));
    }

    void listen(const net::TcpEndpoint& endpoint, int backlog = 16) const
    {
        if (endpoint.address().is_v6()) {
            const int on = 1;
            ::setsockopt(descriptor_, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
        }
        REQUIRE(::bind(descriptor_, endpoint.data(), static_cast<socklen_t>(endpoint.size())) == 0);
        REQUIRE(::listen(descriptor_, backlog) == 0);
    }

    net::TcpEndpoint local_endpoint() const
    {
        net::TcpEndpoint endpoint;
        auto size = static_cast<socklen_t>(endpoint.capacity());
        REQUIRE(::getsockname(descriptor_, endpoint.data(), &size) == 0);
        endpoint.resize(size);
        return endpoint;
    }

    RawSocket accept() const { return RawSocket(::accept4(descriptor_, nullptr, nullptr, SOCK_CLOEXEC)); }

    void send(std::string_view data) const
    {
        REQUIRE(::send(descriptor_, data.data(), data.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(data.size()));
    }

    /// What one read gives; "" at the end of the stream.
    std::string receive() const
    {
        std::string data(65536, '\0');
        const ssize_t size = ::recv(descriptor_, data.data(), data.size(), 0);
        REQUIRE(size >= 0);
        data.resize(static_cast<std::size_t>(size));
        return data;
    }

    void end_sending() const { ::shutdown(descriptor_, SHUT_WR); }

    void reset()
    {
        const ::linger discard{1, 0};
        ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &discard, sizeof discard);
        close();
    }

    void close()
    {
        if (descriptor_ >= 0) {
            ::close(std::exchange(descriptor_, -1));
        }
    }

private:
    int descriptor_;
};

inline net::TcpEndpoint loopback_v4(std::uint16_t port = 0)
{
    return {boost::asio::ip::address_v4::loopback(), port};
}

inline net::TcpEndpoint loopback_v6(std::uint16_t port = 0)
{
    return {boost::asio::ip::address_v6::loopback(), port};
}

inline bool has_ipv6()
{
    const int descriptor = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) {
        return false;
    }
    const RawSocket socket(descriptor);
    const auto endpoint = loopback_v6();
    return ::bind(socket.get(), endpoint.data(), static_cast<socklen_t>(endpoint.size())) == 0;
}

/// A port of the loopback address at which nobody listens, and nobody will while this lives.
class UnusedPort
{
public:
    explicit UnusedPort(const net::TcpEndpoint& endpoint = loopback_v4()) : socket_(RawSocket::tcp(endpoint.protocol()))
    {
        REQUIRE(::bind(socket_.get(), endpoint.data(), static_cast<socklen_t>(endpoint.size())) == 0);
    }

    net::TcpEndpoint endpoint() const { return socket_.local_endpoint(); }
    std::uint16_t port() const { return endpoint().port(); }

private:
    RawSocket socket_;
};

inline std::shared_ptr<net::TcpStream> adopt(loop::Loop& loop, RawSocket& socket)
{
    net::Descriptor adopted(::fcntl(socket.get(), F_DUPFD_CLOEXEC, 0));
    ::fcntl(adopted.get(), F_SETFL, O_NONBLOCK);
    socket.close();
    return std::make_shared<net::TcpStream>(loop, std::move(adopted));
}

/// A stream and the other end of its connection, over loopback. Buffers as small as the kernel permits if asked for.
struct StreamAndRaw {
    std::shared_ptr<net::TcpStream> stream;
    RawSocket peer;
};

inline StreamAndRaw stream_and_raw(loop::Loop& loop, bool small_buffers = false)
{
    const RawSocket listener = RawSocket::tcp();
    RawSocket client = RawSocket::tcp();
    if (small_buffers) {
        // With the smallest ones (2304 bytes) a window that has once been closed opens only every 200 ms, when the
        // kernel's persist timer asks (RFC 9293, section 3.8.6.1).
        const int size = 16 * 1024;
        for (const int socket : {listener.get(), client.get()}) {
            ::setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
            ::setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
        }
    }
    listener.listen(loopback_v4());
    REQUIRE(client.connect(listener.local_endpoint()) == 0);
    RawSocket accepted = listener.accept();
    return {adopt(loop, client), std::move(accepted)};
}

/// Both ends of a connection as streams of one loop.
struct StreamPair {
    std::shared_ptr<net::TcpStream> near;
    std::shared_ptr<net::TcpStream> far;
};

inline StreamPair stream_pair(loop::Loop& loop, bool small_buffers = false)
{
    auto [near, raw] = stream_and_raw(loop, small_buffers);
    auto far = adopt(loop, raw);
    return {std::move(near), std::move(far)};
}

struct ReadOutcome {
    net::error_code error;
    std::string data;
};

inline void start_read(net::Stream& stream, const net::ReadRequest& request, std::optional<ReadOutcome>& outcome,
                       std::optional<Duration> timeout = std::nullopt)
{
    if (const auto result = stream.try_read(request)) {
        outcome = ReadOutcome{result->error, std::string(result->data)};
        return;
    }
    stream.async_read(request, timeout, [&outcome](const net::ReadResult& result) {
        outcome = ReadOutcome{result.error, std::string(result.data)};
    });
}

inline ReadOutcome read(net::Stream& stream, const net::ReadRequest& request)
{
    std::optional<ReadOutcome> outcome;
    start_read(stream, request, outcome);
    REQUIRE(run_until(stream.loop(), [&] { return outcome.has_value(); }));
    return *outcome;
}

inline net::error_code write(net::Stream& stream, std::string_view data)
{
    return stream.write({&data, 1});
}

/// What has become of a flush, a drain or a close; nothing while it goes on.
using Write = std::optional<net::error_code>;

inline net::Stream::WriteHandler into(Write& outcome)
{
    return [&outcome](const net::error_code& error) {
        REQUIRE_FALSE(outcome.has_value());
        outcome = error;
    };
}

inline net::error_code wait_for(loop::Loop& loop, Write& outcome)
{
    CHECK_FALSE(outcome.has_value());  // never from within
    REQUIRE(run_until(loop, [&] { return outcome.has_value(); }));
    return *outcome;
}

inline net::error_code flush(net::Stream& stream)
{
    Write flushed;
    stream.async_flush(std::nullopt, into(flushed));
    return wait_for(stream.loop(), flushed);
}

/// Text in which every position is recognisable.
inline std::string sample_bytes(std::size_t size)
{
    std::string data(size, '\0');
    std::uint32_t state = 1;
    for (char& byte : data) {
        state = state * 1664525 + 1013904223;
        byte = static_cast<char>(state >> 24);
    }
    return data;
}

using Kind = net::ReadRequest::Kind;

inline net::ReadRequest some(std::size_t max = 65536)
{
    return {Kind::some, max, {}};
}
inline net::ReadRequest exactly(std::size_t size)
{
    return {Kind::exactly, size, {}};
}
inline net::ReadRequest until(std::string delimiter, std::size_t max = 65536)
{
    return {Kind::until, max, std::move(delimiter)};
}
inline net::ReadRequest line(std::size_t max = 65536)
{
    return {Kind::line, max, {}};
}
inline net::ReadRequest all(std::size_t max = std::size_t{64} << 20)
{
    return {Kind::all, max, {}};
}

}  // namespace moonwire::test
