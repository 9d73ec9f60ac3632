#include "host/http/read_message.hpp"

#include "tests/unit/net/support.hpp"

#include <boost/beast/http/fields.hpp>

#include <sys/ioctl.h>
#include <functional>
#include <string>

using namespace moonwire;
using namespace moonwire::test;
using moonwire::loop::Loop;

namespace {

constexpr const char* get = "GET /1 HTTP/1.1\r\nHost: h\r\n\r\n";

using RequestOutcome = std::optional<http::Read<true>>;
using ResponseOutcome = std::optional<http::Read<false>>;

std::shared_ptr<net::Operation> start(const std::shared_ptr<net::Stream>& stream, RequestOutcome& outcome,
                                      const http::RequestOptions& options = {})
{
    return http::async_read_request(stream, options, [&outcome](http::Read<true> read) { outcome = std::move(read); });
}

http::Read<true> read_request(Loop& loop, const std::shared_ptr<net::Stream>& stream,
                              const http::RequestOptions& options = {})
{
    RequestOutcome outcome;
    start(stream, outcome, options);
    CHECK_FALSE(outcome);  // never from within
    REQUIRE(run_until(loop, [&] { return outcome.has_value(); }));
    return std::move(*outcome);
}

http::Read<false> read_response(Loop& loop, const std::shared_ptr<net::Stream>& stream,
                                const http::ResponseOptions& options = {})
{
    ResponseOutcome outcome;
    http::async_read_response(stream, options, [&outcome](http::Read<false> read) { outcome = std::move(read); });
    REQUIRE(run_until(loop, [&] { return outcome.has_value(); }));
    return std::move(*outcome);
}

}  // namespace

TEST_CASE("requests that come at once are read one by one, and what follows them stays")
{
    Loop loop(system_clock());
    auto [stream, peer] = stream_and_raw(loop);
    peer.send(std::string(get) + "POST /2 HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc" + "\x81\x05hello");
    CHECK(read_request(loop, stream).message.head.target() == "/1");
    const auto second = read_request(loop, stream);
    CHECK(second.message.head.target() == "/2");
    CHECK(second.message.body == "abc");
    CHECK(read(*stream, exactly(7)).data == "\x81\x05hello");
}

TEST_CASE("a body of many reads is put together")
{
    Loop loop(system_clock());
    auto [near, far] = stream_pair(loop);
    const std::string body = sample_bytes(900 * 1024);
    write(*far, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n");
    write(*far, body);
    CHECK(read_request(loop, near).message.body == body);
}

TEST_CASE("a request that is too slow is told so, and one that never begins is not")
{
    Loop loop(virtual_clock());
    auto [stream, peer] = stream_and_raw(loop);
    SECTION("nothing comes")
    {
        const auto begin = loop.now();
        const auto idle = read_request(loop, stream);
        CHECK(idle.failure.error == net::errc::timeout);
        CHECK(idle.status == 0);
        CHECK(loop.now() - begin == 60s);
    }
    SECTION("a head without an end")
    {
        peer.send("GET / HTTP/1.1\r\nHost:");
        const auto begin = loop.now();
        const auto slow = read_request(loop, stream);
        CHECK(slow.failure.error == net::errc::timeout);
        CHECK(slow.status == 408);
        CHECK(loop.now() - begin == 10s);
    }
    SECTION("a body without an end")
    {
        peer.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nab");
        const auto begin = loop.now();
        const auto slow = read_request(loop, stream);
        CHECK(slow.status == 408);
        CHECK(loop.now() - begin == 30s);
    }
}

TEST_CASE("the time for a head does not begin anew with each byte")
{
    Loop loop(virtual_clock());
    auto [stream, raw] = stream_and_raw(loop);
    const RawSocket& peer = raw;  // named for the lambda
    RequestOutcome outcome;
    start(stream, outcome);
    peer.send("GET / HTTP/1.1\r\nX: ");
    const auto begin = loop.now();
    loop::Timer timer(loop);
    std::function<void()> send_one = [&] {
        peer.send("x");
        timer.expires_after(1s, [&] { send_one(); });
    };
    send_one();
    REQUIRE(run_until(loop, [&] { return outcome.has_value(); }));
    CHECK(outcome->status == 408);
    CHECK(loop.now() - begin <= 11s);
}

TEST_CASE("a peer that goes is told apart from one that goes in the middle")
{
    Loop loop(system_clock());
    auto [stream, peer] = stream_and_raw(loop);
    SECTION("before a request")
    {
        peer.end_sending();
        const auto gone = read_request(loop, stream);
        CHECK(gone.failure.error == net::errc::closed);
        CHECK(gone.status == 0);
    }
    SECTION("in the middle of one")
    {
        peer.send("GET / HT");
        peer.end_sending();
        const auto gone = read_request(loop, stream);
        CHECK(gone.failure.error == net::errc::closed);
        CHECK_THAT(gone.failure.message, Catch::Contains("in the middle"));
        CHECK(gone.status == 0);
    }
}

TEST_CASE("a client that waits for a word before its body gets it")
{
    Loop loop(system_clock());
    auto [stream, peer] = stream_and_raw(loop);
    RequestOutcome outcome;
    start(stream, outcome);
    peer.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    run_until(loop,
              [&from = peer, size = 0]() mutable { return ::ioctl(from.get(), FIONREAD, &size) == 0 && size > 0; });
    CHECK(peer.receive() == "HTTP/1.1 100 Continue\r\n\r\n");
    peer.send("abc");
    REQUIRE(run_until(loop, [&] { return outcome.has_value(); }));
    CHECK(outcome->message.body == "abc");
}

TEST_CASE("a body that is refused is not asked for")
{
    Loop loop(system_clock());
    auto [stream, peer] = stream_and_raw(loop);
    peer.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9999999\r\nExpect: 100-continue\r\n\r\n");
    CHECK(read_request(loop, stream).status == 413);
    CHECK(stream->bytes_written() == 0);
}

TEST_CASE("reading a request can be given up, at once or while it waits")
{
    Loop loop(system_clock());
    auto [stream, peer] = stream_and_raw(loop);
    RequestOutcome outcome;
    const auto reading = start(stream, outcome);
    if (GENERATE(false, true)) {
        run_until(loop, [&own = stream] { return own->reading(); });
    }
    reading->cancel();
    reading->cancel();
    CHECK_FALSE(outcome);
    REQUIRE(run_until(loop, [&] { return outcome.has_value(); }));
    CHECK(outcome->failure.error == net::errc::cancelled);
    CHECK(outcome->status == 0);
}

TEST_CASE("a stream that this side closes ends the reading")
{
    Loop loop(system_clock());
    auto [stream, peer] = stream_and_raw(loop);
    RequestOutcome outcome;
    start(stream, outcome);
    run_until(loop, [&own = stream] { return own->reading(); });
    stream->abort();
    REQUIRE(run_until(loop, [&] { return outcome.has_value(); }));
    CHECK(outcome->failure.error == net::errc::closed);
}

TEST_CASE("responses that only announce others are passed over")
{
    Loop loop(system_clock());
    auto [stream, peer] = stream_and_raw(loop);
    peer.send(
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    const auto response = read_response(loop, stream);
    CHECK(response.message.head.result_int() == 200);
    CHECK(response.message.head.count("Link") == 0);
    CHECK(response.message.body == "ok");
}

TEST_CASE("switching protocols is an answer, and what follows it stays")
{
    Loop loop(system_clock());
    auto [stream, peer] = stream_and_raw(loop);
    peer.send("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n\x81\x02hi");
    CHECK(read_response(loop, stream).message.head.result_int() == 101);
    CHECK(read(*stream, exactly(4)).data == "\x81\x02hi");
}

TEST_CASE("the time for a response is for all of it, however many announce it")
{
    Loop loop(virtual_clock());
    auto [stream, raw] = stream_and_raw(loop);
    const RawSocket& peer = raw;
    loop::Timer timer(loop);
    std::function<void()> announce = [&] {
        peer.send("HTTP/1.1 102 Processing\r\n\r\n");
        timer.expires_after(1s, [&] { announce(); });
    };
    announce();
    http::ResponseOptions options;
    options.timeout = 5s;
    const auto begin = loop.now();
    ResponseOutcome outcome;
    observe::TimePoint ended;
    http::async_read_response(stream, options, [&](http::Read<false> read) {
        outcome = std::move(read);
        ended = loop.now();
    });
    REQUIRE(run_until(loop, [&] { return outcome.has_value(); }));
    CHECK(outcome->failure.error == net::errc::timeout);
    CHECK(ended - begin == 5s);
}
