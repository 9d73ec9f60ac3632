#include "host/net/tcp_connect.hpp"

#include "host/net/tcp_info.hpp"
#include "tests/unit/net/support.hpp"

#include <poll.h>

#include <vector>

using namespace moonwire::net;
using namespace moonwire::test;

namespace {

struct Outcome {
    Failure failure;
    std::shared_ptr<TcpStream> stream;
};

ConnectHandler into(std::optional<Outcome>& outcome)
{
    return [&outcome](Failure failure, std::shared_ptr<TcpStream> stream) {
        REQUIRE_FALSE(outcome.has_value());
        outcome = Outcome{std::move(failure), std::move(stream)};
    };
}

Outcome wait_for(moonwire::loop::Loop& loop, std::optional<Outcome>& outcome)
{
    CHECK_FALSE(outcome.has_value());  // never from within
    REQUIRE(run_until(loop, [&] { return outcome.has_value(); }));
    return *outcome;
}

Outcome connect(moonwire::loop::Loop& loop, const std::string& host, std::uint16_t port, Family family = Family::any,
                const SocketOptions& options = {})
{
    std::optional<Outcome> outcome;
    async_connect(loop, {host, port, family, 20s}, options, into(outcome));
    return wait_for(loop, outcome);
}

Outcome connect_to(moonwire::loop::Loop& loop, const std::vector<TcpEndpoint>& addresses,
                   std::optional<Duration> timeout = std::nullopt)
{
    std::optional<Outcome> outcome;
    async_connect_to(loop, {"pmu", addresses.front().port(), Family::any, timeout}, addresses, {}, into(outcome));
    return wait_for(loop, outcome);
}

/// An address that answers nothing: a listening socket whose queue is full drops what else arrives.
class SilentAddress
{
public:
    SilentAddress() : listener_(RawSocket::tcp())
    {
        listener_.listen(loopback_v4(), 0);
        for (int i = 0; i < 4; ++i) {
            clients_.push_back(RawSocket::tcp(boost::asio::ip::tcp::v4(), SOCK_NONBLOCK));
            clients_.back().connect(endpoint());
        }
    }

    TcpEndpoint endpoint() const { return listener_.local_endpoint(); }

private:
    RawSocket listener_;
    std::vector<RawSocket> clients_;
};

RawSocket listener_at(const TcpEndpoint& endpoint)
{
    RawSocket listener = RawSocket::tcp(endpoint.protocol());
    listener.listen(endpoint);
    return listener;
}

}  // namespace

TEST_CASE("connects to an address")
{
    moonwire::loop::Loop loop(system_clock());
    const RawSocket listener = listener_at(loopback_v4());
    const Outcome outcome = connect(loop, "127.0.0.1", listener.local_endpoint().port());
    REQUIRE_FALSE(outcome.failure.error);
    REQUIRE(outcome.stream);
    const RawSocket accepted = listener.accept();
    CHECK(outcome.stream->peer_endpoint() == listener.local_endpoint());
    CHECK(outcome.stream->description() ==
          "connection " + to_string(outcome.stream->local_endpoint()) + " -> " + to_string(listener.local_endpoint()));
    accepted.send("hello");
    CHECK(read(*outcome.stream, some()).data == "hello");
}

TEST_CASE("connects to a name at which one IP version answers")
{
    moonwire::loop::Loop loop(system_clock());
    const RawSocket v4 = listener_at(loopback_v4());
    CHECK_FALSE(connect(loop, "localhost", v4.local_endpoint().port()).failure.error);
    CHECK_FALSE(connect(loop, "localhost", v4.local_endpoint().port(), Family::ipv4).failure.error);
    if (has_ipv6()) {
        const RawSocket v6 = listener_at(loopback_v6());
        CHECK_FALSE(connect(loop, "::1", v6.local_endpoint().port()).failure.error);
        CHECK(connect(loop, "127.0.0.1", v6.local_endpoint().port()).failure.error);
    }
}

TEST_CASE("a refused connection says who refused it")
{
    moonwire::loop::Loop loop(system_clock());
    const UnusedPort unused;
    const std::string port = std::to_string(unused.port());

    const Outcome by_address = connect(loop, "127.0.0.1", unused.port());
    CHECK_FALSE(by_address.stream);
    CHECK(code_word(by_address.failure.error) == "refused");
    CHECK(by_address.failure.message == "connect to 127.0.0.1:" + port + ": connection refused");

    const Outcome by_name = connect(loop, "localhost", unused.port(), Family::ipv4);
    CHECK(by_name.failure.message == "connect to localhost:" + port + ": connection refused (127.0.0.1:" + port + ")");
}

TEST_CASE("each address's reason is told where they differ")
{
    moonwire::loop::Loop loop(system_clock());
    const UnusedPort unused;
    const TcpEndpoint broadcast(boost::asio::ip::address_v4::broadcast(), unused.port());
    const Outcome outcome = connect_to(loop, {broadcast, unused.endpoint()});
    CHECK(code_word(outcome.failure.error) == "refused");  // tells more than that there is no way to the other one
    const std::string port = std::to_string(unused.port());
    CHECK(outcome.failure.message.find("connect to pmu:" + port + ": connection refused (255.255.255.255:" + port +
                                       ": ") == 0);
    CHECK(outcome.failure.message.find(", 127.0.0.1:" + port + ")") != std::string::npos);
}

TEST_CASE("a name without an address is told so")
{
    moonwire::loop::Loop loop(system_clock());
    const Outcome empty = connect(loop, "", 1);
    CHECK(empty.failure.error == errc::name_not_found);
    const Outcome wrong_family = connect(loop, "::1", 80, Family::ipv4);
    CHECK(wrong_family.failure.error == errc::name_not_found);
    CHECK(wrong_family.failure.message == "connect to [::1]:80: name not found (no IPv4 address)");
}

TEST_CASE("connecting takes no longer than it may")
{
    moonwire::loop::Loop loop(virtual_clock());
    const SilentAddress silent;
    const auto start = loop.now();
    const auto real_start = std::chrono::steady_clock::now();
    const Outcome outcome = connect_to(loop, {silent.endpoint()}, 600s);
    CHECK(outcome.failure.error == errc::timeout);
    CHECK(outcome.failure.message.find("timed out (" + to_string(silent.endpoint()) + ")") != std::string::npos);
    CHECK(loop.now() - start == 600s);
    CHECK(std::chrono::steady_clock::now() - real_start < 60s);
}

TEST_CASE("the next address is tried when the last one has not answered for 250 ms")
{
    moonwire::loop::Loop loop(virtual_clock());
    const SilentAddress silent;
    const RawSocket listener = listener_at(loopback_v4());
    const auto start = loop.now();
    const Outcome outcome = connect_to(loop, {silent.endpoint(), silent.endpoint(), listener.local_endpoint()}, 600s);
    REQUIRE(outcome.stream);
    CHECK(outcome.stream->peer_endpoint() == listener.local_endpoint());
    CHECK(loop.now() - start == 500ms);
}

TEST_CASE("the next address is tried at once when one fails")
{
    moonwire::loop::Loop loop(virtual_clock());
    const UnusedPort unused;
    const RawSocket listener = listener_at(loopback_v4());
    const auto start = loop.now();
    const Outcome outcome = connect_to(loop, {unused.endpoint(), listener.local_endpoint()});
    REQUIRE(outcome.stream);
    CHECK(loop.now() == start);
}

TEST_CASE("the families take turns")
{
    if (!has_ipv6()) {
        return;
    }
    moonwire::loop::Loop loop(virtual_clock());
    const SilentAddress silent;
    const RawSocket listener = listener_at(loopback_v6());
    const auto start = loop.now();
    const Outcome outcome = connect_to(loop, {silent.endpoint(), silent.endpoint(), listener.local_endpoint()});
    REQUIRE(outcome.stream);
    CHECK(loop.now() - start == 250ms);
}

TEST_CASE("the losers of the race are closed")
{
    moonwire::loop::Loop loop(virtual_clock());
    // Answers only when it is asked for the second time: nobody waits in its queue by then.
    const RawSocket first = listener_at(loopback_v4());
    const RawSocket second = listener_at(loopback_v4());
    const Outcome outcome = connect_to(loop, {first.local_endpoint(), second.local_endpoint()});
    REQUIRE(outcome.stream);
    CHECK(outcome.stream->peer_endpoint() == first.local_endpoint());
    run_for(loop, 20ms);
    pollfd waiting{second.get(), POLLIN, 0};
    CHECK(::poll(&waiting, 1, 0) == 0);  // was not even tried
}

TEST_CASE("a connection attempt can be given up")
{
    moonwire::loop::Loop loop(virtual_clock());
    const SilentAddress silent;
    const auto endpoint = silent.endpoint();
    std::optional<Outcome> outcome;
    const auto operation = async_connect(loop, {"127.0.0.1", endpoint.port(), Family::any, 600s}, {}, into(outcome));

    moonwire::loop::Timer give_up(loop);
    SECTION("at once")
    {
        operation->cancel();
    }
    SECTION("while it waits")
    {
        give_up.expires_after(1s, [&] {
            operation->cancel();
            operation->cancel();
        });
    }
    CHECK(wait_for(loop, outcome).failure.error == errc::cancelled);
    run_for(loop, 20ms);  // the handler must not be called again
    operation->cancel();
    run_for(loop, 5ms);
}

TEST_CASE("a loop may end while a connection is being made")
{
    const SilentAddress silent;
    std::optional<Outcome> outcome;
    {
        moonwire::loop::Loop loop(system_clock());
        async_connect(loop, {"127.0.0.1", silent.endpoint().port(), Family::any, 10s}, {}, into(outcome));
        run_for(loop, 5ms);
    }
    CHECK_FALSE(outcome.has_value());
}

TEST_CASE("options are set on the socket that connects")
{
    moonwire::loop::Loop loop(system_clock());
    const RawSocket listener = listener_at(loopback_v4());
    SocketOptions options;
    options.keepalive = true;
    options.receive_buffer = 8192;
    const Outcome outcome = connect(loop, "127.0.0.1", listener.local_endpoint().port(), Family::any, options);
    REQUIRE(outcome.stream);
    const int socket = outcome.stream->native_handle();
    CHECK(socket_option(socket, IPPROTO_TCP, TCP_NODELAY) != 0);
    CHECK(socket_option(socket, SOL_SOCKET, SO_KEEPALIVE) != 0);
    CHECK(socket_option(socket, SOL_SOCKET, SO_RCVBUF) == 2 * 8192);
    CHECK((::fcntl(socket, F_GETFD) & FD_CLOEXEC) != 0);
}
