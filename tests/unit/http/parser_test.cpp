#include "host/http/parser.hpp"

#include "host/net/error.hpp"

#include <boost/beast/http/fields.hpp>
#include <catch2/catch.hpp>

#include <algorithm>
#include <initializer_list>
#include <random>
#include <string>
#include <string_view>
#include <vector>

using namespace moonwire::http;
using namespace std::string_view_literals;
using Catch::Matchers::Contains;
namespace net = moonwire::net;

namespace {

constexpr const char* get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

unsigned status_of(const std::string& text, const Limits& limits = {})
{
    RequestParser parser(limits);
    parser.feed(text);
    return parser.problem() != nullptr ? parser.problem()->status : 0;
}

std::string post(const std::string& fields, const std::string& body = {})
{
    return "POST /x HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n" + body;
}

/// Feeds pieces of `size` bytes; the message's body, or the problem.
template <bool is_request>
std::string body_of(const std::string& text, std::size_t size, bool end = false)
{
    Parser<is_request> parser(Limits{});
    for (std::size_t at = 0; at < text.size() && !parser.done() && parser.problem() == nullptr; at += size) {
        parser.feed(std::string_view(text).substr(at, size));
    }
    if (end && !parser.done()) {
        parser.end();
    }
    if (parser.problem() != nullptr) {
        return "PROBLEM: " + parser.problem()->why;
    }
    return parser.done() ? parser.message().body : "NOT DONE";
}

}  // namespace

TEST_CASE("a request is taken apart, whatever pieces it comes in")
{
    const std::string text =
        "PUT /a?b=1 HTTP/1.1\r\nHost: h\r\nX-Two: 1\r\nx-two: 2\r\nContent-Length: 5\r\n\r\nhelloGET";
    for (const std::size_t size : {std::size_t{1}, std::size_t{3}, std::size_t{20}, text.size()}) {
        CAPTURE(size);
        RequestParser parser(Limits{});
        std::string left;
        for (std::size_t at = 0; at < text.size() && !parser.done(); at += size) {
            left = parser.feed(std::string_view(text).substr(at, size));
            left += at + size < text.size() ? text.substr(at + size) : "";
        }
        REQUIRE(parser.done());
        const Request& request = parser.message();
        CHECK(request.head.method() == beast::verb::put);
        CHECK(request.head.target() == "/a?b=1");
        CHECK(request.head["x-two"] == "1");
        CHECK(request.head.count("X-Two") == 2);
        CHECK(request.body == "hello");
        CHECK(request.keep_alive);
        CHECK(left == "GET");
    }
}

TEST_CASE("bodies in chunks, in pieces of any size, without their extensions and trailers")
{
    const std::string text =
        post("Transfer-Encoding: chunked\r\n",
             "5;name=value\r\nhello\r\n1\r\n \r\nA\r\nbeautiful \r\n5\r\nworld\r\n0\r\nHost: evil\r\n\r\n");
    for (const std::size_t size : std::initializer_list<std::size_t>{1, 2, 7, 1000}) {
        CHECK(body_of<true>(text, size) == "hello beautiful world");
    }
    RequestParser parser(Limits{});
    parser.feed(text);
    CHECK(parser.message().head.count("Host") == 1);
    CHECK(parser.message().head["Host"] == "h");
}

TEST_CASE("empty lines before a request are passed over")
{
    for (const std::size_t size : std::initializer_list<std::size_t>{1, 3, 100}) {
        CHECK(body_of<true>("\r\n\r\n" + std::string(get), size) == "");
    }
}

TEST_CASE("whether the client goes on is as its version and the field Connection say")
{
    const auto goes_on = [](const std::string& text) {
        RequestParser parser(Limits{});
        parser.feed(text);
        REQUIRE(parser.done());
        return parser.message().keep_alive;
    };
    CHECK(goes_on(get));
    CHECK(goes_on("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
    CHECK_FALSE(goes_on("GET / HTTP/1.1\r\nHost: h\r\nConnection: Close\r\n\r\n"));
    CHECK_FALSE(goes_on("GET / HTTP/1.0\r\n\r\n"));
}

TEST_CASE("what is wrong with a request decides the status")
{
    CHECK(status_of(get) == 0);
    CHECK(status_of("hello\r\n\r\n") == 400);
    CHECK(status_of("\x16\x03\x01\x02") == 400);
    CHECK(status_of("GET /\r\n\r\n") == 400);
    CHECK(status_of("GET / FTP/1.1\r\n\r\n") == 400);
    CHECK(status_of("GET /a b HTTP/1.1\r\nHost: h\r\n\r\n") == 400);
    CHECK(status_of("G@T / HTTP/1.1\r\nHost: h\r\n\r\n") == 400);
    CHECK(status_of("GET / HTTP/2.0\r\nHost: h\r\n\r\n") == 505);
    CHECK(status_of("GET / HTTP/0.9\r\n\r\n") == 505);
    CHECK(status_of("GET / HTTP/1.1\r\n\r\n") == 400);                        // no Host
    CHECK(status_of("GET / HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n") == 400);  // two
    CHECK(status_of("GET / HTTP/1.1\nHost: h\n\n" + std::string(99, ' ')) == 400);
    CHECK(status_of("GET / HTTP/1.1\r\nHost : h\r\n\r\n") == 400);
    CHECK(status_of("GET / HTTP/1.1\r\nHost: h\r\nno colon\r\n\r\n") == 400);
    CHECK(status_of(std::string("GET / HTTP/1.1\r\nHost: h\0\r\n\r\n", 28)) == 400);
    CHECK(status_of(post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n")) == 400);
    CHECK(status_of(post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n")) == 400);
    CHECK(status_of(post("Content-Length: 5\r\nTransfer-Encoding: gzip\r\n")) == 400);
    CHECK(status_of(post("Content-Length: 5\r\nContent-Length: 6\r\n")) == 400);
    CHECK(status_of(post("Content-Length: -5\r\n")) == 400);
    CHECK(status_of(post("Content-Length: 5x\r\n")) == 400);
    CHECK(status_of(post("Content-Length: 99999999999999999999\r\n")) == 400);
    CHECK(status_of(post("Transfer-Encoding: gzip\r\n")) == 501);
    CHECK(status_of(post("Transfer-Encoding: gzip, chunked\r\n")) == 501);
    CHECK(status_of(post("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n")) == 501);
    CHECK(status_of(post("Transfer-Encoding: xchunked\r\n")) == 501);
    CHECK(status_of("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n") == 400);
    CHECK(status_of(post("Transfer-Encoding: chunked\r\n", "x\r\n")) == 400);
    CHECK(status_of(post("Transfer-Encoding: chunked\r\n", "-1\r\n")) == 400);
    CHECK(status_of(post("Transfer-Encoding: chunked\r\n", "10000000000000000\r\n")) == 400);
    CHECK(status_of(post("Transfer-Encoding: chunked\r\n", "1\r\nab\r\n0\r\n\r\n")) == 400);
    CHECK(status_of(post("Expect: a miracle\r\nContent-Length: 5\r\n")) == 417);
}

TEST_CASE("heads and bodies have limits")
{
    const Limits limits{200, 10};
    const std::string field = "X: " + std::string(50, 'x') + "\r\n";
    CHECK(status_of("GET /" + std::string(100, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n", limits) == 0);
    CHECK(status_of("GET /" + std::string(300, 'a'), limits) == 414);
    CHECK(status_of("GET /" + std::string(300, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n", limits) != 0);
    CHECK(status_of("GET / HTTP/1.1\r\nHost: h\r\n" + field + field + field + field, limits) == 431);
    CHECK(status_of(post("Content-Length: 10\r\n"), limits) == 0);
    CHECK(status_of(post("Content-Length: 11\r\n"), limits) == 413);  // before any of it was sent
    const std::string chunked = "Transfer-Encoding: chunked\r\n";
    CHECK(status_of(post(chunked, "a\r\n0123456789\r\n0\r\n\r\n"), limits) == 0);
    CHECK(status_of(post(chunked, "b\r\n"), limits) == 413);
    CHECK(status_of(post(chunked, "6\r\n012345\r\n5\r\n"), limits) == 413);
    CHECK(status_of(post(chunked, "5;" + std::string(300, 'x')), limits) == 400);
    CHECK(status_of(post(chunked, "0\r\n" + field + field + field + field), limits) == 400);
}

TEST_CASE("a limit is reached in small pieces, too")
{
    RequestParser parser(Limits{200, 10});
    const std::string start = "GET / HTTP/1.1\r\nHost: h\r\nX: ";
    std::size_t fed = 0;
    while (parser.problem() == nullptr && fed < 1000) {
        const char byte = fed < start.size() ? start[fed] : 'x';
        parser.feed({&byte, 1});
        ++fed;
    }
    REQUIRE(parser.problem() != nullptr);
    CHECK(parser.problem()->status == 431);
    CHECK(parser.problem()->error == net::errc::too_long);
    CHECK(fed < 300);
}

TEST_CASE("a client that waits for a word before it sends its body is known")
{
    RequestParser parser(Limits{});
    parser.feed(post("Expect: 100-Continue\r\nContent-Length: 5\r\n"));
    CHECK(parser.head_done());
    CHECK_FALSE(parser.done());
    CHECK(parser.expects_continue());
}

TEST_CASE("responses in each of their forms, in pieces of any size")
{
    const std::string ok = "HTTP/1.1 200 OK\r\n";
    for (const std::size_t size : std::initializer_list<std::size_t>{1, 5, 1000}) {
        CAPTURE(size);
        CHECK(body_of<false>(ok + "Content-Length: 3\r\n\r\nabc", size) == "abc");
        CHECK(body_of<false>(ok + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", size) == "abc");
        CHECK(body_of<false>(ok + "\r\nto the end", size) == "NOT DONE");
        CHECK(body_of<false>(ok + "\r\nto the end", size, true) == "to the end");
        CHECK(body_of<false>("HTTP/1.1 204 No Content\r\nContent-Length: 3\r\n\r\n", size) == "");
        CHECK(body_of<false>("HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n", size) == "");
        CHECK_THAT(body_of<false>(ok + "Content-Length: 3\r\n\r\nab", size, true), Contains("in the middle"));
        CHECK_THAT(body_of<false>(ok + "Transfer-Encoding: chunked\r\n\r\n3\r\nab", size, true),
                   Contains("in the middle"));
        CHECK_THAT(body_of<false>("HTTP/1.1 200", size, true), Contains("in the middle"));
        CHECK_THAT(body_of<false>(ok + "Transfer-Encoding: br\r\n\r\n", size), Contains("transfer coding"));
    }
}

TEST_CASE("what is no response is known by its first bytes")
{
    CHECK_THAT(body_of<false>("SSH-2.0-OpenSSH_9.2\r\n", 1000), Contains("bad version"));
    CHECK_THAT(body_of<false>("HTTP/1.1 OK\r\n\r\n", 1000), Contains("bad status"));
}

TEST_CASE("a response to HEAD has no body")
{
    ResponseParser parser(Limits{});
    parser.no_body();
    const std::string_view left = parser.feed("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nHTTP/1.1");
    CHECK(parser.done());
    CHECK(left == "HTTP/1.1");
    CHECK(parser.message().keep_alive);
}

TEST_CASE("the body of a response that ends with the connection has its limit")
{
    ResponseParser parser(Limits{1000, 10});
    parser.feed("HTTP/1.1 200 OK\r\n\r\n01234");
    CHECK(parser.problem() == nullptr);
    parser.feed("0123456");
    REQUIRE(parser.problem() != nullptr);
    CHECK(parser.problem()->error == net::errc::too_long);
}

TEST_CASE("whatever comes, in whatever pieces, is read in one way")
{
    const std::vector<std::string> texts{
        "PUT /a?b=1 HTTP/1.1\r\nHost: h\r\nX: 1\r\nContent-Length: 5\r\n\r\nhelloGET / HTTP/1.1\r\n",
        "\r\nPOST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5;a=\"b\"\r\nhello\r\n0\r\nX: "
        "y\r\n\r\nmore",
        "GET http://h/ HTTP/1.0\r\nX: folded\r\n to here\r\nConnection: keep-alive\r\n\r\n",
    };
    std::mt19937 random(GENERATE(1U, 2U, 3U, 4U));
    const auto below = [&random](std::size_t limit) { return random() % limit; };
    for (int round = 0; round < 500; ++round) {
        std::string text = texts[below(texts.size())];
        for (std::size_t changes = below(4); changes > 0; --changes) {
            constexpr std::string_view likely = "\r\n \t:;,0123456789aAfFxX\0\xff"sv;
            const std::size_t at = below(text.size());
            switch (below(3)) {
            case 0:
                text[at] = likely[below(likely.size())];
                break;
            case 1:
                text.insert(at, 1, likely[below(likely.size())]);
                break;
            default:
                text.erase(at, 1 + below(3));
            }
        }
        CAPTURE(text);
        RequestParser whole(Limits{});
        const std::size_t left = whole.feed(text).size();
        RequestParser pieces(Limits{});
        std::size_t fed = 0;
        std::size_t left_of_piece = 0;
        while (fed < text.size() && !pieces.done() && pieces.problem() == nullptr) {
            const std::size_t size = std::min(1 + below(8), text.size() - fed);
            left_of_piece = pieces.feed(std::string_view(text).substr(fed, size)).size();
            fed += size;
        }
        REQUIRE(pieces.done() == whole.done());
        if (whole.done()) {
            REQUIRE(pieces.message().body == whole.message().body);
            REQUIRE(pieces.message().head.target() == whole.message().head.target());
            REQUIRE(text.size() - fed + left_of_piece == left);
        } else if (pieces.problem() != nullptr) {
            REQUIRE(whole.problem() != nullptr);
        }
    }
}
