#include "host/net/relay.hpp"

#include "tests/unit/net/support.hpp"

#include <atomic>
#include <string>
#include <thread>

using namespace moonwire::net;
using namespace moonwire::test;

namespace {

/// Bytes that have arrived and were not yet taken from the kernel.
int unread(int socket)
{
    int size = 0;
    ::ioctl(socket, FIONREAD, &size);
    return size;
}

struct Outcome {
    error_code error;
    std::uint64_t bytes = 0;
};

RelayHandler into(std::optional<Outcome>& outcome)
{
    return [&outcome](const error_code& error, std::uint64_t bytes) {
        REQUIRE_FALSE(outcome.has_value());
        outcome = Outcome{error, bytes};
    };
}

/// Sends `data` from a thread, then ends the sending direction.
std::jthread send_all(const RawSocket& socket, const std::string& data)
{
    return std::jthread([&socket, &data] {
        std::size_t sent = 0;
        while (sent < data.size()) {
            const auto size = ::send(socket.get(), data.data() + sent, data.size() - sent, MSG_NOSIGNAL);
            if (size <= 0) {
                return;
            }
            sent += static_cast<std::size_t>(size);
        }
        socket.end_sending();
    });
}

std::jthread receive_size(const RawSocket& socket, std::size_t size, std::string& data)
{
    return std::jthread([&socket, &data, size] {
        std::string buffer(65536, '\0');
        while (data.size() < size) {
            const auto got = ::recv(socket.get(), buffer.data(), buffer.size(), 0);
            if (got <= 0) {
                return;
            }
            data.append(buffer, 0, static_cast<std::size_t>(got));
        }
    });
}

}  // namespace

TEST_CASE("an echo sends back everything and stays open")
{
    moonwire::loop::Loop loop(system_clock());
    auto [stream, peer] = stream_and_raw(loop);
    const std::string data = sample_bytes(4 << 20);
    std::string received;
    std::optional<Outcome> outcome;
    async_pipe(stream, stream, into(outcome));
    CHECK_FALSE(outcome.has_value());
    {
        const auto receiver = receive_size(peer, data.size(), received);
        const auto sender = send_all(peer, data);
        REQUIRE(run_until(loop, [&] { return outcome.has_value(); }));
    }
    CHECK_FALSE(outcome->error);
    CHECK(outcome->bytes == data.size());
    CHECK((received == data));

    CHECK_FALSE(moonwire::test::write(*stream, "and more"));
    REQUIRE(run_until(loop, [&, &peer = peer] { return unread(peer.get()) == 8; }));
    CHECK(peer.receive() == "and more");
}

TEST_CASE("a pipe copies one stream into another and ends it")
{
    moonwire::loop::Loop loop(system_clock());
    auto [from, source] = stream_and_raw(loop);
    auto [to, sink] = stream_and_raw(loop);
    const std::string data = sample_bytes(4 << 20);
    std::string received;
    std::optional<Outcome> outcome;
    async_pipe(from, to, into(outcome));
    {
        const auto receiver = receive_size(sink, data.size() + 1, received);  // one more: waits for the end
        const auto sender = send_all(source, data);
        REQUIRE(run_until(loop, [&] { return outcome.has_value(); }));
    }
    CHECK_FALSE(outcome->error);
    CHECK(outcome->bytes == data.size());
    CHECK((received == data));
    sink.send("the other direction is open");
    CHECK(read(*to, some()).data == "the other direction is open");
}

TEST_CASE("what had been received before is copied, too, however much it is")
{
    moonwire::loop::Loop loop(system_clock());
    auto [from, source] = stream_and_raw(loop);
    auto [to, sink] = stream_and_raw(loop);
    const std::string data = sample_bytes(40 << 20);
    std::optional<ReadOutcome> given_up;
    start_read(*from, exactly(data.size() + 1), given_up);
    std::atomic<bool> sent = false;
    {
        const std::jthread sender([&source = source, &data, &sent] {
            source.send(data);
            sent = true;
        });
        REQUIRE(run_until(loop, [&, &from = from] { return sent.load() && unread(from->native_handle()) == 0; }));
    }
    from->cancel_read();  // what has arrived stays
    REQUIRE(run_until(loop, [&] { return given_up.has_value(); }));
    source.end_sending();

    std::string received;
    std::optional<Outcome> outcome;
    async_pipe(from, to, into(outcome));
    {
        const auto receiver = receive_size(sink, data.size() + 1, received);
        REQUIRE(run_until(loop, [&] { return outcome.has_value(); }));
    }
    CHECK_FALSE(outcome->error);
    CHECK((received == data));
}

TEST_CASE("a pipe reads no more than its reader takes")
{
    moonwire::loop::Loop loop(system_clock());
    auto [from, source] = stream_and_raw(loop, true);
    auto [to, sink] = stream_and_raw(loop, true);
    const std::string data = sample_bytes(4 << 20);
    std::optional<Outcome> outcome;
    std::string received;
    async_pipe(from, to, into(outcome));
    {
        const auto sender = send_all(source, data);
        run_for(loop, 100ms);
        CHECK_FALSE(outcome.has_value());
        CHECK(from->bytes_read() < 2 << 20);
        CHECK(to->queued() < 1 << 20);
        const auto receiver = receive_size(sink, data.size() + 1, received);
        REQUIRE(run_until(loop, [&] { return outcome.has_value(); }));
    }
    CHECK((received == data));
}

TEST_CASE("a relay ends with what broke it")
{
    moonwire::loop::Loop loop(system_clock());
    auto [from, source] = stream_and_raw(loop);
    auto [to, sink] = stream_and_raw(loop);
    std::optional<Outcome> outcome;
    async_pipe(from, to, into(outcome));
    SECTION("on the reading side")
    {
        source.send("abc");
        REQUIRE(run_until(loop, [&, &sink = sink] { return unread(sink.get()) == 3; }));
        source.reset();
        REQUIRE(run_until(loop, [&] { return outcome.has_value(); }));
        CHECK(code_word(outcome->error) == "reset");
        CHECK(outcome->bytes == 3);
    }
    SECTION("on the writing side")
    {
        sink.reset();
        REQUIRE(run_until(loop, [&, &source = source] {
            if (!outcome) {
                source.send("abc");
            }
            return outcome.has_value();
        }));
        CHECK((code_word(outcome->error) == "reset" || code_word(outcome->error) == "closed"));
    }
    SECTION("when this side closes")
    {
        from->async_close(std::nullopt, [](const error_code&) {});
        source.end_sending();
        REQUIRE(run_until(loop, [&] { return outcome.has_value(); }));
    }
}

TEST_CASE("a relay can be given up")
{
    moonwire::loop::Loop loop(system_clock());
    auto [from, source] = stream_and_raw(loop, true);
    auto [to, sink] = stream_and_raw(loop, true);
    std::optional<Outcome> outcome;
    const auto relay = async_pipe(from, to, into(outcome));
    SECTION("before it has begun")
    {
        relay->cancel();
    }
    SECTION("while it reads")
    {
        source.send("abc");
        REQUIRE(run_until(loop, [&, &sink = sink] { return unread(sink.get()) == 3; }));
        CHECK(sink.receive() == "abc");
        relay->cancel();
        CHECK_FALSE(outcome.has_value());
    }
    SECTION("while it waits for its reader")
    {
        const std::string data = sample_bytes(8 << 20);
        {
            const auto sender = send_all(source, data);
            const bool waits = run_until(loop, [&, &to = to] { return to->must_wait(); });
            CHECK(waits);
            relay->cancel();
            relay->cancel();
            REQUIRE(run_until(loop, [&] { return outcome.has_value(); }));
            from->abort();
        }
    }
    REQUIRE(run_until(loop, [&] { return outcome.has_value(); }));
    CHECK(outcome->error == errc::cancelled);
    run_for(loop, 5ms);
}

TEST_CASE("a busy relay leaves others their turn")
{
    moonwire::loop::Loop loop(system_clock());
    auto [from, source] = stream_and_raw(loop);
    auto [to, sink] = stream_and_raw(loop);
    std::optional<Outcome> outcome;
    std::string received;
    const std::string data = sample_bytes(32 << 20);
    int turns = 0;
    struct Ticker {
        moonwire::loop::Loop& loop;
        int& turns;
        void tick()
        {
            ++turns;
            loop.post([this] { tick(); });
        }
    } ticker{loop, turns};
    async_pipe(from, to, into(outcome));
    ticker.tick();
    {
        const auto receiver = receive_size(sink, data.size() + 1, received);
        const auto sender = send_all(source, data);
        REQUIRE(run_until(loop, [&] { return outcome.has_value(); }));
    }
    CHECK(turns > 100);
    CHECK((received == data));
}
