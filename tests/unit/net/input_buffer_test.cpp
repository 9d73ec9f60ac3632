#include "host/net/input_buffer.hpp"

#include "tests/unit/net/support.hpp"

#include <boost/asio/error.hpp>

#include <chrono>
#include <string>
#include <vector>

using namespace moonwire::net;
using namespace moonwire::test;

namespace {

struct Outcome {
    bool satisfied = false;
    error_code error;
    std::string data;
    std::string left;  // what the next reads get
};

Outcome outcome_of(InputBuffer& buffer, const std::optional<ReadResult>& result)
{
    Outcome outcome;
    if (result) {
        outcome.satisfied = true;
        outcome.error = result->error;
        outcome.data = result->data;
    }
    if (const auto rest = buffer.match({Kind::some, 1 << 20, {}}); rest && !rest->error) {
        outcome.left = rest->data;
    }
    return outcome;
}

/// Feeds `pieces` as a stream does: what arrives at an empty buffer is searched where it lies.
Outcome feed(const ReadRequest& request, const std::vector<std::string>& pieces, const error_code& end = {})
{
    InputBuffer buffer;
    std::optional<ReadResult> result = buffer.match(request);
    std::size_t next = 0;
    while (!result && next < pieces.size()) {
        if (buffer.empty()) {
            result = buffer.match_arrived(request, pieces[next]);
        } else {
            buffer.append(pieces[next]);
            result = buffer.match(request);
        }
        ++next;
    }
    if (!result && end) {
        buffer.end(end);
        result = buffer.match(request);
    }
    Outcome outcome;
    if (result) {
        outcome = {true, result->error, std::string(result->data), {}};
    }
    for (; next < pieces.size(); ++next) {
        buffer.append(pieces[next]);
    }
    outcome.left = outcome_of(buffer, std::nullopt).left;
    return outcome;
}

/// All ways to cut a text in three.
template <class Check>
void for_every_split(const std::string& text, Check check)
{
    for (std::size_t first = 0; first <= text.size(); ++first) {
        for (std::size_t second = first; second <= text.size(); ++second) {
            INFO("cut at " << first << " and " << second);
            std::vector<std::string> pieces;
            for (const auto& piece : {text.substr(0, first), text.substr(first, second - first), text.substr(second)}) {
                if (!piece.empty()) {
                    pieces.push_back(piece);
                }
            }
            check(pieces);
        }
    }
}

}  // namespace

TEST_CASE("a read of some bytes takes what is there")
{
    InputBuffer buffer;
    CHECK_FALSE(buffer.match(some()));
    buffer.append("hello");
    CHECK(buffer.match(some(2))->data == "he");
    CHECK(buffer.match(some(100))->data == "llo");
    CHECK_FALSE(buffer.match(some()));
    CHECK(buffer.empty());
}

TEST_CASE("a read of a number of bytes is satisfied however they arrive")
{
    for_every_split("abcdefgh", [](const auto& pieces) {
        const Outcome outcome = feed(exactly(5), pieces);
        CHECK(outcome.satisfied);
        CHECK_FALSE(outcome.error);
        CHECK(outcome.data == "abcde");
        CHECK(outcome.left == "fgh");
    });
    CHECK(feed(exactly(0), {}).satisfied);
}

TEST_CASE("a delimiter is found wherever it is cut")
{
    for_every_split("key: value\r\n\r\nrest", [](const auto& pieces) {
        const Outcome outcome = feed(until("\r\n\r\n"), pieces);
        CHECK(outcome.data == "key: value");
        CHECK(outcome.left == "rest");
    });
    SECTION("also one that begins like what comes before it")
    {
        for_every_split("aaab|", [](const auto& pieces) {
            const Outcome outcome = feed(until("aab"), pieces);
            CHECK(outcome.data == "a");
            CHECK(outcome.left == "|");
        });
    }
    SECTION("also at the very beginning")
    {
        for_every_split("--x", [](const auto& pieces) {
            const Outcome outcome = feed(until("--"), pieces);
            CHECK(outcome.satisfied);
            CHECK(outcome.data.empty());
            CHECK(outcome.left == "x");
        });
    }
}

TEST_CASE("a line ends with LF or CRLF, wherever it is cut")
{
    for_every_split("one\r\ntwo", [](const auto& pieces) {
        const Outcome outcome = feed(line(), pieces);
        CHECK(outcome.data == "one");
        CHECK(outcome.left == "two");
    });
    for_every_split("one\ntwo", [](const auto& pieces) { CHECK(feed(line(), pieces).data == "one"); });
    for_every_split("a\rb\r\r\n", [](const auto& pieces) {
        CHECK(feed(line(), pieces).data == "a\rb\r");  // only the last CR belongs to the ending
    });
    CHECK(feed(line(), {"\n"}).satisfied);
    CHECK(feed(line(), {"\r\n"}).data.empty());
}

TEST_CASE("several lines of one segment are handed out one by one")
{
    InputBuffer buffer;
    CHECK(buffer.match_arrived(line(), "1\n22\r\n\n333\n44")->data == "1");
    CHECK(buffer.match(line())->data == "22");
    CHECK(buffer.match(line())->data.empty());
    CHECK(buffer.match(line())->data == "333");
    CHECK_FALSE(buffer.match(line()));
    buffer.append("4\n");
    CHECK(buffer.match(line())->data == "444");
}

TEST_CASE("the limit counts what comes before the delimiter, wherever the data is cut")
{
    for_every_split("12345;;rest", [](const auto& pieces) {
        CHECK(feed(until(";;", 5), pieces).data == "12345");
        const Outcome outcome = feed(until(";;", 4), pieces);
        CHECK(outcome.satisfied);
        CHECK(outcome.error == errc::too_long);
        CHECK(outcome.left == "12345;;rest");  // stays for a read with a larger limit
    });
    for_every_split("12345\r\nrest", [](const auto& pieces) {
        CHECK(feed(line(5), pieces).data == "12345");
        const Outcome outcome = feed(line(4), pieces);
        CHECK(outcome.error == errc::too_long);
        CHECK(outcome.left == "12345\r\nrest");
    });
    CHECK(feed(line(5), {"12345\n"}).data == "12345");
    CHECK(feed(line(5), {"123456\n"}).error == errc::too_long);
    CHECK(feed(until(";", 0), {";"}).satisfied);
}

TEST_CASE("a limit is noticed without the delimiter")
{
    InputBuffer buffer;
    const ReadRequest request = until("\r\n", 10);
    CHECK_FALSE(buffer.match_arrived(request, "0123456789"));
    buffer.append("\r");
    CHECK_FALSE(buffer.match(request));
    buffer.append("x");
    CHECK(buffer.match(request)->error == errc::too_long);
}

TEST_CASE("no limit is a limit, too")
{
    CHECK(feed(line(SIZE_MAX), {"one\r\n"}).data == "one");
    CHECK(feed(until("\n", SIZE_MAX), {"one\n"}).data == "one");
}

TEST_CASE("everything is read when the stream has ended")
{
    for_every_split("abc", [](const auto& pieces) {
        const Outcome outcome = feed(all(), pieces, errc::closed);
        CHECK_FALSE(outcome.error);
        CHECK(outcome.data == "abc");
    });
    CHECK_FALSE(feed(all(), {"abc"}).satisfied);
    CHECK(feed(all(2), {"abc"}).error == errc::too_long);
    CHECK(feed(all(3), {"abc"}, errc::closed).data == "abc");
    const Outcome broken = feed(all(), {"abc"}, boost::asio::error::connection_reset);
    CHECK(broken.error == boost::asio::error::connection_reset);
    CHECK(broken.data == "abc");
    CHECK_FALSE(feed(all(), {}, errc::closed).error);
}

TEST_CASE("an incomplete read gives what had arrived when the stream ends")
{
    for (const auto& request : {exactly(10), until(";")}) {
        const Outcome outcome = feed(request, {"ab", "c"}, errc::closed);
        CHECK(outcome.error == errc::closed);
        CHECK(outcome.data == "abc");
        CHECK(outcome.left.empty());
    }
    const Outcome reset = feed(line(), {"abc"}, boost::asio::error::connection_reset);
    CHECK(reset.error == boost::asio::error::connection_reset);
    CHECK(reset.data == "abc");
}

TEST_CASE("the last line need not be ended")
{
    InputBuffer buffer;
    buffer.append("one\ntwo");
    buffer.end(errc::closed);
    CHECK(buffer.match(line())->data == "one");
    const auto last = buffer.match(line());
    REQUIRE(last);
    CHECK_FALSE(last->error);
    CHECK(last->data == "two");
    CHECK(buffer.match(line())->error == errc::closed);
    CHECK(buffer.match(line())->error == errc::closed);
}

TEST_CASE("what had arrived before the end is still read in order")
{
    InputBuffer buffer;
    buffer.append("abcdef");
    buffer.end(errc::closed);
    CHECK(buffer.match(exactly(2))->data == "ab");
    CHECK(buffer.match(some(3))->data == "cde");
    const auto partial = buffer.match(exactly(2));
    CHECK(partial->error == errc::closed);
    CHECK(partial->data == "f");
    CHECK(buffer.match(some())->error == errc::closed);
}

TEST_CASE("a search that was given up leaves no trace")
{
    InputBuffer buffer;
    buffer.append("a;b");
    CHECK_FALSE(buffer.match(until("\n")));
    buffer.forget_search();
    CHECK(buffer.match(until(";"))->data == "a");
    CHECK(buffer.match(some())->data == "b");
}

TEST_CASE("bytes are searched once, however many pieces they arrive in")
{
    // Twice the pieces would take four times as long if each began at the front again: 3e10 comparisons for these.
    InputBuffer buffer;
    const ReadRequest request = until("\r\n", std::size_t{16} << 20);
    const std::string piece(64, 'x');
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < 100'000; ++i) {
        buffer.append(piece);
        REQUIRE_FALSE(buffer.match(request).has_value());
    }
    buffer.append("\r\n");
    CHECK(buffer.match(request)->data.size() == 6'400'000);
    CHECK(std::chrono::steady_clock::now() - start < 5s);
}

TEST_CASE("taking small reads out of a large buffer does not move the rest each time")
{
    InputBuffer buffer;
    buffer.append(std::string(8 << 20, 'x'));
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < 100'000; ++i) {
        buffer.append("y");
        REQUIRE(buffer.match(exactly(64)).has_value());
    }
    CHECK(buffer.size() == (8 << 20) - 100'000 * 63);
    CHECK(std::chrono::steady_clock::now() - start < 5s);
}

TEST_CASE("what was read too far is put back and found again")
{
    InputBuffer buffer;
    buffer.append("GET /|rest and more");
    const auto first = buffer.match({Kind::some, 10, {}});
    REQUIRE(first->data == "GET /|rest");
    buffer.put_back(first->data.substr(6));  // lies in the buffer
    CHECK(buffer.size() == 13);
    CHECK(outcome_of(buffer, buffer.match({Kind::exactly, 4, {}})).data == "rest");
}

TEST_CASE("what was never in the buffer is put back before what is")
{
    InputBuffer buffer;
    const std::string arrived = "GET /|rest and more";
    const auto first = buffer.match_arrived({Kind::some, 10, {}}, arrived);
    REQUIRE(first->data == "GET /|rest");
    buffer.put_back(first->data.substr(6));  // lies where it has arrived
    const Outcome outcome = outcome_of(buffer, buffer.match({Kind::some, 100, {}}));
    CHECK(outcome.data == "rest and more");

    buffer.append("x");
    buffer.end(errc::closed);
    buffer.put_back("all");
    CHECK(outcome_of(buffer, buffer.match({Kind::all, 100, {}})).data == "allx");
}

TEST_CASE("nothing can be put back, too")
{
    InputBuffer buffer;
    buffer.put_back({});
    CHECK(buffer.empty());
}

TEST_CASE("a search begins anew after bytes were put back")
{
    InputBuffer buffer;
    buffer.append("abc\n");
    const std::string first(buffer.match({Kind::exactly, 4, {}})->data);
    buffer.append("more");
    REQUIRE_FALSE(buffer.match({Kind::line, 100, {}}));
    buffer.put_back(first);
    CHECK(outcome_of(buffer, buffer.match({Kind::line, 100, {}})).data == "abc");
}
