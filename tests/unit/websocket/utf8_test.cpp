#include "host/websocket/utf8.hpp"

#include <catch2/catch.hpp>

#include <cstddef>
#include <random>
#include <string>
#include <vector>

using namespace moonwire::websocket;

namespace {

unsigned byte_at(std::string_view text, std::size_t at)
{
    return static_cast<unsigned char>(text[at]);
}

/// Decodes by computing each code point and asking what it may be: slow and plain, and in no step like what is tested.
bool decodes(std::string_view text)
{
    for (std::size_t at = 0; at < text.size();) {
        const unsigned lead = byte_at(text, at);
        const std::size_t length = lead < 0x80             ? 1
                                   : (lead & 0xE0) == 0xC0 ? 2
                                   : (lead & 0xF0) == 0xE0 ? 3
                                   : (lead & 0xF8) == 0xF0 ? 4
                                                           : 0;
        if (length == 0 || text.size() - at < length) {
            return false;
        }
        unsigned point = length == 1 ? lead : lead & (0x7Fu >> length);
        for (std::size_t i = 1; i < length; ++i) {
            if ((byte_at(text, at + i) & 0xC0) != 0x80) {
                return false;
            }
            point = point << 6 | (byte_at(text, at + i) & 0x3F);
        }
        constexpr unsigned smallest[] = {0, 0, 0x80, 0x800, 0x10000};
        if (point < smallest[length] || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) {
            return false;
        }
        at += length;
    }
    return true;
}

/// Can more bytes make UTF-8 of it? At the ends of the ranges of what may follow lies one that does, if any does.
bool can_be_completed(const std::string& text, int more = 3)
{
    if (decodes(text)) {
        return true;
    }
    for (const char next : {'\x80', '\x8F', '\x90', '\x9F', '\xA0', '\xBF'}) {
        if (more > 0 && can_be_completed(text + next, more - 1)) {
            return true;
        }
    }
    return false;
}

/// `point` in a form of `length` bytes, be it right or not.
std::string encoded(unsigned point, std::size_t length)
{
    if (length == 1) {
        return {static_cast<char>(point)};
    }
    std::string text(length, '\0');
    for (std::size_t i = length - 1; i > 0; --i, point >>= 6) {
        text[i] = static_cast<char>(0x80 | (point & 0x3F));
    }
    text[0] = static_cast<char>((0xF00u >> length & 0xFF) | point);
    return text;
}

std::vector<std::string> corpus()
{
    const std::string ascii(70, 'a');
    return {
        "",
        "hello",
        "\xCE\xBA\xE1\xBD\xB9\xCF\x83\xCE\xBC\xCE\xB5",  // κόσμε
        "\xCE\xBA\xE1\xBD\xB9\xCF\x83\xCE\xBC\xCE\xB5\xED\xA0\x80"
        "edited",  // with a surrogate in it
        "\xF0\x9F\x98\x80 and \xE2\x82\xAC",
        "\xF4\x8F\xBF\xBF",
        "\xF4\x90\x80\x80",
        "\xC0\xAF",
        "\xE0\x80\xAF",
        "\xF0\x80\x80\xAF",
        "\xF8\x88\x80\x80\x80",
        "\xFE",
        "\x80",
        "a\xC3",
        std::string("\0\xC2\x80\0", 4),
        ascii + "\xE2\x82\xAC" + ascii,
        ascii + "\xE2\x82" + ascii,
        ascii + ascii.substr(0, 27) + "\xF0\x9F\x98\x80\xC3\xA4" + ascii,
        ascii + "\xED\xBF\xBF",
    };
}

}  // namespace

TEST_CASE("UTF-8 is told from what is none, wherever it is cut")
{
    for (const std::string& text : corpus()) {
        for (std::size_t first = 0; first <= text.size(); ++first) {
            for (std::size_t second = first; second <= text.size(); ++second) {
                Utf8Validator validator;
                const std::string_view view = text;
                bool good = validator.consume(view.substr(0, first));
                good = validator.consume(view.substr(first, second - first)) && good;
                good = validator.consume(view.substr(second)) && good;
                if ((good && validator.complete()) != decodes(text)) {
                    FAIL(text << " cut at " << first << " and " << second);
                }
            }
        }
        CHECK(is_utf8(text) == decodes(text));
    }
}

TEST_CASE("every code point has one form that is UTF-8, but for the surrogates")
{
    std::size_t good = 0;
    for (unsigned point = 0; point < 0x200000; ++point) {
        for (std::size_t length = point < 0x80      ? 1
                                  : point < 0x800   ? 2
                                  : point < 0x10000 ? 3
                                                    : 4;
             length <= 4; ++length) {
            const std::string text = encoded(point, length);
            const bool expected = decodes(text);
            good += expected;
            if (is_utf8(text) != expected) {
                FAIL("code point " << point << " in " << length << " bytes");
            }
        }
    }
    CHECK(good == 0x110000 - 0x800);
}

TEST_CASE("any few bytes are UTF-8 or not as a plain decoder says")
{
    for (unsigned value = 0; value < 0x10000; ++value) {
        const std::string two = {static_cast<char>(value >> 8), static_cast<char>(value & 0xFF)};
        if (is_utf8(two) != decodes(two)) {
            FAIL("bytes " << value);
        }
    }
    const std::string edges = "\x01\x7F\x80\x8F\x90\x9F\xA0\xBF\xC0\xC2\xDF\xE0\xED\xEF\xF0\xF4\xF5\xFF";
    for (unsigned first_two = 0; first_two < 0x10000; ++first_two) {
        for (const char third : edges) {
            const std::string text = {static_cast<char>(first_two >> 8), static_cast<char>(first_two & 0xFF), third,
                                      '\x80'};
            const std::string_view three = std::string_view(text).substr(0, 3);
            if (is_utf8(three) != decodes(three) || is_utf8(text) != decodes(text)) {
                FAIL("bytes " << first_two << " and " << int{third});
            }
        }
    }
}

TEST_CASE("what cannot become UTF-8 any more is refused with the byte that makes it so")
{
    const std::string edges = "a\x7F\x80\x8F\x90\x9F\xA0\xBF\xC0\xC1\xC2\xE0\xE1\xED\xEE\xF0\xF1\xF4\xF5\xFF";
    for (const char first : edges) {
        for (const char second : edges) {
            for (const char third : edges) {
                const std::string text = {first, second, third};
                Utf8Validator validator;
                for (std::size_t size = 1; size <= text.size(); ++size) {
                    const bool possible = can_be_completed(text.substr(0, size));
                    if (validator.consume({&text[size - 1], 1}) != possible ||
                        validator.complete() != decodes(text.substr(0, size))) {
                        FAIL("bytes " << int{first} << ", " << int{second} << ", " << int{third} << ": " << size);
                    }
                }
            }
        }
    }
}

TEST_CASE("long random texts, with and without damage, in random pieces")
{
    std::mt19937 random(4711);
    const auto below = [&](std::size_t limit) { return random() % limit; };
    std::size_t bad = 0;
    for (int turn = 0; turn < 3000; ++turn) {
        std::string text;
        for (std::size_t runs = below(8); runs > 0; --runs) {
            text.append(below(80), 'x');
            for (std::size_t characters = below(20); characters > 0; --characters) {
                const std::size_t length = 1 + below(4);
                constexpr unsigned points[] = {0, 0x40, 0x7FF, 0xD7FF, 0x10FFFF};
                text += encoded(points[length], length);
            }
        }
        if (below(2) == 0 && !text.empty()) {
            text[below(text.size())] = static_cast<char>(below(256));
        }
        Utf8Validator validator;
        bool good = true;
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t size = std::min(1 + below(50), text.size() - at);
            good = validator.consume(std::string_view(text).substr(at, size));
            at += size;
        }
        bad += !decodes(text);
        if ((good && validator.complete()) != decodes(text) || is_utf8(text) != decodes(text)) {
            FAIL("turn " << turn);
        }
    }
    CHECK(bad > 500);
}

TEST_CASE("after a refusal everything is refused until the next text")
{
    Utf8Validator validator;
    CHECK(validator.complete());
    CHECK_FALSE(validator.consume("a\xFF"));
    CHECK_FALSE(validator.consume("hello"));
    CHECK_FALSE(validator.consume(""));
    CHECK_FALSE(validator.complete());
    validator.reset();
    CHECK(validator.consume("\xE2\x82"));
    CHECK_FALSE(validator.complete());
    CHECK(validator.consume(""));
    CHECK(validator.consume("\xAC"));
    CHECK(validator.complete());
}
