#include "host/websocket/frame.hpp"

#include "tests/unit/websocket/support.hpp"

using namespace moonwire::test;
using namespace moonwire::websocket;

namespace {

std::string hex(std::string_view bytes)
{
    static constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const char byte : bytes) {
        text += digits[static_cast<unsigned char>(byte) >> 4];
        text += digits[static_cast<unsigned char>(byte) & 15];
    }
    return text;
}

std::string encoded(const FrameHeader& header)
{
    return hex(EncodedHeader(header).bytes());
}

constexpr MaskKey key{0x37, 0xfa, 0x21, 0x3d};

}  // namespace

TEST_CASE("frame headers are those of the examples of RFC 6455, section 5.7")
{
    CHECK(encoded({Opcode::text, true, false, 5, {}}) == "8105");
    CHECK(encoded({Opcode::text, true, false, 5, key}) == "818537fa213d");
    CHECK(encoded({Opcode::text, false, false, 3, {}}) == "0103");
    CHECK(encoded({Opcode::continuation, true, false, 2, {}}) == "8002");
    CHECK(encoded({Opcode::ping, true, false, 5, {}}) == "8905");
    CHECK(encoded({Opcode::pong, true, false, 5, key}) == "8a8537fa213d");
    CHECK(encoded({Opcode::binary, true, false, 256, {}}) == "827e0100");
    CHECK(encoded({Opcode::binary, true, false, 65536, {}}) == "827f0000000000010000");
}

TEST_CASE("a frame header has the shortest form of its length, and RSV1 if it is compressed")
{
    CHECK(encoded({Opcode::close, true, false, 0, {}}) == "8800");
    CHECK(encoded({Opcode::binary, true, false, 125, {}}) == "827d");
    CHECK(encoded({Opcode::binary, true, false, 126, {}}) == "827e007e");
    CHECK(encoded({Opcode::binary, true, false, 65535, {}}) == "827effff");
    CHECK(encoded({Opcode::binary, true, false, 0x7fffffffffffffff, {}}) == "827f7fffffffffffffff");
    CHECK(encoded({Opcode::text, true, true, 7, {}}) == "c107");
    CHECK(encoded({Opcode::text, false, true, 65536, key}) == "41ff000000000001000037fa213d");
}

TEST_CASE("the first two bytes of a frame header tell its size")
{
    for (const std::uint64_t length : {0u, 125u, 126u, 65535u, 65536u, 4000000000u}) {
        for (const bool masked : {false, true}) {
            const EncodedHeader header(
                {Opcode::binary, true, false, length, masked ? std::optional(key) : std::nullopt});
            CHECK(header_size(header.bytes().data()) == header.bytes().size());
            CHECK(header.bytes().size() <= max_header_size);
        }
    }
}

TEST_CASE("opcodes from eight on are control frames")
{
    CHECK_FALSE(is_control(Opcode::continuation));
    CHECK_FALSE(is_control(Opcode::binary));
    CHECK(is_control(Opcode::close));
    CHECK(is_control(Opcode::ping));
    CHECK(is_control(Opcode::pong));
}
