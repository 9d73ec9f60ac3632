#include "host/websocket/mask.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace moonwire::websocket;

namespace {

constexpr MaskKey key = {0x37, 0xFA, 0x21, 0x3D};

std::string sample(std::size_t size)
{
    std::string text(size, '\0');
    for (std::size_t i = 0; i < size; ++i) {
        text[i] = static_cast<char>(i * 7 + 1);
    }
    return text;
}

std::string byte_by_byte(const std::string& text, std::size_t offset)
{
    std::string masked = text;
    for (std::size_t i = 0; i < text.size(); ++i) {
        masked[i] = static_cast<char>(static_cast<unsigned char>(text[i]) ^ key[(offset + i) % 4]);
    }
    return masked;
}

}  // namespace

TEST_CASE("the masked example of RFC 6455, section 5.7")
{
    std::string text = "\x7F\x9F\x4D\x51\x58";
    mask(text.data(), text.size(), key);
    CHECK(text == "Hello");
}

TEST_CASE("masking in words is masking byte by byte, for every place, size and offset")
{
    constexpr std::size_t around = 40;
    for (std::size_t place = 0; place < 33; ++place) {
        for (std::size_t size = 0; size < 140; ++size) {
            for (const std::size_t offset : {0u, 1u, 2u, 3u, 4u, 7u, 1021u}) {
                const std::string text = sample(size);
                const std::string expected =
                    std::string(around + place, '<') + byte_by_byte(text, offset) + std::string(around, '>');
                std::string space = std::string(around + place, '<') + text + std::string(around, '>');
                mask(space.data() + around + place, size, key, offset);
                std::string copy = std::string(around + place, '<') + std::string(size, '-') + std::string(around, '>');
                mask(text.data(), copy.data() + around + place, size, key, offset);
                if (space != expected || copy != expected || text != sample(size)) {
                    FAIL(size << " bytes at " << place << ", offset " << offset);
                }
            }
        }
    }
}

TEST_CASE("what is masked in pieces is masked as a whole, and masking again undoes it")
{
    const std::string text = sample(300);
    for (std::size_t first = 0; first <= text.size(); ++first) {
        std::string pieces = text;
        mask(pieces.data(), first, key);
        mask(pieces.data() + first, text.size() - first, key, first);
        REQUIRE(pieces == byte_by_byte(text, 0));
        mask(pieces.data(), pieces.size(), key);
        REQUIRE(pieces == text);
    }
}
