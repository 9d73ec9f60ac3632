#include "host/observe/text.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace moonwire::observe;

namespace {

std::string visible(std::string_view bytes, std::size_t most = 1000)
{
    std::string out;
    append_visible(out, bytes, most);
    return out;
}

std::string json(std::string_view bytes)
{
    std::string out = "before";
    if (append_json(out, bytes)) {
        return out.substr(6);
    }
    return out == "before" ? "not UTF-8" : out;
}

}  // namespace

TEST_CASE("trace text: what a terminal would obey, or not show, is escaped")
{
    CHECK(visible("GET / HTTP/1.1\r\n\tx") == R"(GET / HTTP/1.1\r\n\tx)");
    CHECK(visible(std::string_view("a\0b\x1b[31m\x7f", 9)) == R"(a\x00b\x1b[31m\x7f)");
    CHECK(visible(R"("quoted\")") == R"(\"quoted\\\")");
    CHECK(visible("Grüße, 日本 🌙") == "Grüße, 日本 🌙");
    CHECK(visible("\xff\xc0\x80\xed\xa0\x80") == R"(\xff\xc0\x80\xed\xa0\x80)");  // no character: too long, surrogate
    CHECK(visible("\xc3") == R"(\xc3)");                                          // cut off
    CHECK(visible("\xc2\x9b"
                  "31m") == R"(\u009b31m)");                // a control of C1: CSI
    CHECK(visible("\u202egnp.exe") == R"(\u202egnp.exe)");  // writes from right to left
    CHECK(visible("a\u200bb\ufeff") == R"(a\u200bb\ufeff)");
    CHECK(visible("\U000e0041") == R"(\U000e0041)");
    CHECK(visible("").empty());
}

TEST_CASE("trace text: long contents are cut between characters and between escapes")
{
    std::string out;
    CHECK(append_visible(out, "abcdef", 3) == 3);
    CHECK(out == "abc");
    out.clear();
    CHECK(append_visible(out, "ab\x01", 5) == 2);  // \x01 takes four
    CHECK(out == "ab");
    out.clear();
    CHECK(append_visible(out, "äöü", 2) == 4);
    CHECK(out == "äö");
    out.clear();
    CHECK(append_visible(out, "abc", 3) == 3);
}

TEST_CASE("trace JSON: strings")
{
    CHECK(json("plain") == R"("plain")");
    CHECK(json("a\"b\\c\n\r\t") == "\"a\\\"b\\\\c\\n\\u000d\\u0009\"");
    CHECK(json(std::string_view("\0\x1f\x7f", 3)) == "\"\\u0000\\u001f\\u007f\"");
    CHECK(json("Grüße 🌙") == "\"Grüße 🌙\"");
    CHECK(json("x\xff") == "not UTF-8");
    CHECK(json("\xed\xa0\x80") == "not UTF-8");
    std::string out;
    append_json_lossy(out, "x\xffy");
    CHECK(out == "\"x\xef\xbf\xbdy\"");
    out.clear();
    append_json_hex(out, std::string_view("\0\xff\x1a", 3));
    CHECK(out == "\"00ff1a\"");
}

TEST_CASE("trace text: the size of characters")
{
    CHECK(character_size("a") == 1);
    CHECK(character_size("ä") == 2);
    CHECK(character_size("日") == 3);
    CHECK(character_size("🌙") == 4);
    CHECK(character_size("\xf4\x90\x80\x80") == 0);  // beyond U+10FFFF
    CHECK(character_size("\xc1\xbf") == 0);
    CHECK(character_size("\xe0\x80\x80") == 0);
    CHECK(character_size("\x80") == 0);
}
