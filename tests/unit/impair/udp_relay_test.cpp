#include "host/impair/udp_relay.hpp"

#include "host/impair/open.hpp"
#include "tests/unit/net/support.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

using namespace moonwire;
using namespace moonwire::impair;
using namespace moonwire::test;
using net::UdpEndpoint;
using net::UdpSocket;

namespace {

namespace ip = boost::asio::ip;

std::shared_ptr<UdpSocket> bound(loop::Loop& loop, const ip::address& address = ip::address_v4::loopback())
{
    auto socket = std::make_shared<UdpSocket>(loop, net::UdpOptions{});
    REQUIRE_FALSE(socket->open({address, 0}, false));
    return socket;
}

/// A server that answers with what it gets, and a relay before it.
struct Relayed {
    explicit Relayed(const DatagramFaults& faults, const UdpRelayOptions& options = {},
                     std::unique_ptr<observe::Clock> clock = system_clock())
        : loop(std::move(clock))
    {
        server = bound(loop);
        relay = std::make_shared<UdpRelay>(bound(loop), std::vector{server->local_endpoint()}, faults, options);
        relay->start();
    }

    using Datagrams = std::vector<std::string>;

    /// What the server has received, by whom, when the relay has had so many datagrams for it in all. It answers.
    std::map<UdpEndpoint, Datagrams> serve(std::uint64_t relayed)
    {
        wait_for(Way::to_target, relayed);
        std::map<UdpEndpoint, Datagrams> received;
        REQUIRE(run_until(loop, [&] {
            while (const auto got = server->try_receive(true)) {
                received[got->datagram.sender].emplace_back(got->datagram.payload);
                server->try_send(received[got->datagram.sender].back(), got->datagram.sender);
                ++served;
            }
            return served == relay->way(Way::to_target).counters.forwarded.packets;
        }));
        return received;
    }

    /// The next so many datagrams that a client receives.
    Datagrams receive(UdpSocket& client, std::size_t count)
    {
        Datagrams result;
        REQUIRE(run_until(loop, [&] {
            while (const auto got = client.try_receive(true)) {
                CHECK(got->datagram.sender == relay->local_endpoint());
                result.emplace_back(got->datagram.payload);
            }
            return result.size() == count;
        }));
        return result;
    }

    /// Until the relay has had so many datagrams of one way.
    void wait_for(Way way, std::uint64_t relayed)
    {
        REQUIRE(run_until(loop, [&] { return relay->way(way).counters.received.packets == relayed; }));
    }

    loop::Loop loop;
    std::shared_ptr<UdpSocket> server;
    std::shared_ptr<UdpRelay> relay;
    std::uint64_t served = 0;
};

}  // namespace

TEST_CASE("a UDP relay forwards both ways, for each client by a port of its own")
{
    Relayed test({});
    auto one = bound(test.loop);
    auto other = bound(test.loop);
    const UdpEndpoint to = test.relay->local_endpoint();
    one->try_send("a1", to);
    other->try_send("b1", to);
    one->try_send("", to);
    const auto heard = test.serve(3);
    CHECK(heard.size() == 2);
    CHECK(test.relay->clients() == 2);
    CHECK(test.receive(*one, 2) == std::vector<std::string>{"a1", ""});
    CHECK(test.receive(*other, 1) == std::vector<std::string>{"b1"});
    for (const Way way : {Way::to_target, Way::to_client}) {
        CHECK(test.relay->way(way).counters.received.packets == 3);
        CHECK(test.relay->way(way).counters.forwarded.packets == 3);
        CHECK(test.relay->way(way).counters.forwarded.bytes == 4);
    }
}

TEST_CASE("each client's losses depend on the seed and on nobody else")
{
    DatagramFaults faults;
    faults.drop = 0.5;
    const auto losses = [&](std::uint64_t seed, bool alone) {
        UdpRelayOptions options;
        options.seed = seed;
        Relayed test(faults, options);
        auto one = bound(test.loop);
        auto other = bound(test.loop);
        for (int i = 0; i < 20; ++i) {
            one->try_send(std::to_string(i), test.relay->local_endpoint());
            if (i == 0) {  // it is the first client
                REQUIRE(run_until(test.loop, [&] { return test.relay->clients() == 1; }));
            }
            if (!alone) {
                other->try_send("x", test.relay->local_endpoint());
            }
        }
        std::vector<std::string> arrived;
        for (const auto& [client, datagrams] : test.serve(alone ? 20 : 40)) {
            for (const auto& datagram : datagrams) {
                if (datagram != "x") {
                    arrived.push_back(datagram);
                }
            }
        }
        return arrived;
    };
    const auto first = losses(3, true);
    CHECK(first.size() > 2);
    CHECK(first.size() < 18);
    CHECK(losses(3, false) == first);
    CHECK(losses(4, true) != first);
}

TEST_CASE("faults can be changed while the relay runs, and hold one way if they are to")
{
    DatagramFaults faults;
    faults.drop = 1;
    faults.ways = Ways::to_client;
    Relayed test(faults);
    auto client = bound(test.loop);
    client->try_send("1", test.relay->local_endpoint());
    CHECK(test.serve(1).size() == 1);
    test.wait_for(Way::to_client, 1);
    CHECK(test.relay->way(Way::to_client).counters.dropped.packets == 1);
    test.relay->set({});
    client->try_send("2", test.relay->local_endpoint());
    test.serve(2);
    CHECK(test.receive(*client, 1) == std::vector<std::string>{"2"});
    faults.ways = Ways::to_target;
    test.relay->set(faults);
    client->try_send("3", test.relay->local_endpoint());
    CHECK(test.serve(3).empty());
    CHECK(test.relay->way(Way::to_target).counters.dropped.packets == 1);
}

TEST_CASE("the number of clients is limited, and who is idle is forgotten")
{
    UdpRelayOptions options;
    options.max_clients = 2;
    options.idle = 1h;
    Relayed test({}, options, virtual_clock());
    const auto clients = std::vector{bound(test.loop), bound(test.loop), bound(test.loop)};
    // Someone waits in real time, so that the hour does not pass at once.
    auto busy = std::make_unique<loop::Loop::ExternalWork>(test.loop);
    for (const auto& client : clients) {
        client->try_send("x", test.relay->local_endpoint());
    }
    REQUIRE(run_until(test.loop, [&] { return test.relay->way(Way::to_target).counters.failed.packets == 1; }));
    CHECK(test.relay->clients() == 2);
    const auto before = test.loop.now();
    busy.reset();
    REQUIRE(run_until(test.loop, [&] { return test.relay->clients() == 0; }));
    CHECK(test.loop.now() - before == 1h);
}

TEST_CASE("a server that is not there costs nothing but its datagrams")
{
    Relayed test({});
    test.server->close();
    auto client = bound(test.loop);
    for (int i = 0; i < 5; ++i) {
        client->try_send("x", test.relay->local_endpoint());
        test.wait_for(Way::to_target, static_cast<std::uint64_t>(i) + 1);
        run_for(test.loop, 5ms);  // an ICMP error may come
    }
    CHECK(test.relay->way(Way::to_target).counters.forwarded.packets == 5);
    CHECK_FALSE(test.relay->closed());
}

TEST_CASE("clients are connected to the target of their version of IP")
{
    if (!has_ipv6()) {
        return;
    }
    loop::Loop loop(virtual_clock());
    auto four = bound(loop);
    auto six = bound(loop, ip::address_v6::loopback());
    auto socket = std::make_shared<UdpSocket>(loop, net::UdpOptions{});
    REQUIRE_FALSE(socket->open({ip::udp::v6(), 0}, true));
    const auto relay = std::make_shared<UdpRelay>(socket, std::vector{four->local_endpoint(), six->local_endpoint()},
                                                  DatagramFaults{}, UdpRelayOptions{});
    relay->start();
    const std::uint16_t port = relay->local_endpoint().port();
    bound(loop)->try_send("four", UdpEndpoint{ip::address_v4::loopback(), port});
    bound(loop, ip::address_v6::loopback())->try_send("six", UdpEndpoint{ip::address_v6::loopback(), port});
    std::string heard;
    REQUIRE(run_until(loop, [&] {
        for (const auto& server : {four, six}) {
            if (const auto got = server->try_receive(true)) {
                heard += std::string(got->datagram.payload) + (server == six ? " by IPv6," : " by IPv4,");
            }
        }
        return std::count(heard.begin(), heard.end(), ',') == 2;
    }));
    CHECK(heard == "four by IPv4,six by IPv6,");
}

TEST_CASE("a UDP relay ends by close, and when nobody holds it")
{
    loop::Loop loop(virtual_clock());
    auto server = bound(loop);
    DatagramFaults faults;
    faults.delay = 1h;
    auto relay =
        std::make_shared<UdpRelay>(bound(loop), std::vector{server->local_endpoint()}, faults, UdpRelayOptions{});
    relay->start();
    auto client = bound(loop);
    client->try_send("x", relay->local_endpoint());
    const std::weak_ptr<UdpRelay> watched = relay;
    SECTION("by close")
    {
        auto busy = std::make_unique<loop::Loop::ExternalWork>(loop);
        REQUIRE(run_until(loop, [&] { return relay->way(Way::to_target).waiting == 1; }));
        relay->close();
        CHECK(relay->closed());
        CHECK(relay->clients() == 0);
        CHECK(relay->way(Way::to_target).waiting == 0);
        relay->close();
    }
    relay.reset();
    REQUIRE(run_until(loop, [&] { return watched.expired(); }));
}

TEST_CASE("opening a relay fails with the reason, and can be given up")
{
    loop::Loop loop(virtual_clock());
    std::optional<net::Failure> failure;
    const auto handler = [&](const net::Failure& what, const std::shared_ptr<UdpRelay>& relay) {
        CHECK((relay == nullptr) == static_cast<bool>(what.error));
        failure = what;
    };
    UdpRelayRequest request;
    request.bind.host = "127.0.0.1";
    request.target = {"127.0.0.1", 5004};
    SECTION("the address is taken")
    {
        const auto taken = bound(loop);
        request.bind.port = taken->local_endpoint().port();
        async_relay_udp(loop, request, handler);
        REQUIRE(run_until(loop, [&] { return failure.has_value(); }));
        CHECK(net::code_word(failure->error) == "address_in_use");
    }
    SECTION("the target has no address")
    {
        request.target.host = "no.such.name.invalid";
        async_relay_udp(loop, request, handler);
        REQUIRE(run_until(loop, [&] { return failure.has_value(); }));
        CHECK(failure->message == "relay to no.such.name.invalid:5004: name not found");
    }
    SECTION("given up")
    {
        async_relay_udp(loop, request, handler)->cancel();
        REQUIRE(run_until(loop, [&] { return failure.has_value(); }));
        CHECK(failure->error == net::errc::cancelled);
    }
    SECTION("opened")
    {
        async_relay_udp(loop, request, handler);
        REQUIRE(run_until(loop, [&] { return failure.has_value(); }));
        CHECK_FALSE(failure->error);
    }
}
