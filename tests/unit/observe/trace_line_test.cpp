#include "host/observe/trace_line.hpp"

#include <catch2/catch.hpp>

#include <cerrno>
#include <string>

using namespace moonwire::observe;
using Catch::Matchers::Contains;
using namespace std::chrono_literals;

namespace {

Address address(std::uint16_t port, bool v6 = false)
{
    Address result;
    result.version = v6 ? 6 : 4;
    result.bytes = v6 ? std::array<std::uint8_t, 16>{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}
                      : std::array<std::uint8_t, 16>{127, 0, 0, 1};
    result.port = port;
    return result;
}

constexpr TimePoint start{5s};

std::string line(const Event& event, bool colours = false)
{
    std::string out;
    TraceText(colours).append(out, event, start);
    return out;
}

std::string json(const Event& event)
{
    std::string out;
    append_json_line(out, event, start);
    return out;
}

}  // namespace

TEST_CASE("trace: a line for people says when, who, which, whither, what")
{
    CHECK(line({.kind = Kind::sent,
                .layer = Layer::tcp,
                .direction = Direction::out,
                .object = 3,
                .time = start + 1234000ns,
                .size = 6,
                .content = "hello\n",
                .role = "client"}) == "  0.001234 client tcp 3  → 6 bytes \"hello\\n\"\n");
    CHECK(line({.kind = Kind::received,
                .layer = Layer::udp,
                .direction = Direction::in,
                .object = 12,
                .time = start + 2s,
                .size = 1,
                .remote = address(5004, true),
                .content = "\x01"}) == "  2.000000 udp 12 ← 1 byte from [::1]:5004 \"\\x01\"\n");
    CHECK(line({.kind = Kind::listening, .layer = Layer::tcp, .object = 1, .time = start, .local = address(80)}) ==
          "  0.000000 tcp 1    listens on 127.0.0.1:80\n");
}

TEST_CASE("trace: lines stand one below the other")
{
    TraceText text(false);
    std::string out;
    text.append(out, {.kind = Kind::closed, .layer = Layer::tcp, .object = 1, .time = start, .role = "pmu"}, start);
    text.append(out, {.kind = Kind::closed, .layer = Layer::websocket, .object = 123, .time = start, .role = "browser"},
                start);
    out.clear();
    text.append(out, {.kind = Kind::closed, .layer = Layer::tcp, .object = 1, .time = start, .role = "pmu"}, start);
    text.append(out, {.kind = Kind::closed, .layer = Layer::tcp, .object = 2, .time = start}, start);
    CHECK(out ==
          "  0.000000 pmu     tcp 1    closed\n"
          "  0.000000         tcp 2    closed\n");
}

TEST_CASE("trace: what is long is cut, and said to be")
{
    const std::string long_text(100, 'x');
    const std::string out = line({.kind = Kind::sent, .layer = Layer::tcp, .size = 100, .content = long_text});
    CHECK_THAT(out, Contains("100 bytes \"" + std::string(64, 'x') + "\"…\n"));
    CHECK_THAT(line({.kind = Kind::sent, .layer = Layer::tcp, .size = 64, .content = std::string(64, 'x')}),
               Contains("x\"\n"));
    // Only the beginning was there to be looked at.
    CHECK_THAT(line({.kind = Kind::sent, .layer = Layer::tcp, .size = 9000, .content = "begin"}),
               Contains("9000 bytes \"begin\"…\n"));
}

TEST_CASE("trace: names that peers and scripts have chosen cannot paint the terminal")
{
    CHECK_THAT(line({.kind = Kind::ended,
                     .layer = Layer::websocket,
                     .direction = Direction::in,
                     .text = "1000 \x1b[2J",
                     .role = "a\nb"}),
               Contains(R"(a\nb)") && Contains(R"(the peer sends no more: 1000 \x1b[2J)"));
    CHECK_THAT(line({.kind = Kind::resolving, .layer = Layer::dns, .text = "x\x07"}), Contains(R"(looks up x\x07)"));
}

TEST_CASE("trace: every kind has words of its own")
{
    std::string seen;
    for (int kind = 0; kind < static_cast<int>(Kind::secret); ++kind) {
        Event event{.kind = static_cast<Kind>(kind), .layer = Layer::tcp, .object = 1};
        event.local = address(1);
        event.remote = address(2);
        event.text = event.kind == Kind::sent || event.kind == Kind::received ? "" : "T";
        event.direction = kind % 2 == 0 ? Direction::in : Direction::out;
        const std::string out = line(event);
        INFO(out);
        CHECK(out.size() > 24);
        CHECK(seen.find(out.substr(10)) == std::string::npos);
        seen += out;
    }
    const auto closed = [](Cause cause) { return line({.kind = Kind::closed, .layer = Layer::tcp, .cause = cause}); };
    CHECK_THAT(closed(Cause::us), Contains(" closed\n"));
    CHECK_THAT(closed(Cause::peer), Contains("closed by the peer\n"));
    CHECK_THAT(closed(Cause::reset), Contains("reset by the peer\n"));
    CHECK_THAT(closed(Cause::timeout), Contains("nothing came in time\n"));
    CHECK_THAT(closed(Cause::error), Contains("closed: an error\n"));
    CHECK_THAT(line({.kind = Kind::call, .layer = Layer::tcp, .error = EAGAIN, .result = -1, .text = "recv"}),
               Contains("recv = -1 EAGAIN\n"));
}

TEST_CASE("trace: colours only where they are asked for")
{
    const Event event{.kind = Kind::failed, .layer = Layer::tcp, .text = "connection refused", .role = "client"};
    CHECK(line(event).find('\x1b') == std::string::npos);
    CHECK_THAT(line(event, true), Contains("\x1b[31mconnection refused\x1b[0m"));
}

TEST_CASE("trace: a line of JSON has what the event has")
{
    CHECK(json({.kind = Kind::received,
                .layer = Layer::tcp,
                .direction = Direction::in,
                .object = 4,
                .owner = 2,
                .time = start + 1001000005ns,
                .size = 5,
                .local = address(5003),
                .remote = address(40000, true),
                .content = "hello",
                .role = "server"}) ==
          R"({"time":1.001000005,"role":"server","object":4,"owner":2,"layer":"tcp","event":"received",)"
          R"("direction":"in","local":"127.0.0.1:5003","remote":"[::1]:40000","size":5,"content":"hello"})"
          "\n");
    CHECK(
        json({.kind = Kind::call, .layer = Layer::udp, .error = EAGAIN, .object = 1, .result = -1, .text = "sendto"}) ==
        R"({"time":0.000000000,"object":1,"layer":"udp","event":"call","call":"sendto","result":-1,"error":"EAGAIN"})"
        "\n");
    CHECK(json({.kind = Kind::closed, .layer = Layer::tcp, .cause = Cause::reset, .object = 1, .time = start}) ==
          R"({"time":0.000000000,"object":1,"layer":"tcp","event":"closed","cause":"reset"})"
          "\n");
    CHECK_THAT(json({.kind = Kind::sent, .layer = Layer::udp, .size = 0}), Contains(R"("size":0)"));
}

TEST_CASE("trace: JSON of content that is no text, or long")
{
    CHECK_THAT(json({.kind = Kind::sent, .layer = Layer::tcp, .size = 2, .content = "\xff\x01"}),
               Contains(R"("hex":"ff01"})"));
    const std::string long_text(1000, 'x');
    CHECK_THAT(json({.kind = Kind::sent, .layer = Layer::tcp, .size = 1000, .content = long_text}),
               Contains(":\"" + std::string(256, 'x') + "\"}"));
    // A character that the cut would split is left out; a text stays a text.
    for (std::size_t before = 253; before < 256; ++before) {
        const std::string text = std::string(before, 'x') + "🌙🌙";
        CHECK_THAT(json({.kind = Kind::sent, .layer = Layer::tcp, .size = text.size(), .content = text}),
                   Contains(":\"" + std::string(before, 'x') + "\"}"));
    }
    const std::string bytes(1000, '\xfe');
    CHECK_THAT(json({.kind = Kind::sent, .layer = Layer::tcp, .size = 1000, .content = bytes}),
               Contains("\"hex\":\"fefe") && !Contains("content"));
    CHECK_THAT(json({.kind = Kind::ended, .layer = Layer::websocket, .text = "1000 \xff"}),
               Contains("\"text\":\"1000 \xef\xbf\xbd\""));
}
