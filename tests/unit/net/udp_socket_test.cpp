#include "host/net/udp_socket.hpp"

#include "host/net/udp_open.hpp"
#include "tests/unit/net/support.hpp"

#include <boost/asio/error.hpp>

#include <netinet/in.h>

#include <vector>

using namespace moonwire;
using namespace moonwire::net;
using namespace moonwire::test;

namespace {

namespace ip = boost::asio::ip;

UdpEndpoint loopback(std::uint16_t port = 0)
{
    return {ip::address_v4::loopback(), port};
}

std::shared_ptr<UdpSocket> bound(loop::Loop& loop, const UdpOptions& options = {},
                                 const UdpEndpoint& local = loopback())
{
    auto socket = std::make_shared<UdpSocket>(loop, options);
    REQUIRE_FALSE(socket->open(local, false));
    return socket;
}

struct Outcome {
    error_code error;
    std::string payload;
};

std::optional<Outcome> outcome_of(const std::optional<Received>& received)
{
    return received ? std::optional(Outcome{received->error, std::string(received->datagram.payload)}) : std::nullopt;
}

void start_receive(UdpSocket& socket, std::optional<Outcome>& outcome, std::optional<Duration> timeout = std::nullopt)
{
    socket.async_receive(timeout, [&outcome](const Received& received) { outcome = outcome_of(received); });
}

std::string receive(UdpSocket& socket)
{
    if (const auto there = outcome_of(socket.try_receive())) {
        return there->error ? there->error.message() : there->payload;
    }
    std::optional<Outcome> outcome;
    start_receive(socket, outcome, 10s);
    REQUIRE(run_until(socket.loop(), [&] { return outcome.has_value(); }));
    return outcome->error ? outcome->error.message() : outcome->payload;
}

}  // namespace

TEST_CASE("a UDP socket is opened with what was asked for")
{
    loop::Loop loop(system_clock());
    UdpOptions options;
    options.reuse_address = true;
    options.reuse_port = true;
    options.broadcast = true;
    options.timestamps = true;
    options.errors = true;
    options.ttl = 9;
    options.send_buffer = 10000;
    options.receive_buffer = 20000;
    SECTION("IPv4")
    {
        const auto socket = bound(loop, options);
        const int native = socket->native_handle();
        CHECK(socket->local_endpoint().port() != 0);
        CHECK(socket->family() == Family::ipv4);
        for (const int option : {SO_REUSEADDR, SO_REUSEPORT, SO_BROADCAST, SO_TIMESTAMPNS}) {
            CHECK(socket_option(native, SOL_SOCKET, option) == 1);
        }
        CHECK(socket_option(native, IPPROTO_IP, IP_RECVERR) == 1);
        CHECK(socket_option(native, IPPROTO_IP, IP_TTL) == 9);
        CHECK(socket_option(native, IPPROTO_IP, IP_MULTICAST_ALL) == 0);
        CHECK(socket_option(native, SOL_SOCKET, SO_SNDBUF) == 2 * 10000);
        CHECK(socket_option(native, SOL_SOCKET, SO_RCVBUF) == 2 * 20000);
        CHECK((::fcntl(native, F_GETFD) & FD_CLOEXEC) != 0);
        CHECK_FALSE(set_multicast_ttl(native, socket->versions(), 3));
        CHECK_FALSE(set_multicast_loopback(native, socket->versions(), false));
        CHECK(socket_option(native, IPPROTO_IP, IP_MULTICAST_TTL) == 3);
        CHECK(socket_option(native, IPPROTO_IP, IP_MULTICAST_LOOP) == 0);
    }
    SECTION("dual-stack: the options of both versions")
    {
        if (!has_ipv6()) {
            return;
        }
        UdpSocket socket(loop, options);
        REQUIRE_FALSE(socket.open(UdpEndpoint(ip::udp::v6(), 0), true));
        const int native = socket.native_handle();
        CHECK(socket.family() == Family::any);
        CHECK(socket_option(native, IPPROTO_IPV6, IPV6_V6ONLY) == 0);
        CHECK(socket_option(native, IPPROTO_IP, IP_TTL) == 9);
        CHECK(socket_option(native, IPPROTO_IPV6, IPV6_UNICAST_HOPS) == 9);
        CHECK(socket_option(native, IPPROTO_IP, IP_RECVERR) == 1);
        CHECK(socket_option(native, IPPROTO_IPV6, IPV6_RECVERR) == 1);
        CHECK(to_string(*socket.destination(ip::make_address("192.0.2.1"), 5)) == "192.0.2.1:5");
        CHECK(socket.destination(ip::make_address("192.0.2.1"), 5)->address().is_v6());
    }
    SECTION("IPv6 only")
    {
        if (!has_ipv6()) {
            return;
        }
        UdpSocket socket(loop, {});
        REQUIRE_FALSE(socket.open(UdpEndpoint(ip::udp::v6(), 0), false));
        CHECK(socket_option(socket.native_handle(), IPPROTO_IPV6, IPV6_V6ONLY) == 1);
        CHECK_FALSE(socket.destination(ip::make_address("192.0.2.1"), 5));
    }
}

TEST_CASE("handlers are called later, and an operation keeps its socket alive")
{
    loop::Loop loop(system_clock());
    auto receiver = bound(loop);
    auto sender = bound(loop);
    const UdpEndpoint to = receiver->local_endpoint();
    REQUIRE_FALSE(sender->try_send("there already", to).error);
    std::optional<Outcome> outcome;
    start_receive(*receiver, outcome);
    CHECK_FALSE(outcome);
    const std::weak_ptr<UdpSocket> watched = receiver;
    receiver.reset();
    REQUIRE(run_until(loop, [&] { return outcome.has_value(); }));
    CHECK(outcome->payload == "there already");
    CHECK(watched.expired());
}

TEST_CASE("a loop that goes lets go of the sockets that wait")
{
    std::weak_ptr<UdpSocket> watched;
    {
        loop::Loop loop(system_clock());
        auto socket = bound(loop);
        watched = socket;
        socket->async_receive(std::nullopt, [socket](const Received&) {});
        run_for(loop, 5ms);
    }
    CHECK(watched.expired());
}

TEST_CASE("receiving ends by time, cancellation and closing, each with its error, and what arrives later stays")
{
    loop::Loop loop(virtual_clock());
    auto receiver = bound(loop);
    auto sender = bound(loop);
    std::optional<Outcome> outcome;
    start_receive(*receiver, outcome, 3s);
    const auto started = loop.now();
    REQUIRE(run_until(loop, [&] { return outcome.has_value(); }));
    CHECK(outcome->error == errc::timeout);
    CHECK(loop.now() - started == 3s);

    outcome.reset();
    start_receive(*receiver, outcome);
    sender->try_send("kept", receiver->local_endpoint());
    receiver->cancel_receive();
    REQUIRE(run_until(loop, [&] { return outcome.has_value(); }));
    CHECK(outcome->error == errc::cancelled);
    CHECK(receive(*receiver) == "kept");

    outcome.reset();
    start_receive(*receiver, outcome);
    receiver->close();
    CHECK_FALSE(outcome);
    REQUIRE(run_until(loop, [&] { return outcome.has_value(); }));
    CHECK(outcome->error == boost::asio::error::bad_descriptor);
    CHECK(receiver->try_send("x", sender->local_endpoint()).error == boost::asio::error::bad_descriptor);
}

TEST_CASE("what is sent while a batch waits leaves together, at the latest at the end of the turn")
{
    loop::Loop loop(system_clock());
    auto server = bound(loop);
    auto client = bound(loop);
    for (int i = 0; i < 10; ++i) {
        client->try_send("question " + std::to_string(i), server->local_endpoint());
    }
    for (int i = 0; i < 9; ++i) {
        const auto question = server->try_receive();
        REQUIRE(question);
        CHECK(question->datagram.payload == "question " + std::to_string(i));
        CHECK(server->waiting() == static_cast<std::size_t>(i < 8 ? 7 - i : 1));
        server->try_send("answer", question->datagram.sender);
        CHECK(server->counters().sent == (i < 7 ? 0U : 8U));
    }
    loop.post([&] { loop.stop(); });
    loop.run();
    CHECK(server->counters().sent == 9);
    for (int i = 0; i < 9; ++i) {
        CHECK(receive(*client) == "answer");
    }
}

TEST_CASE("datagrams of a batch can be taken and answered without a system call, and the last of it cannot")
{
    loop::Loop loop(system_clock());
    auto server = bound(loop);
    auto client = bound(loop);
    const UdpEndpoint to = client->local_endpoint();
    CHECK_FALSE(server->take_waiting());
    CHECK_FALSE(server->try_collect("nothing has come", to));
    for (const char* payload : {"1", "2", "3"}) {
        REQUIRE_FALSE(client->try_send(payload, server->local_endpoint()).error);
    }
    CHECK_FALSE(server->take_waiting());  // which does not ask the kernel
    REQUIRE(server->try_receive());
    const auto second = server->take_waiting();
    REQUIRE(second);
    CHECK(second->payload == "2");
    CHECK(second->sender == client->local_endpoint());
    const auto before = server->system_calls();
    CHECK(server->try_collect("first answer", to));
    CHECK_FALSE(server->try_collect(sample_bytes(5000), to));
    CHECK(server->system_calls().send == before.send);
    CHECK(server->take_waiting().value().payload == "3");
    CHECK_FALSE(server->take_waiting());
    CHECK_FALSE(server->try_collect("the batch is empty", to));
    CHECK_FALSE(server->try_send("second answer", to).error);
    CHECK(receive(*client) == "first answer");
    CHECK(receive(*client) == "second answer");
    CHECK(server->counters().received == 3);
}

TEST_CASE("what is out of the ordinary is not taken by the short way")
{
    loop::Loop loop(system_clock());
    UdpOptions options;
    SECTION("a datagram that is cut off")
    {
        options.max_size = 1;
    }
    SECTION("one that comes with its time")
    {
        options.timestamps = true;
    }
    auto server = bound(loop, options);
    auto client = bound(loop);
    client->try_send("1", server->local_endpoint());
    client->try_send("22", server->local_endpoint());
    REQUIRE(server->try_receive());
    CHECK_FALSE(server->take_waiting());
    CHECK(server->try_receive());
}

TEST_CASE("a datagram that is too long for collecting keeps its place")
{
    loop::Loop loop(system_clock());
    auto server = bound(loop);
    auto client = bound(loop);
    client->try_send("1", server->local_endpoint());
    client->try_send("2", server->local_endpoint());
    REQUIRE(server->try_receive());
    server->try_send("small", client->local_endpoint());
    CHECK(server->counters().sent == 0);
    server->try_send(sample_bytes(60000), client->local_endpoint());
    CHECK(server->counters().sent == 2);
    CHECK(receive(*client) == "small");
    CHECK(receive(*client) == sample_bytes(60000));
}

TEST_CASE("full size datagrams of several sockets share one space")
{
    loop::Loop loop(system_clock());
    UdpOptions cut;
    cut.max_size = 10;
    auto first = bound(loop);
    auto second = bound(loop, cut);
    auto sender = bound(loop);
    const std::string large = sample_bytes(65507);
    for (int i = 0; i < 2; ++i) {
        REQUIRE_FALSE(sender->try_send(large, first->local_endpoint()).error);
        REQUIRE_FALSE(sender->try_send(large, second->local_endpoint()).error);
    }
    CHECK(receive(*first) == large);
    const auto truncated = second->try_receive();
    REQUIRE(truncated);
    CHECK(truncated->error == errc::truncated);
    CHECK(truncated->datagram.size == large.size());
    CHECK(truncated->datagram.payload == std::string_view(large).substr(0, 10));
    CHECK(receive(*first) == large);
    CHECK(second->try_receive()->datagram.payload == std::string_view(large).substr(0, 10));
    CHECK(second->counters().truncated == 2);
}

TEST_CASE("ICMP errors: a connected socket's next call, an unconnected one's only on request")
{
    loop::Loop loop(system_clock());
    const auto gone = [&] { return bound(loop)->local_endpoint(); }();
    SECTION("connected")
    {
        auto socket = bound(loop);
        REQUIRE_FALSE(socket->connect(gone));
        CHECK_FALSE(socket->try_send("x").error);
        std::optional<Outcome> outcome;
        start_receive(*socket, outcome);
        REQUIRE(run_until(loop, [&] { return outcome.has_value(); }));
        CHECK(outcome->error == boost::asio::error::connection_refused);
        CHECK_FALSE(socket->try_receive());
        // The error may be told by the next send as well; then that has sent nothing.
        CHECK_FALSE(socket->try_send("x").error);
        CHECK(socket->try_send("x").error == boost::asio::error::connection_refused);
        CHECK(socket->counters().sent == 2);
    }
    SECTION("unconnected")
    {
        UdpOptions options;
        options.errors = true;
        auto asking = bound(loop, options);
        auto quiet = bound(loop);
        auto alive = bound(loop);
        for (auto* socket : {asking.get(), quiet.get()}) {
            CHECK_FALSE(socket->try_send("x", gone).error);
            CHECK_FALSE(socket->try_send("y", alive->local_endpoint()).error);
            CHECK(receive(*alive) == "y");
        }
        const auto told = asking->try_receive();
        REQUIRE(told);
        CHECK(told->error == boost::asio::error::connection_refused);
        CHECK(told->peer == gone);
        run_for(loop, 5ms);
        CHECK_FALSE(quiet->try_receive(true));
    }
}

TEST_CASE("the kernel's time of arrival")
{
    loop::Loop loop(system_clock());
    UdpOptions options;
    options.timestamps = true;
    auto receiver = bound(loop, options);
    auto sender = bound(loop);
    const auto before = loop.clock().wall();
    for (int i = 0; i < 3; ++i) {
        sender->try_send("x", receiver->local_endpoint());
    }
    for (int i = 0; i < 3; ++i) {
        const auto received = receiver->try_receive();
        REQUIRE(received);
        CHECK(received->datagram.time >= before - 1ms);
        CHECK(received->datagram.time <= loop.clock().wall());
    }
}

TEST_CASE("opening a UDP socket can be cancelled, and gives up a name that cannot be found")
{
    loop::Loop loop(system_clock());
    std::optional<Failure> failure;
    UdpRequest request;
    request.host = "no.such.name.invalid";
    const auto handler = [&](Failure what, const std::shared_ptr<UdpSocket>&) { failure = std::move(what); };
    const auto operation = async_bind_udp(loop, request, handler);
    operation->cancel();
    REQUIRE(run_until(loop, [&] { return failure.has_value(); }));
    CHECK(failure->error == errc::cancelled);
    failure.reset();
    request.timeout = 0s;
    async_connect_udp(loop, request, std::nullopt, handler);
    REQUIRE(run_until(loop, [&] { return failure.has_value(); }));
    CHECK(failure->error == errc::timeout);
    CHECK(failure->message == "connect to no.such.name.invalid:0: timed out (while looking the name up)");
}
