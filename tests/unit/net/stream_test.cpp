#include "host/net/stream.hpp"

#include "host/net/tcp_info.hpp"
#include "tests/unit/net/support.hpp"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

using namespace moonwire::net;
using namespace moonwire::test;
using moonwire::loop::Loop;

namespace {

std::uint64_t data_segments_sent(TcpStream& stream)
{
    TcpInfo info;
    REQUIRE_FALSE(read_tcp_info(stream.native_handle(), info));
    return info.data_segments_sent;
}

/// Receives everything on a thread, up to the end of the stream; `broken` when it was none.
std::jthread receive_all(const RawSocket& socket, std::string& data, std::atomic<bool>* broken = nullptr)
{
    return std::jthread([&socket, &data, broken] {
        std::string buffer(65536, '\0');
        for (;;) {
            const auto size = ::recv(socket.get(), buffer.data(), buffer.size(), 0);
            if (size <= 0) {
                if (size < 0 && broken != nullptr) {
                    *broken = true;
                }
                return;
            }
            data.append(buffer, 0, static_cast<std::size_t>(size));
        }
    });
}

/// Writes until the stream asks to wait.
std::size_t fill(Loop& loop, Stream& stream)
{
    const std::string chunk(65536, 'x');
    std::size_t written = 0;
    while (!stream.must_wait()) {
        REQUIRE_FALSE(moonwire::test::write(stream, chunk));
        written += chunk.size();
        run_for(loop, 1ms);
    }
    return written;
}

}  // namespace

TEST_CASE("reads of all kinds over a connection")
{
    Loop loop(system_clock());
    auto [stream, peer] = stream_and_raw(loop);
    peer.send("12345 first\r\nsecond;;rest");
    CHECK(read(*stream, exactly(6)).data == "12345 ");
    CHECK(read(*stream, line()).data == "first");
    CHECK(read(*stream, until(";;")).data == "second");
    CHECK(read(*stream, some(2)).data == "re");
    peer.send(" of it");
    peer.end_sending();
    CHECK(read(*stream, all()).data == "st of it");
    CHECK(read(*stream, some()).error == errc::closed);
    CHECK(read(*stream, line()).error == errc::closed);
    CHECK(stream->bytes_read() == 6 + 5 + 6 + 2 + 8);
}

TEST_CASE("a peer that sends byte by byte is understood")
{
    Loop loop(system_clock());
    auto [stream, peer] = stream_and_raw(loop);
    std::optional<ReadOutcome> outcome;
    start_read(*stream, until("\r\n"), outcome);
    for (const char byte : std::string("hello\r\n")) {
        CHECK_FALSE(outcome.has_value());
        peer.send({&byte, 1});
        run_for(loop, 1ms);
    }
    REQUIRE(run_until(loop, [&] { return outcome.has_value(); }));
    CHECK(outcome->data == "hello");
}

TEST_CASE("what is larger than any buffer arrives whole")
{
    Loop loop(system_clock());
    auto [near, far] = stream_pair(loop);
    const std::string data = sample_bytes(16 << 20);
    std::optional<ReadOutcome> outcome;
    start_read(*far, exactly(data.size()), outcome);
    CHECK_FALSE(moonwire::test::write(*near, data));
    REQUIRE(run_until(loop, [&] { return outcome.has_value(); }));
    CHECK((outcome->data == data));
    CHECK(near->queued() == 0);
    CHECK(near->bytes_written() == data.size());
}

TEST_CASE("a peer that never sends the delimiter costs bounded memory")
{
    Loop loop(system_clock());
    auto [stream, peer] = stream_and_raw(loop);
    const std::string flood(8 << 20, 'x');
    {
        const std::jthread sender(
            [&peer = peer, &flood] { (void)::send(peer.get(), flood.data(), flood.size(), MSG_NOSIGNAL); });
        CHECK(read(*stream, line(65536)).error == errc::too_long);
        CHECK(stream->try_read(all(2 << 20)) == std::nullopt);  // far less than that has been taken
        stream->abort();
    }
}

TEST_CASE("small writes of one turn leave together")
{
    Loop loop(system_clock());
    auto [stream, peer] = stream_and_raw(loop);
    loop.post([&stream = *stream] {
        for (int i = 0; i < 10; ++i) {
            CHECK_FALSE(moonwire::test::write(stream, "ten bytes."));
        }
        CHECK(stream.queued() == 100);
    });
    run_for(loop, 5ms);
    CHECK(stream->queued() == 0);
    CHECK(peer.receive().size() == 100);
    CHECK(data_segments_sent(*stream) == 1);
}

TEST_CASE("the pieces of a write stay in order, whatever their sizes")
{
    Loop loop(system_clock());
    auto [near, far] = stream_pair(loop);
    std::vector<std::string> texts;
    std::string expected;
    for (const std::size_t size : {1u, 20000u, 3u, 0u, 100000u, 17u, 16384u, 16383u, 1u, 300000u, 5u}) {
        texts.push_back(sample_bytes(size));
    }
    std::optional<ReadOutcome> outcome;
    const std::vector<std::string_view> pieces(texts.begin(), texts.end());
    for (const std::size_t at_once : {std::size_t{1}, std::size_t{3}, pieces.size()}) {
        for (std::size_t i = 0; i < pieces.size(); i += at_once) {
            const auto part = std::span(pieces).subspan(i, std::min(at_once, pieces.size() - i));
            CHECK_FALSE(near->write(part));
        }
        for (const auto& text : texts) {
            expected += text;
        }
    }
    CHECK_FALSE(near->write(std::vector<std::string_view>(100, "many pieces")));
    for (int i = 0; i < 100; ++i) {
        expected += "many pieces";
    }
    start_read(*far, exactly(expected.size()), outcome);
    REQUIRE(run_until(loop, [&] { return outcome.has_value(); }));
    CHECK((outcome->data == expected));
}

TEST_CASE("a writer waits for a peer that does not read, and others do not")
{
    Loop loop(system_clock());
    auto [stream, peer] = stream_and_raw(loop, true);
    auto [other, other_peer] = stream_and_raw(loop);
    const std::size_t written = fill(loop, *stream);
    CHECK(written < 4 << 20);

    Write drained;
    stream->async_drain(std::nullopt, into(drained));
    CHECK_FALSE(moonwire::test::write(*other, "unaffected"));
    run_for(loop, 20ms);
    CHECK_FALSE(drained.has_value());
    CHECK(other_peer.receive() == "unaffected");

    std::string received;
    {
        const auto receiver = receive_all(peer, received);
        CHECK_FALSE(wait_for(loop, drained));
        CHECK(stream->queued() <= Stream::low_water_mark);
        Write shut;
        stream->async_shutdown(std::nullopt, into(shut));
        CHECK_FALSE(wait_for(loop, shut));
    }
    CHECK(received.size() == written);
}

TEST_CASE("a wait for the peer to read ends in time")
{
    Loop loop(virtual_clock());
    auto [stream, peer] = stream_and_raw(loop, true);
    fill(loop, *stream);
    const auto start = loop.now();
    Write flushed;
    SECTION("given to the call")
    {
        stream->async_flush(60s, into(flushed));
    }
    SECTION("set for the stream")
    {
        stream->write_timeout = 60s;
        stream->async_flush(std::nullopt, into(flushed));
    }
    CHECK(wait_for(loop, flushed) == errc::timeout);
    CHECK(loop.now() - start >= 60s);
    CHECK(stream->queued() > 0);
    CHECK(stream->unsent() == 0);  // may yet be sent
}

TEST_CASE("a wait for the peer to read can be given up")
{
    Loop loop(system_clock());
    auto [stream, peer] = stream_and_raw(loop, true);
    fill(loop, *stream);
    Write first;
    Write second;
    const auto number = stream->async_flush(std::nullopt, into(first));
    stream->async_flush(std::nullopt, into(second));
    stream->cancel_write(number);
    CHECK(wait_for(loop, first) == errc::cancelled);
    run_for(loop, 5ms);
    CHECK_FALSE(second.has_value());
    stream->abort();
    CHECK(wait_for(loop, second) == errc::closed);
}

TEST_CASE("flush waits until the kernel has everything")
{
    Loop loop(system_clock());
    auto [stream, peer] = stream_and_raw(loop);
    CHECK_FALSE(moonwire::test::write(*stream, "abc"));
    Write flushed;
    stream->async_flush(std::nullopt, into(flushed));
    CHECK_FALSE(wait_for(loop, flushed));
    CHECK(peer.receive() == "abc");

    Write nothing_to_do;
    stream->async_flush(std::nullopt, into(nothing_to_do));
    CHECK_FALSE(wait_for(loop, nothing_to_do));
}

TEST_CASE("shutdown ends one direction after all that was written")
{
    Loop loop(system_clock());
    auto [near, far] = stream_pair(loop);
    const std::string data = sample_bytes(2 << 20);
    CHECK_FALSE(moonwire::test::write(*near, data));
    Write shut;
    near->async_shutdown(std::nullopt, into(shut));
    CHECK((read(*far, all()).data == data));
    REQUIRE(run_until(loop, [&] { return shut.has_value(); }));
    CHECK_FALSE(*shut);
    CHECK(moonwire::test::write(*near, "late") == errc::closed);

    CHECK_FALSE(moonwire::test::write(*far, "answer"));
    CHECK(read(*near, exactly(6)).data == "answer");
}

TEST_CASE("what was written before closing arrives, although the peer is sending")
{
    Loop loop(system_clock());
    auto [stream, peer] = stream_and_raw(loop);
    const std::string data = sample_bytes(8 << 20);
    peer.send("a question that nobody reads");
    run_for(loop, 5ms);
    CHECK_FALSE(moonwire::test::write(*stream, data));
    Write closed;
    stream->async_close(std::nullopt, into(closed));
    CHECK(stream->closed());
    CHECK(moonwire::test::write(*stream, "late") == errc::closed);
    std::weak_ptr<Stream> gone = stream;
    stream.reset();  // closing keeps it alive

    std::string received;
    std::atomic<bool> broken = false;
    {
        const auto receiver = receive_all(peer, received, &broken);
        CHECK_FALSE(wait_for(loop, closed));
        peer.send("one more");  // arrives after the close
        peer.end_sending();
        loop.run_until_closed();
    }
    CHECK_FALSE(broken.load());
    CHECK((received == data));
    peer.close();
    CHECK(run_until(loop, [&] { return gone.expired(); }));
}

TEST_CASE("closing twice is no error, and ends a pending read")
{
    Loop loop(system_clock());
    auto [stream, peer] = stream_and_raw(loop);
    std::optional<ReadOutcome> outcome;
    start_read(*stream, some(), outcome);
    Write first;
    Write second;
    stream->async_close(std::nullopt, into(first));
    stream->async_close(std::nullopt, into(second));
    CHECK_FALSE(outcome.has_value());
    CHECK_FALSE(wait_for(loop, first));
    CHECK((second.has_value() || run_until(loop, [&] { return second.has_value(); })));
    CHECK_FALSE(*second);
    REQUIRE(outcome.has_value());
    CHECK(outcome->error == errc::closed);
    CHECK(peer.receive().empty());
}

TEST_CASE("reading from a stream that this side has closed ends")
{
    Loop loop(system_clock());
    auto [stream, peer] = stream_and_raw(loop);
    Write closed;
    stream->async_close(std::nullopt, into(closed));
    CHECK_FALSE(wait_for(loop, closed));
    std::optional<ReadOutcome> outcome;
    start_read(*stream, some(), outcome);
    REQUIRE(run_until(
        loop, [&] { return outcome.has_value(); }, 1s));
    CHECK(outcome->error == errc::closed);
}

TEST_CASE("closing gives up on a peer that does not read, and says what was lost")
{
    Loop loop(virtual_clock());
    auto [stream, peer] = stream_and_raw(loop, true);
    fill(loop, *stream);
    const auto queued = stream->queued();
    Write closed;
    stream->async_close(60s, into(closed));
    CHECK(wait_for(loop, closed) == errc::timeout);
    CHECK(stream->unsent() == queued);
    loop.run_until_closed();
}

TEST_CASE("abort breaks off and discards")
{
    Loop loop(system_clock());
    auto [stream, peer] = stream_and_raw(loop, true);
    fill(loop, *stream);
    const auto queued = stream->queued();
    std::optional<ReadOutcome> outcome;
    start_read(*stream, some(), outcome);
    Write drained;
    stream->async_drain(std::nullopt, into(drained));
    stream->abort();
    CHECK_FALSE(outcome.has_value());
    CHECK(wait_for(loop, drained) == errc::closed);
    REQUIRE(run_until(loop, [&] { return outcome.has_value(); }));
    CHECK(outcome->error == errc::closed);
    CHECK(stream->unsent() == queued);
    CHECK(stream->queued() == 0);
    CHECK(moonwire::test::write(*stream, "late") == errc::closed);

    std::string received;
    std::atomic<bool> broken = false;
    receive_all(peer, received, &broken).join();
    CHECK(broken.load());
}

TEST_CASE("abort breaks off a close that waits for its peer")
{
    Loop loop(system_clock());
    auto [stream, peer] = stream_and_raw(loop, true);
    fill(loop, *stream);
    Write closed;
    stream->async_close(std::nullopt, into(closed));
    run_for(loop, 5ms);
    CHECK_FALSE(closed.has_value());
    stream->abort();
    REQUIRE(run_until(
        loop, [&] { return closed.has_value(); }, 1s));
    CHECK(*closed == errc::closed);
}

TEST_CASE("a connection that is broken off is told with what had arrived")
{
    Loop loop(system_clock());
    auto [stream, peer] = stream_and_raw(loop);
    std::optional<ReadOutcome> outcome;
    start_read(*stream, exactly(10), outcome);
    peer.send("half");
    run_for(loop, 5ms);
    peer.reset();
    REQUIRE(run_until(loop, [&] { return outcome.has_value(); }));
    CHECK(code_word(outcome->error) == "reset");
    CHECK(outcome->data == "half");
    CHECK(code_word(read(*stream, some()).error) == "reset");
}

TEST_CASE("a write to a peer that has gone fails, with what was not sent")
{
    Loop loop(system_clock());
    auto [stream, peer] = stream_and_raw(loop, true);
    fill(loop, *stream);
    const auto queued = stream->queued();
    peer.reset();
    Write flushed;
    stream->async_flush(std::nullopt, into(flushed));
    const auto error = wait_for(loop, flushed);
    CHECK((code_word(error) == "reset" || code_word(error) == "closed"));
    CHECK(stream->unsent() == queued);
    CHECK(moonwire::test::write(*stream, "more") == error);
    CHECK(stream->unsent() == queued);
    Write closed;
    stream->async_close(std::nullopt, into(closed));
    CHECK(wait_for(loop, closed) == error);
}

TEST_CASE("a read waits no longer than it may, and nothing is lost")
{
    Loop loop(virtual_clock());
    auto [stream, peer] = stream_and_raw(loop);
    peer.send("half");
    std::optional<ReadOutcome> outcome;
    const auto start = loop.now();
    const auto real_start = std::chrono::steady_clock::now();
    SECTION("given to the call")
    {
        start_read(*stream, line(), outcome, 3600s);
    }
    SECTION("set for the stream")
    {
        stream->read_timeout = 3600s;
        start_read(*stream, line(), outcome);
    }
    REQUIRE(run_until(loop, [&] { return outcome.has_value(); }));
    CHECK(outcome->error == errc::timeout);
    CHECK(loop.now() - start == 3600s);
    CHECK(std::chrono::steady_clock::now() - real_start < 60s);

    peer.send(" and half\n");
    stream->read_timeout.reset();
    CHECK(read(*stream, line()).data == "half and half");
}

TEST_CASE("a read that has been answered leaves no timer behind")
{
    Loop loop(virtual_clock());
    auto [stream, peer] = stream_and_raw(loop);
    std::optional<ReadOutcome> first;
    start_read(*stream, some(), first, 10s);
    peer.send("one");
    REQUIRE(run_until(loop, [&] { return first.has_value(); }));
    CHECK(first->data == "one");
    std::optional<ReadOutcome> second;
    const auto start = loop.now();
    start_read(*stream, some(), second, 60s);
    REQUIRE(run_until(loop, [&] { return second.has_value(); }));
    CHECK(second->error == errc::timeout);
    CHECK(loop.now() - start == 60s);
}

TEST_CASE("a read can be given up, and what arrives later is kept")
{
    Loop loop(system_clock());
    auto [stream, peer] = stream_and_raw(loop);
    std::optional<ReadOutcome> given_up;
    start_read(*stream, until(";"), given_up);
    peer.send("ab");
    run_for(loop, 5ms);
    CHECK(stream->reading());
    stream->cancel_read();
    CHECK_FALSE(stream->reading());
    CHECK_FALSE(given_up.has_value());
    REQUIRE(run_until(loop, [&] { return given_up.has_value(); }));
    CHECK(given_up->error == errc::cancelled);
    peer.send("c;d");
    run_for(loop, 5ms);
    CHECK(read(*stream, until(";")).data == "abc");
    CHECK(read(*stream, some()).data == "d");
    stream->cancel_read();  // without a pending read nothing happens
}

TEST_CASE("a handler may start the next operation, and let go of the stream")
{
    Loop loop(system_clock());
    auto [stream, peer] = stream_and_raw(loop);
    std::string received;
    bool ended = false;
    struct Reader {
        std::shared_ptr<Stream> stream;
        std::string& received;
        bool& ended;
        void next()
        {
            stream->async_read(some(), std::nullopt, [this](const ReadResult& result) {
                received += result.data;
                if (result.error) {
                    stream.reset();
                    ended = true;
                } else {
                    next();
                }
            });
        }
    } reader{std::move(stream), received, ended};
    reader.next();
    for (const char* text : {"one ", "two ", "three"}) {
        peer.send(text);
        run_for(loop, 4ms);
    }
    peer.close();
    REQUIRE(run_until(loop, [&] { return ended; }));
    CHECK(received == "one two three");
}

TEST_CASE("a loop may end with everything still under way")
{
    Write flushed;
    std::optional<ReadOutcome> outcome;
    {
        Loop loop(system_clock());
        auto [stream, peer] = stream_and_raw(loop, true);
        fill(loop, *stream);
        start_read(*stream, some(), outcome, 10s);
        stream->async_flush(10s, into(flushed));
        CHECK_FALSE(moonwire::test::write(*stream, "x"));
    }
    CHECK_FALSE(flushed.has_value());
    CHECK_FALSE(outcome.has_value());
}

TEST_CASE("what was read too far is read again, also when the peer has ended")
{
    Loop loop(system_clock());
    auto [stream, peer] = stream_and_raw(loop);
    peer.send("head and more");
    peer.end_sending();
    const ReadOutcome first = read(*stream, some());
    REQUIRE(first.data == "head and more");
    stream->unread("and more");
    CHECK(stream->bytes_read() == 5);
    CHECK(read(*stream, exactly(4)).data == "and ");
    CHECK(read(*stream, all()).data == "more");
    CHECK(stream->bytes_read() == 13);
}
