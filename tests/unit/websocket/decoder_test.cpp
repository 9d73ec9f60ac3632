#include "host/websocket/decoder.hpp"

#include "host/websocket/close_code.hpp"
#include "tests/unit/websocket/decoder_support.hpp"

#include <random>

using namespace moonwire::test;
using moonwire::websocket::errc;
using moonwire::websocket::is_utf8;
using moonwire::websocket::may_be_sent;

namespace {

const Role either_role[] = {Role::server, Role::client};

/// Frames for an end of this role, one after the other.
std::string to(Role role, std::initializer_list<WireFrame> frames)
{
    std::string bytes;
    for (const WireFrame& frame : frames) {
        bytes += wire_from(other(role), frame.opcode, frame.payload, frame.fin, frame.reserved);
    }
    return bytes;
}

WireFrame part(unsigned opcode, std::string payload)
{
    return {opcode, std::move(payload), false, 0, {}};
}

WireFrame last(unsigned opcode, std::string payload)
{
    return {opcode, std::move(payload), true, 0, {}};
}

}  // namespace

TEST_CASE("the decoder reads the examples of RFC 6455, section 5.7")
{
    const auto bytes = [](std::string_view text) { return std::string(text); };
    const std::string masked_hello = "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";
    const Reader client{Role::client, {}, {}};
    check_decoded(client, "\x81\x05Hello", {told_text("Hello")});
    check_decoded({}, masked_hello, {told_text("Hello")});
    check_decoded(client, "\x01\x03Hel\x80\x02lo", {told_text("Hello")});
    check_decoded(client, "\x89\x05Hello", {told_ping("Hello")});
    check_decoded({}, "\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", {told_pong("Hello")});
    const std::string data = sample_bytes(65536);
    check_decoded(client, bytes({"\x82\x7e\x01\x00", 4}) + data.substr(0, 256), {told_binary(data.substr(0, 256))});
    check_decoded(client, bytes({"\x82\x7f\0\0\0\0\0\1\0\0", 10}) + data, {told_binary(data)});
}

TEST_CASE("every opcode is read as what it is, or refused")
{
    for (const Role role : either_role) {
        const Reader reader{role, {}, {}};
        for (unsigned opcode = 0; opcode < 16; ++opcode) {
            CAPTURE(opcode);
            const std::string bytes = to(role, {last(opcode, "")}) + to(role, {last(2, "after")});
            Story expected;
            switch (opcode) {
            case 1:
                expected = {told_text("")};
                break;
            case 2:
                expected = {told_binary("")};
                break;
            case 8:
                expected = {told_close(1005)};
                break;
            case 9:
                expected = {told_ping("")};
                break;
            case 10:
                expected = {told_pong("")};
                break;
            default:
                check_decoded(reader, bytes, {told_failure(errc::protocol_error)});
                continue;
            }
            expected.push_back(told_binary("after"));
            check_decoded(reader, bytes, expected);
        }
    }
}

TEST_CASE("payloads of sizes around the forms of length are read, masked and not")
{
    for (const Role role : either_role) {
        for (const std::size_t size : {0u, 1u, 2u, 3u, 4u, 5u, 124u, 125u, 126u, 127u, 128u, 65535u, 65536u, 65537u}) {
            CAPTURE(size);
            const std::string data = sample_bytes(size);
            check_decoded({role, {}, {}}, to(role, {last(2, data), last(1, "then")}),
                          {told_binary(data), told_text("then")});
        }
    }
}

TEST_CASE("a length that is written longer than need be is refused")
{
    for (const Role role : either_role) {
        const Reader reader{role, {SIZE_MAX, SIZE_MAX, 10}, {}};
        const WireFrame frame = frame_from(other(role), 2, "");
        const auto check = [&](int form, std::uint64_t length) {
            CAPTURE(form, length);
            check_decoded(reader, wire_header(frame, length, form) + "xx", {told_failure(errc::protocol_error)});
        };
        for (const std::uint64_t length : {0u, 1u, 125u}) {
            check(2, length);
        }
        for (const std::uint64_t length : {0u, 1u, 125u, 126u, 65535u}) {
            check(8, length);
        }
        check(8, std::uint64_t{1} << 63);  // the highest bit must be zero
        check(8, UINT64_MAX);
        check_decoded(reader, wire_header(frame, 65536, 8), {});
        check_decoded(reader, wire_header(frame, UINT64_MAX >> 1, 8), {});
    }
}

TEST_CASE("reserved bits are refused on every frame without an extension")
{
    for (const Role role : either_role) {
        for (const unsigned opcode : {0u, 1u, 2u, 8u, 9u, 10u}) {
            for (unsigned reserved = 1; reserved < 8; ++reserved) {
                CAPTURE(opcode, reserved);
                check_decoded({role, {}, {}}, to(role, {{opcode, "", true, reserved, {}}}),
                              {told_failure(errc::protocol_error)});
            }
        }
    }
}

TEST_CASE("frames that are masked the wrong way are refused")
{
    for (const unsigned opcode : {1u, 2u, 8u, 9u, 10u}) {
        check_decoded({Role::server, {}, {}}, wire_from(Role::server, opcode, ""),
                      {told_failure(errc::protocol_error)});
        check_decoded({Role::client, {}, {}}, wire_from(Role::client, opcode, ""),
                      {told_failure(errc::protocol_error)});
    }
}

TEST_CASE("control frames carry up to 125 bytes, in one frame")
{
    for (const Role role : either_role) {
        const Reader reader{role, {}, {}};
        const std::string most = sample_bytes(125);
        check_decoded(reader, to(role, {last(9, most)}), {told_ping(most)});
        check_decoded(reader, to(role, {last(10, most)}), {told_pong(most)});
        const std::string reason(123, 'r');
        check_decoded(reader, to(role, {last(8, close_payload(1000, reason))}), {told_close(1000, reason)});
        for (const unsigned opcode : {8u, 9u, 10u}) {
            const Story refused{told_failure(errc::protocol_error)};
            check_decoded(reader, to(role, {last(opcode, std::string(126, 'x'))}), refused);
            check_decoded(reader, to(role, {part(opcode, "x")}), refused);
            check_decoded(reader, to(role, {part(1, "x"), part(opcode, "")}), refused);
            const WireFrame frame = frame_from(other(role), opcode, "");
            check_decoded(reader, wire_header(frame, 5, 2), refused);
            check_decoded(reader, wire_header(frame, 5, 8), refused);
        }
    }
}

TEST_CASE("fragments come together, and control frames between them are told at once")
{
    for (const Role role : either_role) {
        const Reader reader{role, {}, {}};
        check_decoded(reader, to(role, {part(1, "one "), part(0, ""), part(0, "two "), last(0, "three"), last(2, "b")}),
                      {told_text("one two three"), told_binary("b")});
        check_decoded(
            reader,
            to(role, {part(2, "one "), last(9, "ping"), part(0, "two "), last(10, ""), last(9, ""), last(0, "three"),
                      last(9, "end")}),
            {told_ping("ping"), told_pong(""), told_ping(""), told_binary("one two three"), told_ping("end")});
        check_decoded(reader, to(role, {part(1, ""), last(0, ""), part(2, ""), last(0, "")}),
                      {told_text(""), told_binary("")});
        check_decoded(reader, to(role, {part(1, "never "), last(8, close_payload(1001))}), {told_close(1001)});
    }
}

TEST_CASE("fragments in the wrong order are refused")
{
    const Role role = GENERATE(Role::server, Role::client);
    const Reader reader{role, {}, {}};
    const Told refused = told_failure(errc::protocol_error);
    check_decoded(reader, to(role, {last(0, "x")}), {refused});
    check_decoded(reader, to(role, {part(0, "x")}), {refused});
    check_decoded(reader, to(role, {last(1, "x"), last(0, "x")}), {told_text("x"), refused});
    check_decoded(reader, to(role, {part(1, "x"), last(0, "y"), part(0, "z")}), {told_text("xy"), refused});
    for (const unsigned opcode : {1u, 2u}) {
        check_decoded(reader, to(role, {part(1, "x"), last(opcode, "y")}), {refused});
        check_decoded(reader, to(role, {part(2, ""), last(9, ""), part(opcode, "y")}), {told_ping(""), refused});
    }
}

TEST_CASE("a text is UTF-8, wherever its frames are cut and whatever comes between them")
{
    const std::string text = "k\xc3\xb6\xe2\x82\xac\xf0\x9f\x8c\x99!";
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
        const std::string begin = text.substr(0, cut);
        const std::string end = text.substr(cut);
        check_decoded({}, to(Role::server, {part(1, begin), last(9, "\xff"), last(0, end)}),
                      {told_ping("\xff"), told_text(text)});
        // The text ends too early, unless a character ends there.
        const bool whole = is_utf8(begin);
        const Told expected = whole ? told_text(begin) : told_failure(errc::invalid_utf8);
        check_decoded({}, to(Role::server, {last(1, begin)}), {expected});
        check_decoded({}, to(Role::server, {part(1, begin), last(0, "")}), {expected});
    }
}

TEST_CASE("a text that is not UTF-8 is refused, wherever its frames are cut")
{
    const Told refused = told_failure(errc::invalid_utf8);
    for (const std::string wrong : {"\xff", "\x80", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                                    "\xf5\x80\x80\x80", "\xe2\x82\x41", "\xf0\x9f\x41", "\xc3\xc3"}) {
        const std::string text = "before " + wrong + " after";
        check_decoded({}, to(Role::server, {last(1, text)}), {refused});
        for (std::size_t cut = 0; cut <= text.size(); ++cut) {
            check_decoded({}, to(Role::server, {part(1, text.substr(0, cut)), last(0, text.substr(cut))}), {refused});
        }
        check_decoded({}, to(Role::server, {last(2, text)}), {told_binary(text)});
    }
}

TEST_CASE("a text that cannot become UTF-8 any more is refused before its message ends")
{
    check_decoded({}, to(Role::server, {part(1, "good \xff")}), {told_failure(errc::invalid_utf8)});
    check_decoded({}, to(Role::server, {part(1, "good"), part(0, "\xe2\x82"), last(9, ""), part(0, "\x41")}),
                  {told_ping(""), told_failure(errc::invalid_utf8)});
    const WireFrame frame = frame_from(Role::server, 1, "");
    check_decoded({Role::client, {}, {}}, wire_header(frame, 1000, 2) + "good \xff",
                  {told_failure(errc::invalid_utf8)});
}

TEST_CASE("close frames have a code that may be sent, or none")
{
    for (unsigned code = 0; code < 65536; ++code) {
        const auto number = static_cast<std::uint16_t>(code);
        const bool allowed = may_be_sent(number);
        const Story story = decoded({}, to(Role::server, {last(8, close_payload(number, "why"))}));
        if (story != Story{allowed ? told_close(number, "why") : told_failure(errc::protocol_error)}) {
            FAIL("code " << code);
        }
    }
    for (const unsigned code : {999u, 1004u, 1005u, 1006u, 1015u, 1016u, 2999u, 5000u}) {
        check_decoded({}, to(Role::server, {last(8, close_payload(code))}), {told_failure(errc::protocol_error)});
    }
    for (const unsigned code : {1000u, 1003u, 1007u, 1014u, 3000u, 4999u}) {
        check_decoded({}, to(Role::server, {last(8, close_payload(code))}),
                      {told_close(static_cast<std::uint16_t>(code))});
    }
    check_decoded({}, to(Role::server, {last(8, "")}), {told_close(1005)});
    check_decoded({}, to(Role::server, {last(8, "\x03")}), {told_failure(errc::protocol_error)});
}

TEST_CASE("the reason of a close frame is UTF-8")
{
    check_decoded({}, to(Role::server, {last(8, close_payload(1000, "sch\xc3\xb6n"))}),
                  {told_close(1000, "sch\xc3\xb6n")});
    for (const std::string reason : {"\xff", "sch\xc3", "\xed\xa0\x80"}) {
        check_decoded({}, to(Role::server, {last(8, close_payload(1000, reason))}), {told_failure(errc::invalid_utf8)});
    }
}

TEST_CASE("after a failure nothing more is read")
{
    const Reader reader;
    const auto decoder = reader.make();
    Story story;
    feed(*decoder, to(Role::server, {last(3, "")}), story);
    std::string more = to(Role::server, {last(1, "text")});
    const std::string before = more;
    std::span<char> input(more);
    CHECK(decoder->next(input) == Event::failed);
    CHECK(decoder->failure() == errc::protocol_error);
    CHECK(decoder->failure_detail() == "a frame has a reserved opcode");
    CHECK(input.size() == more.size());
    CHECK(more == before);
}

TEST_CASE("a message that arrives whole is unmasked where it lies, and not copied")
{
    const std::string data(70000, 'd');
    for (const Role role : either_role) {
        const Reader reader{role, {}, {}};
        const auto decoder = reader.make();
        std::string bytes = to(role, {last(2, data), last(1, "small"), last(9, "ping")});
        std::span<char> input(bytes);
        const std::size_t header = wire_header(frame_from(other(role), 2, ""), data.size(), 8).size();
        const std::size_t before = allocated_bytes();
        CHECK(decoder->next(input) == Event::binary);
        CHECK(decoder->payload().data() == bytes.data() + header);
        CHECK((decoder->payload() == data));
        CHECK(decoder->next(input) == Event::text);
        CHECK(decoder->payload().data() > bytes.data());
        CHECK(decoder->payload().data() < bytes.data() + bytes.size());
        CHECK(decoder->next(input) == Event::ping);
        CHECK(decoder->payload() == "ping");
        CHECK(allocated_bytes() == before);
        CHECK(decoder->frames() == 3);
        CHECK(decoder->next(input) == Event::none);
    }
}

TEST_CASE("frames of all kinds, cut anywhere at random, come to the same")
{
    std::mt19937 random(20240511);
    const auto below = [&random](std::size_t limit) { return static_cast<std::size_t>(random()) % limit; };
    for (int round = 0; round < 300; ++round) {
        const Role role = either_role[below(2)];
        std::string bytes;
        Story expected;
        for (std::size_t messages = 1 + below(6); messages > 0; --messages) {
            const auto opcode = static_cast<unsigned>(1 + below(2));
            std::string message;
            const std::size_t frames = 1 + below(4);
            for (std::size_t i = 0; i < frames; ++i) {
                const std::string payload(below(below(8) == 0 ? 70000 : 200), static_cast<char>('a' + below(26)));
                bytes += to(role, {{i == 0 ? opcode : 0, payload, i + 1 == frames, 0, {}}});
                message += payload;
                if (i + 1 < frames && below(3) == 0) {
                    bytes += to(role, {last(9, payload.substr(0, 125))});
                    expected.push_back(told_ping(payload.substr(0, 125)));
                }
            }
            expected.push_back(opcode == 1 ? told_text(message) : told_binary(message));
        }
        const Reader reader{role, {}, {}};
        const auto decoder = reader.make();
        Story story;
        for (std::string_view rest = bytes; !rest.empty();) {
            const std::size_t size = std::min(rest.size(), 1 + below(below(4) == 0 ? 20000 : 30));
            feed(*decoder, rest.substr(0, size), story);
            rest.remove_prefix(size);
        }
        if (story != expected) {
            FAIL("round " << round);
        }
    }
}
