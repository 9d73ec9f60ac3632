#include "host/impair/tcp_relay.hpp"

#include "tests/unit/net/support.hpp"

#include <atomic>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace moonwire;
using namespace moonwire::impair;
using namespace moonwire::test;

namespace {

std::shared_ptr<net::TcpListener> listening(loop::Loop& loop)
{
    std::shared_ptr<net::TcpListener> listener;
    net::ListenRequest request;
    request.host = "127.0.0.1";
    net::async_listen(loop, request, [&](const net::Failure& failure, std::shared_ptr<net::TcpListener> made) {
        REQUIRE_FALSE(failure.error);
        listener = std::move(made);
    });
    REQUIRE(run_until(loop, [&] { return listener != nullptr; }));
    return listener;
}

std::pair<std::string, bool> receive_to_the_end(const RawSocket& socket)
{
    std::string data;
    std::string buffer(65536, '\0');
    for (;;) {
        const auto size = ::recv(socket.get(), buffer.data(), buffer.size(), 0);
        if (size <= 0) {
            return {data, size < 0 && errno == ECONNRESET};
        }
        data.append(buffer, 0, static_cast<std::size_t>(size));
    }
}

/// What `blocking` returns: it is called on a thread of its own, while the loop runs.
template <class F>
auto meanwhile(loop::Loop& loop, F blocking)
{
    std::optional<decltype(blocking())> result;
    std::atomic<bool> done = false;
    const std::jthread thread([&] {
        result.emplace(blocking());
        done = true;
    });
    REQUIRE(run_until(loop, [&] { return done.load(); }));
    return std::move(*result);
}

/// A relay with a client and a server that are not in its loop.
struct Relayed {
    explicit Relayed(const StreamFaults& faults, const TcpRelayOptions& options = {}, bool virtual_time = true)
        : loop(virtual_time ? virtual_clock() : system_clock())
    {
        server.listen(loopback_v4());
        relay =
            std::make_shared<TcpRelay>(loop, listening(loop), std::vector{server.local_endpoint()}, faults, options);
        relay->start();
    }
    ~Relayed()
    {
        relay.reset();
        loop.run_until_closed();
    }
    Relayed(const Relayed&) = delete;
    Relayed& operator=(const Relayed&) = delete;

    /// A new connection and its end at the server.
    std::pair<RawSocket, RawSocket> connect()
    {
        RawSocket client = RawSocket::tcp();
        REQUIRE(client.connect(relay->local_endpoint()) == 0);
        RawSocket peer = meanwhile(loop, [this] { return server.accept(); });
        return {std::move(client), std::move(peer)};
    }

    std::string receive(const RawSocket& socket)
    {
        return meanwhile(loop, [&] { return socket.receive(); });
    }

    /// All that comes until the connection ends, and whether it was reset.
    std::pair<std::string, bool> receive_all(const RawSocket& socket)
    {
        return meanwhile(loop, [&] { return receive_to_the_end(socket); });
    }

    const StreamCounters& to_target() const { return relay->way(Way::to_target).counters; }

    /// Until so many bytes have been forwarded to the server.
    void forward(std::uint64_t bytes)
    {
        REQUIRE(run_until(loop, [&] { return to_target().forwarded.bytes >= bytes; }));
    }

    loop::Loop loop;
    RawSocket server = RawSocket::tcp();
    std::shared_ptr<TcpRelay> relay;
};

}  // namespace

TEST_CASE("a TCP relay forwards both ways, and the end of each")
{
    Relayed test({});
    auto [client, peer] = test.connect();
    client.send("to the server");
    test.forward(13);
    CHECK(test.receive(peer) == "to the server");
    client.end_sending();
    CHECK(test.receive(peer).empty());
    peer.send("answered after the end");
    CHECK(test.receive(client) == "answered after the end");
    CHECK(test.relay->open_connections() == 1);
    peer.close();
    REQUIRE(run_until(test.loop, [&] { return test.relay->open_connections() == 0; }));
    CHECK(test.receive(client).empty());
    CHECK(test.relay->connections().broken == 0);
    CHECK(test.relay->way(Way::to_client).counters.forwarded.bytes == 22);
}

TEST_CASE("a delay holds for the bytes and for the end of the stream")
{
    StreamFaults faults;
    faults.delay = 300ms;
    faults.jitter = 200ms;
    Relayed test(faults);
    auto [client, peer] = test.connect();
    const auto sent = test.loop.now();
    client.send("late");
    test.forward(4);
    const auto forwarded = test.loop.now();
    CHECK(forwarded - sent >= 300ms);
    CHECK(forwarded - sent <= 500ms);
    CHECK(test.to_target().delayed.bytes == 4);
    CHECK(test.receive(peer) == "late");
    client.close();
    peer.close();
    REQUIRE(run_until(test.loop, [&] { return test.relay->open_connections() == 0; }));
    CHECK(test.loop.now() - forwarded >= 300ms);
}

TEST_CASE("a stall begins at a byte or at a moment, and ends")
{
    StreamFaults faults;
    faults.stall = 10s;
    SECTION("at a byte, within a message")
    {
        faults.stall_after = 5;
        Relayed test(faults);
        auto [client, peer] = test.connect();
        const auto sent = test.loop.now();
        client.send("12345678");
        auto busy = std::make_unique<loop::Loop::ExternalWork>(test.loop);
        test.forward(5);
        CHECK(test.receive(peer) == "12345");
        CHECK(test.to_target().stalls == 1);
        busy.reset();
        test.forward(8);
        CHECK(test.receive(peer) == "678");
        CHECK(test.loop.now() - sent == 10s);
        client.send("9");
        test.forward(9);
        CHECK(test.loop.now() - sent == 10s);
    }
    SECTION("at a moment")
    {
        faults.stall_at = 3s;
        Relayed test(faults);
        auto [client, peer] = test.connect();
        const auto connected = test.loop.now();
        REQUIRE(run_until(test.loop, [&] { return test.to_target().stalls == 1; }));
        client.send("x");
        test.forward(1);
        CHECK(test.loop.now() - connected >= 10s);
        CHECK(test.loop.now() - connected <= 13s);
    }
    SECTION("and is over when the faults are")
    {
        faults.stall_after = 0;
        Relayed test(faults);
        auto [client, peer] = test.connect();
        const auto busy = std::make_unique<loop::Loop::ExternalWork>(test.loop);
        client.send("x");
        run_for(test.loop, 20ms);
        CHECK(test.to_target().forwarded.bytes == 0);
        test.relay->set({});
        test.forward(1);
    }
}

TEST_CASE("where the stalls are does not depend on how the bytes arrive")
{
    StreamFaults faults;
    faults.stall = 1s;
    faults.stall_every = 1000;
    faults.ways = Ways::to_target;
    const auto stalls = [&](std::uint64_t seed, std::size_t piece) {
        TcpRelayOptions options;
        options.seed = seed;
        Relayed test(faults, options);
        auto [client, peer] = test.connect();
        const std::string data = sample_bytes(20000);
        for (std::size_t sent = 0; sent < data.size(); sent += piece) {
            client.send(std::string_view(data).substr(sent, piece));
            if (piece < data.size()) {
                run_for(test.loop, 1ms);
            }
        }
        client.end_sending();
        test.forward(data.size());
        CHECK(test.receive_all(peer) == std::pair(data, false));
        return test.to_target().stalls;
    };
    const auto once = stalls(1, 20000);
    CHECK(once > 8);
    CHECK(once < 40);
    CHECK(stalls(1, 700) == once);
    CHECK(stalls(2, 20000) + stalls(3, 20000) + stalls(4, 20000) != 3 * once);
}

TEST_CASE("a cut resets the connection after exactly so many bytes, or at a moment")
{
    StreamFaults faults;
    SECTION("after bytes")
    {
        faults.cut_after = 1000;
        faults.ways = Ways::to_target;
        Relayed test(faults);
        auto [client, peer] = test.connect();
        const std::string data = sample_bytes(3000);
        client.send(data);
        REQUIRE(run_until(test.loop, [&] { return test.relay->connections().cut == 1; }));
        CHECK(test.receive_all(peer) == std::pair(data.substr(0, 1000), true));
        CHECK(test.receive_all(client).second);
        CHECK(test.relay->open_connections() == 0);
    }
    SECTION("before the first byte")
    {
        faults.cut_after = 0;
        Relayed test(faults);
        auto [client, peer] = test.connect();
        REQUIRE(run_until(test.loop, [&] { return test.relay->connections().cut == 1; }));
        CHECK(test.receive_all(client) == std::pair(std::string(), true));
    }
    SECTION("at a moment")
    {
        faults.cut_at = 1h;
        Relayed test(faults);
        auto [client, peer] = test.connect();
        REQUIRE(run_until(test.loop, [&] { return test.relay->connections().cut == 1; }));
        CHECK(test.receive_all(client) == std::pair(std::string(), true));
        CHECK(test.receive_all(peer).second);
    }
    SECTION("of an open connection, later")
    {
        Relayed test(faults);
        auto [client, peer] = test.connect();
        client.send("1234");
        test.forward(4);
        faults.cut_after = 2;
        test.relay->set(faults);
        client.send("5678");
        REQUIRE(run_until(test.loop, [&] { return test.relay->connections().cut == 1; }));
        CHECK(test.receive_all(peer) == std::pair(std::string("123456"), true));
    }
}

TEST_CASE("a relay reads no more than a slow reader and its own queue take")
{
    StreamFaults faults;
    faults.delay = 10ms;
    Relayed test(faults, {}, false);
    auto [client, peer] = test.connect();
    const std::string data = sample_bytes(16 << 20);
    {
        const std::jthread sender([&client = client, &data] {
            ssize_t size = 1;  // Catch's assertions are for one thread: what is missing shows at the other end
            for (std::size_t sent = 0; sent < data.size() && size > 0; sent += static_cast<std::size_t>(size)) {
                size = ::send(client.get(), data.data() + sent, data.size() - sent, MSG_NOSIGNAL);
            }
            client.end_sending();
        });
        // Grows no more: neither the kernel's buffers nor the relay's queue.
        std::uint64_t before = 0;
        REQUIRE(run_until(test.loop, [&] {
            run_for(test.loop, 100ms);
            return std::exchange(before, test.to_target().received.bytes) == test.to_target().received.bytes &&
                   before > 0;
        }));
        CHECK(test.to_target().received.bytes < data.size());
        CHECK(test.to_target().received.bytes - test.to_target().forwarded.bytes <= StreamPath::most_waiting + 65536);
        CHECK((test.receive_all(peer).first == data));
    }
}

TEST_CASE("a reset is passed on, and a server that is not there resets its clients")
{
    Relayed test({});
    SECTION("passed on")
    {
        auto [client, peer] = test.connect();
        client.reset();
        REQUIRE(run_until(test.loop, [&] { return test.relay->connections().broken == 1; }));
        CHECK(test.receive_all(peer).second);
    }
    SECTION("nobody there")
    {
        test.server.close();
        const RawSocket client = RawSocket::tcp();
        REQUIRE(client.connect(test.relay->local_endpoint()) == 0);
        REQUIRE(run_until(test.loop, [&] { return test.relay->connections().unreachable == 1; }));
        CHECK(test.receive_all(client).second);
        CHECK(test.relay->open_connections() == 0);
    }
}

TEST_CASE("the number of connections is limited, and the others wait")
{
    TcpRelayOptions options;
    options.max_clients = 1;
    Relayed test({}, options);
    auto [client, peer] = test.connect();
    const RawSocket second = RawSocket::tcp();
    REQUIRE(second.connect(test.relay->local_endpoint()) == 0);
    run_for(test.loop, 20ms);
    CHECK(test.relay->connections().accepted == 1);
    client.reset();
    REQUIRE(run_until(test.loop, [&] { return test.relay->connections().accepted == 2; }));
}

TEST_CASE("a TCP relay that is closed, or that nobody holds, resets its connections")
{
    Relayed test({});
    auto [client, peer] = test.connect();
    const std::weak_ptr<TcpRelay> watched = test.relay;
    SECTION("closed")
    {
        test.relay->close();
        CHECK(test.relay->closed());
        CHECK(test.relay->open_connections() == 0);
        test.relay->close();
    }
    test.relay.reset();
    REQUIRE(run_until(test.loop, [&] { return watched.expired(); }));
    CHECK(test.receive_all(client).second);
    CHECK(test.receive_all(peer).second);
}
