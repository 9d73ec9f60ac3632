// How a server of moonwire.ws answers the cases of the Autobahn test suite for WebSocket, which is the usual one: its
// sections 1 to 7 and 9, as data. The client makes every frame by hand.
#include "tests/interop/ws_conformance.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace moonwire::test;

namespace {

/// How what is sent is cut: all at once, or in pieces of so many bytes.
enum Cut : std::size_t { whole = 0, octets = 1, chops = 997 };

/// Sends frames and then, unless they have ended the connection, a close frame; returns all that the server sends.
std::vector<WireFrame> played(const std::vector<WireFrame>& frames, Cut cut, bool ends)
{
    WebSocketClient client(echo_server().port);
    std::string bytes;
    for (const WireFrame& each : frames) {
        bytes += wire_from(Role::client, each.opcode, each.payload, each.fin, each.reserved);
    }
    if (!ends) {
        bytes += wire_from(Role::client, closing, close_payload(1000));
    }
    for (std::size_t at = 0; at < bytes.size(); at += cut == whole ? bytes.size() : cut) {
        client.socket.send(std::string_view(bytes).substr(at, cut == whole ? bytes.npos : std::size_t{cut}));
    }
    return client.receive_all();
}

/// The connection lives on: the server answers with `answers`, and with the close frame's echo.
void check_answers(const std::string& name, const std::vector<WireFrame>& frames, std::vector<WireFrame> answers,
                   Cut cut = whole)
{
    INFO(name);
    answers.push_back(frame(closing, close_payload(1000)));
    CHECK(played(frames, cut, false) == answers);
}

void check_echo(const std::string& name, const std::vector<WireFrame>& frames, Cut cut = whole)
{
    std::string payload;
    for (const WireFrame& each : frames) {
        payload += each.payload;
    }
    check_answers(name, frames, {frame(frames.front().opcode, payload)}, cut);
}

/// The server ends the connection with this code, after `answers`.
void check_failure(const std::string& name, const std::vector<WireFrame>& frames, unsigned code,
                   const std::vector<WireFrame>& answers = {}, Cut cut = whole)
{
    INFO(name);
    auto received = played(frames, cut, true);
    REQUIRE(!received.empty());
    const WireFrame last = received.back();
    received.pop_back();
    CHECK(received == answers);
    CHECK(last.opcode == closing);
    CHECK(last.payload.substr(0, 2) == close_payload(code));
}

const Cut cuts[] = {whole, octets};

}  // namespace

TEST_CASE("WebSocket conformance: 1, framing")
{
    for (const unsigned opcode : {text, binary}) {
        for (const std::size_t size : {0U, 125U, 126U, 127U, 128U, 65535U, 65536U}) {
            check_echo("1: " + std::to_string(size), {frame(opcode, std::string(size, '*'))});
        }
        check_echo("1.x.8", {frame(opcode, std::string(65536, '*'))}, chops);
    }
}

TEST_CASE("WebSocket conformance: 2, pings and pongs")
{
    const std::string bytes("\0\xff\xfe\xfd\xfc\xfb\0\xff", 8);
    check_answers("2.1", {frame(ping)}, {frame(pong)});
    check_answers("2.2", {frame(ping, "Hello, world!")}, {frame(pong, "Hello, world!")});
    check_answers("2.3", {frame(ping, bytes)}, {frame(pong, bytes)});
    for (const Cut cut : cuts) {
        check_answers("2.4, 2.6", {frame(ping, std::string(125, '\xfe'))}, {frame(pong, std::string(125, '\xfe'))},
                      cut);
    }
    check_failure("2.5", {frame(ping, std::string(126, '\xfe'))}, 1002);
    check_answers("2.7", {frame(pong)}, {});
    check_answers("2.8", {frame(pong, "unsolicited pong payload")}, {});
    check_answers("2.9", {frame(pong, "unsolicited"), frame(ping, "ping")}, {frame(pong, "ping")});
    std::vector<WireFrame> pings;
    std::vector<WireFrame> pongs;
    for (int i = 0; i < 10; ++i) {
        pings.push_back(frame(ping, "payload-" + std::to_string(i)));
        pongs.push_back(frame(pong, "payload-" + std::to_string(i)));
    }
    for (const Cut cut : cuts) {
        check_answers("2.10, 2.11", pings, pongs, cut);
    }
}

TEST_CASE("WebSocket conformance: 3, reserved bits")
{
    const WireFrame good = frame(text, "Hello, world!");
    for (unsigned bits = 1; bits <= 7; ++bits) {
        check_failure("3: alone", {frame(text, "Hello, world!", true, bits)}, 1002);
        for (const Cut cut : cuts) {
            check_failure("3: after a message", {good, frame(text, "Hello, world!", true, bits), frame(ping)}, 1002,
                          {good}, cut);
        }
        for (const unsigned opcode : {binary, ping, closing}) {
            check_failure("3: opcode", {frame(opcode, "", true, bits)}, 1002);
        }
    }
}

TEST_CASE("WebSocket conformance: 4, reserved opcodes")
{
    const WireFrame good = frame(text, "Hello, world!");
    for (const unsigned opcode : {3U, 4U, 5U, 6U, 7U, 11U, 12U, 13U, 14U, 15U}) {
        check_failure("4: empty", {frame(opcode)}, 1002);
        check_failure("4: with payload", {frame(opcode, "reserved opcode payload")}, 1002);
        for (const Cut cut : cuts) {
            check_failure("4: after a message", {good, frame(opcode), frame(ping)}, 1002, {good}, cut);
        }
    }
}

TEST_CASE("WebSocket conformance: 5, fragmentation")
{
    const std::vector<WireFrame> whole_message = {part(text, "fragment1"), frame(continuation, "fragment2")};
    const WireFrame message = frame(text, "fragment1fragment2");
    check_failure("5.1", {part(ping, "fragment1"), frame(continuation, "fragment2")}, 1002);
    check_failure("5.2", {part(pong, "fragment1"), frame(continuation, "fragment2")}, 1002);
    for (const Cut cut : {whole, octets, chops}) {
        check_echo("5.3 to 5.5", whole_message, cut);
        check_answers("5.6 to 5.8",
                      {part(text, "fragment1"), frame(ping, "ping payload"), frame(continuation, "fragment2")},
                      {frame(pong, "ping payload"), message}, cut);
        check_failure("5.9, 5.10", {frame(continuation, "non-continuation payload"), frame(text, "Hello, world!")},
                      1002, {}, cut);
        check_failure("5.12 to 5.14", {part(continuation, "non-continuation payload"), frame(text, "Hello, world!")},
                      1002, {}, cut);
        check_failure("5.16, 5.17",
                      {part(continuation, "fragment1"), part(text, "fragment2"), frame(continuation, "fragment3")},
                      1002, {}, cut);
        check_answers("5.19, 5.20",
                      {part(text, "fragment1"), part(continuation, "fragment2"), frame(ping, "pongme 1"),
                       part(continuation, "fragment3"), part(continuation, "fragment4"), frame(ping, "pongme 2"),
                       frame(continuation, "fragment5")},
                      {frame(pong, "pongme 1"), frame(pong, "pongme 2"),
                       frame(text, "fragment1fragment2fragment3fragment4fragment5")},
                      cut);
    }
    check_failure("5.15",
                  {part(text, "fragment1"), frame(continuation, "fragment2"), part(continuation, "fragment3"),
                   frame(text, "fragment4")},
                  1002, {message});
    check_failure("5.18", {part(text, "fragment1"), frame(text, "fragment2")}, 1002);
}

TEST_CASE("WebSocket conformance: 6, UTF-8")
{
    const std::string greek = "κόσμε";
    const std::string valid[] = {
        "",
        "Hello-µ@ßöäüàá-UTF-8!!",
        greek,
        std::string("\0", 1),
        "\x7f",
        "\xc2\x80",
        "\xdf\xbf",
        "\xe0\xa0\x80",
        "\xef\xbf\xbf",
        "\xed\x9f\xbf",
        "\xee\x80\x80",
        "\xef\xbf\xbd",
        "\xf0\x90\x80\x80",
        "\xf4\x8f\xbf\xbf",
        "\xef\xbf\xbe",
        "\xf0\x9f\xbf\xbf",
    };
    const std::string invalid[] = {
        greek + "\xed\xa0\x80" + "edited",
        greek + "\xf4\x90\x80\x80" + "edited",
        "\xf8\x88\x80\x80\x80",
        "\xfc\x84\x80\x80\x80\x80",
        "\xf7\xbf\xbf\xbf",
        "\xfb\xbf\xbf\xbf\xbf",
        "\x80",
        "\xbf",
        "\x80\xbf\x80\xbf",
        "\xc0 \xc1 \xc2 ",
        "\xe0 \xe1 ",
        "\xf0 \xf1 ",
        "\xc0",
        "\xe0\x80",
        "\xf0\x80\x80",
        "\xce",
        "\xef\xbf",
        "\xf7\xbf\xbf",
        "\xfe",
        "\xff",
        "\xfe\xfe\xff\xff",
        "\xc0\xaf",
        "\xe0\x80\xaf",
        "\xf0\x80\x80\xaf",
        "\xc1\xbf",
        "\xe0\x9f\xbf",
        "\xf0\x8f\xbf\xbf",
        "\xed\xa0\x80",
        "\xed\xaf\xbf",
        "\xed\xbf\xbf",
        "\xed\xa0\x80\xed\xb0\x80",
    };
    for (const Cut cut : cuts) {
        for (const std::string& each : valid) {
            check_echo("6: valid", {frame(text, each)}, cut);
        }
        for (const std::string& each : invalid) {
            check_failure("6: invalid", {frame(text, each)}, 1007, {}, cut);
        }
    }
    for (const std::string& each : invalid) {
        check_echo("6: binary may be anything", {frame(binary, each)});
    }
    // A fragment a byte.
    const auto fragments = [](const std::string& bytes) {
        std::vector<WireFrame> frames;
        for (std::size_t i = 0; i < bytes.size(); ++i) {
            frames.push_back(frame(i == 0 ? text : continuation, bytes.substr(i, 1), i + 1 == bytes.size()));
        }
        return frames;
    };
    check_echo("6.2.3, 6.2.4", fragments("Hello-µ@ßöäüàá-UTF-8!!" + greek));
    check_failure("6.3.2", fragments(greek + "\xed\xa0\x80" + "edited"), 1007);
    check_echo("6.1.2", {part(text, ""), part(continuation, ""), frame(continuation, "")});
    check_echo("6.1.3", {part(text, ""), part(continuation, "middle frame payload"), frame(continuation, "")});
    // What is wrong ends the connection although the message goes on (6.4).
    check_failure("6.4.1", {part(text, greek), part(continuation, "\xf4\x90\x80\x80")}, 1007);
    check_failure("6.4.2", {part(text, greek + "\xf4"), part(continuation, "\x90")}, 1007);
    WebSocketClient client(echo_server().port);
    const std::string bytes = wire_from(Role::client, text, greek + "\xf4\x90\x80\x80" + "edited");
    client.socket.send(std::string_view(bytes).substr(0, 6 + greek.size() + 2));
    CHECK(client.receive_all().back().payload.substr(0, 2) ==
          close_payload(1007));  // before the frame is whole (6.4.3)
}

TEST_CASE("WebSocket conformance: 7, closing")
{
    const WireFrame hello = frame(text, "Hello World!");
    const auto check_close = [](const std::string& name, const std::vector<WireFrame>& frames,
                                const std::vector<WireFrame>& answers) {
        INFO(name);
        CHECK(played(frames, whole, true) == answers);
    };
    const WireFrame normal = frame(closing, close_payload(1000));
    check_close("7.1.1", {hello, normal}, {hello, normal});
    check_close("7.1.2", {normal, normal}, {normal});
    check_close("7.1.3", {normal, frame(ping)}, {normal});
    check_close("7.1.4", {normal, hello}, {normal});
    check_close("7.1.5", {part(text, "fragment1"), normal, frame(continuation, "fragment2")}, {normal});
    check_close("7.1.6", {frame(text, std::string(256 * 1024, 'B')), hello, normal, frame(ping)},
                {frame(text, std::string(256 * 1024, 'B')), hello, normal});
    check_close("7.3.1", {frame(closing)}, {frame(closing)});
    check_failure("7.3.2", {frame(closing, "a")}, 1002);
    check_close("7.3.3", {normal}, {normal});
    check_close("7.3.4", {frame(closing, close_payload(1000, "Hello World!"))}, {normal});
    check_close("7.3.5", {frame(closing, close_payload(1000, std::string(123, '*')))}, {normal});
    check_failure("7.3.6", {frame(closing, close_payload(1000, std::string(124, '*')))}, 1002);
    check_failure("7.5.1", {frame(closing, close_payload(1000, "\xce\xba\xed\xa0\x80"))}, 1007);
    for (const unsigned code : {1000U, 1001U, 1002U, 1003U, 1007U, 1008U, 1009U, 1010U, 1011U, 1012U, 1013U, 1014U,
                                3000U, 3999U, 4000U, 4999U}) {
        check_close("7.7: " + std::to_string(code), {frame(closing, close_payload(code))},
                    {frame(closing, close_payload(code))});
    }
    for (const unsigned code : {0U, 999U, 1004U, 1005U, 1006U, 1015U, 1016U, 1100U, 2000U, 2999U, 5000U, 65535U}) {
        check_failure("7.9, 7.13: " + std::to_string(code), {frame(closing, close_payload(code))}, 1002);
    }
}

TEST_CASE("WebSocket conformance: 9, large messages")
{
    constexpr std::size_t mebibyte = 1024 * 1024;
    for (const unsigned opcode : {text, binary}) {
        for (const std::size_t size :
             {mebibyte / 16, mebibyte / 4, mebibyte, 4 * mebibyte, 8 * mebibyte, 16 * mebibyte}) {
            check_echo("9.1, 9.2: " + std::to_string(size), {frame(opcode, std::string(size, '*'))});
        }
        const std::string payload(4 * mebibyte, '*');
        for (const std::size_t size : {std::size_t{256}, std::size_t{4096}, mebibyte / 16, mebibyte, 4 * mebibyte}) {
            std::vector<WireFrame> fragments;
            for (std::size_t at = 0; at < payload.size(); at += size) {
                fragments.push_back(
                    frame(at == 0 ? opcode : continuation, payload.substr(at, size), at + size == payload.size()));
            }
            check_echo("9.3, 9.4: " + std::to_string(size), fragments);
        }
        check_echo("9.5, 9.6", {frame(opcode, std::string(mebibyte, '*'))}, chops);
        WebSocketClient client(echo_server().port);
        for (const std::size_t size : {0U, 16U, 64U, 256U, 1024U, 4096U}) {
            for (int i = 0; i < 200; ++i) {
                client.send(opcode, std::string(size, '*'));
                CHECK(client.receive() == frame(opcode, std::string(size, '*')));  // 9.7, 9.8
            }
        }
    }
}
