#include "host/websocket/decoder.hpp"
#include "host/websocket/deflate.hpp"
#include "tests/unit/websocket/decoder_support.hpp"

using namespace moonwire::test;
using moonwire::websocket::DeflateParameters;
using moonwire::websocket::Deflater;
using moonwire::websocket::errc;

namespace {

std::string from_client(unsigned opcode, std::string_view payload, bool fin = true, unsigned reserved = 0)
{
    return wire_from(Role::client, opcode, payload, fin, reserved);
}

const Told too_big = told_failure(errc::message_too_big);

Reader limited(std::size_t max_message, std::size_t max_frame, std::size_t max_fragments)
{
    return {Role::server, {max_message, max_frame, max_fragments}, {}};
}

std::string compressed(Deflater& deflater, std::string_view message)
{
    std::string out;
    deflater.compress(message, out);
    return out;
}

constexpr unsigned rsv1 = 4;

}  // namespace

TEST_CASE("a frame may have max_frame bytes, and no more")
{
    const Reader reader = limited(1000, 300, 10);
    const std::string most(300, 'x');
    check_decoded(reader, from_client(2, most), {told_binary(most)});
    check_decoded(reader, from_client(2, most + "x"), {too_big});
    check_decoded(reader, from_client(2, most, false) + from_client(0, most), {told_binary(most + most)});
    check_decoded(reader, from_client(2, "x", false) + from_client(0, most + "x"), {too_big});
}

TEST_CASE("a message may have max_message bytes, and no more, in however many frames")
{
    const Reader reader = limited(300, 1000, 10);
    const std::string most(300, 'x');
    check_decoded(reader, from_client(1, most), {told_text(most)});
    check_decoded(reader, from_client(1, most + "x"), {too_big});
    check_decoded(reader, from_client(1, most.substr(1), false) + from_client(0, "x"), {told_text(most)});
    check_decoded(reader, from_client(1, most, false) + from_client(0, ""), {told_text(most)});
    check_decoded(reader, from_client(1, most, false) + from_client(0, "x"), {too_big});
    check_decoded(
        reader, from_client(1, most, false) + from_client(9, "ping") + from_client(0, "", false) + from_client(0, "x"),
        {told_ping("ping"), too_big});
    check_decoded(reader, from_client(1, most) + from_client(2, most), {told_text(most), told_binary(most)});
}

TEST_CASE("control frames do not count among a message's bytes and fragments")
{
    const Reader reader = limited(10, 10, 2);
    const std::string ping(125, 'p');
    check_decoded(
        reader, from_client(1, "12345", false) + from_client(9, ping) + from_client(10, ping) + from_client(0, "67890"),
        {told_ping(ping), told_pong(ping), told_text("1234567890")});
}

TEST_CASE("a message may have max_fragments frames, and no more, even empty ones")
{
    const std::string bytes =
        from_client(2, "", false) + from_client(0, "", false) + from_client(9, "") + from_client(0, "");
    check_decoded(limited(100, 100, 3), bytes + bytes,
                  {told_ping(""), told_binary(""), told_ping(""), told_binary("")});
    check_decoded(limited(100, 100, 2), bytes, {told_ping(""), too_big});
    check_decoded(limited(100, 100, 1), bytes, {too_big});
    check_decoded(limited(100, 100, 1), from_client(2, "whole"), {told_binary("whole")});
}

TEST_CASE("65536 fragments of a byte are a message by default")
{
    std::string bytes = from_client(2, "x", false);
    for (int i = 2; i < 65536; ++i) {
        bytes += from_client(0, "x", false);
    }
    const std::string expected(65536, 'x');
    CHECK((decoded({}, bytes + from_client(0, "x")) == Story{told_binary(expected)}));
    CHECK(decoded({}, bytes + from_client(0, "x", false) + from_client(0, "")) == Story{too_big});
}

TEST_CASE("a length that is only announced costs next to no memory")
{
    const std::size_t huge = std::size_t{1} << 40;
    const Reader reader = limited(huge, huge, 10);
    const WireFrame frame = frame_from(Role::client, 2, "");
    const std::string header = wire_header(frame, huge, 8);
    const auto decoder = reader.make();
    const std::size_t before = allocated_bytes();
    Story story;
    feed(*decoder, header, story);
    feed(*decoder, "x", story);
    CHECK(story.empty());
    CHECK(allocated_bytes() - before < 200 * 1024);

    // With the limits as they are by default it is refused.
    check_decoded({}, header, {too_big});
}

TEST_CASE("memory is given back after a large message that came in pieces")
{
    const Reader reader;
    const auto decoder = reader.make();
    const std::string bytes = from_client(2, std::string(900'000, 'x'));
    const std::string small = from_client(2, "small");
    Story story;
    const std::size_t before = allocated_bytes();
    feed(*decoder, std::string_view(bytes).substr(0, 500'000), story);
    CHECK(allocated_bytes() - before > 400'000);
    feed(*decoder, std::string_view(bytes).substr(500'000), story);
    REQUIRE(story.size() == 1);
    story = {};
    feed(*decoder, small, story);
    story = {};
    CHECK(allocated_bytes() < before + 2048);
}

TEST_CASE("compressed messages are read, whole and in fragments, with control frames between")
{
    for (const bool takeover : {true, false}) {
        const Reader reader{Role::server, {}, DeflateParameters{15, 15, true, takeover}};
        Deflater deflater({15, 15, takeover, true}, {});
        const std::string text = "moonwire moonwire moonwire k\xc3\xb6\xe2\x82\xac";
        const std::string first = compressed(deflater, text);
        const std::string second = compressed(deflater, text);
        const std::string third = compressed(deflater, "");
        std::string bytes = from_client(1, first, true, rsv1);
        bytes += from_client(1, "plain");
        for (std::size_t i = 0; i < second.size(); ++i) {
            bytes += from_client(i == 0 ? 2 : 0, second.substr(i, 1), false, i == 0 ? rsv1 : 0);
            if (i == 2) {
                bytes += from_client(9, "ping");
            }
        }
        bytes += from_client(0, "");
        bytes += from_client(2, third, true, rsv1);
        bytes += from_client(2, compressed(deflater, text), true, rsv1);
        check_decoded(reader, bytes,
                      {told_text(text), told_text("plain"), told_ping("ping"), told_binary(text), told_binary(""),
                       told_binary(text)});
    }
}

TEST_CASE("RSV1 is for a message's first frame, and only where compression was agreed on")
{
    const Told refused = told_failure(errc::protocol_error);
    const Reader reader{Role::server, {}, DeflateParameters{}};
    Deflater deflater({15, 15, false, true}, {});
    const std::string message = compressed(deflater, "Hello");
    check_decoded({}, from_client(1, message, true, rsv1), {refused});
    check_decoded(reader,
                  from_client(1, message.substr(0, 3), false, rsv1) + from_client(0, message.substr(3), true, rsv1),
                  {refused});
    check_decoded(reader, from_client(1, "Hel", false) + from_client(0, "lo", true, rsv1), {refused});
    for (const unsigned opcode : {8u, 9u, 10u}) {
        check_decoded(reader, from_client(opcode, "", true, rsv1), {refused});
    }
    for (const unsigned reserved : {1u, 2u, 3u, 5u, 6u, 7u}) {
        check_decoded(reader, from_client(1, message, true, reserved), {refused});
    }
}

TEST_CASE("a compressed text is UTF-8 when it is inflated, wherever its frames are cut")
{
    const Reader reader{Role::server, {}, DeflateParameters{}};
    const auto check = [&](std::string_view text, const Told& expected) {
        Deflater deflater({}, {});
        const std::string message = compressed(deflater, text);
        check_decoded(reader, from_client(1, message, true, rsv1), {expected});
        for (std::size_t cut = 0; cut <= message.size(); ++cut) {
            check_decoded(reader,
                          from_client(1, message.substr(0, cut), false, rsv1) + from_client(0, message.substr(cut)),
                          {expected});
        }
    };
    check("sch\xc3\xb6n \xe2\x82\xac", told_text("sch\xc3\xb6n \xe2\x82\xac"));
    check("sch\xc3", told_failure(errc::invalid_utf8));
    check("sch\xff", told_failure(errc::invalid_utf8));
}

TEST_CASE("max_message is of what a compressed message inflates to")
{
    Reader reader{Role::server, {1000, 100'000, 10}, DeflateParameters{}};
    const auto check = [&](std::string_view data, const Told& expected) {
        Deflater deflater({}, {});
        const std::string message = compressed(deflater, data);
        check_decoded(reader, from_client(2, message, true, rsv1), {expected});
        check_decoded(reader, from_client(2, message.substr(0, 3), false, rsv1) + from_client(0, message.substr(3)),
                      {expected});
    };
    const std::string zeros(1000, '\0');
    check(zeros, told_binary(zeros));
    check(zeros + "x", too_big);
    check(std::string(1'000'000, '\0'), too_big);
    // What cannot be made smaller is some bytes longer when it is compressed.
    const std::string noise = sample_bytes(1000);
    check(noise, told_binary(noise));
    check(noise + "x", too_big);
}

TEST_CASE("max_frame is of a compressed frame as it is sent")
{
    const Reader reader{Role::server, {1000, 50, 10}, DeflateParameters{}};
    Deflater deflater({}, {});
    const std::string zeros(1000, '\0');
    const std::string small = compressed(deflater, zeros);
    REQUIRE(small.size() <= 50);
    check_decoded(reader, from_client(2, small, true, rsv1), {told_binary(zeros)});
    check_decoded(reader, from_client(2, compressed(deflater, sample_bytes(100)), true, rsv1), {too_big});
}

TEST_CASE("a compressed message that is damaged or cut short is refused")
{
    const Reader reader{Role::server, {}, DeflateParameters{}};
    const Told refused = told_failure(errc::bad_compression);
    Deflater deflater({}, {});
    const std::string message = compressed(deflater, "Hello, hello");
    check_decoded(reader, from_client(2, message.substr(0, message.size() - 2), true, rsv1), {refused});
    check_decoded(reader, from_client(2, "\x07", true, rsv1), {refused});
    check_decoded(reader, from_client(2, "\x07", false, rsv1), {refused});
}
