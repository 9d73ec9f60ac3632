#include "host/terminal/keys.hpp"

#include "host/terminal/layout.hpp"
#include "host/terminal/text.hpp"

#include <catch2/catch.hpp>

#include <locale.h>

using namespace moonwire::terminal;

namespace {

/// What the thread of a line editor has.
class Utf8
{
public:
    Utf8() : locale_(::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)), before_(::uselocale(locale_)) {}
    ~Utf8()
    {
        ::uselocale(before_);
        ::freelocale(locale_);
    }
    Utf8(const Utf8&) = delete;
    Utf8& operator=(const Utf8&) = delete;

private:
    locale_t locale_;
    locale_t before_;
};

std::wstring keys_of(KeyDecoder& decoder, std::string_view bytes)
{
    std::deque<wchar_t> keys;
    for (const char byte : bytes) {
        decoder.take(byte, keys);
    }
    return {keys.begin(), keys.end()};
}

std::wstring keys_of(std::string_view bytes)
{
    KeyDecoder decoder;
    return keys_of(decoder, bytes);
}

}  // namespace

TEST_CASE("keys: characters of UTF-8, and what is none is left out")
{
    const Utf8 utf8;
    CHECK(keys_of("aä漢") == L"aä漢");
    CHECK(keys_of("a\xff\xc3(b") == L"ab");
    CHECK(keys_of("x\x80y\xf0\x9f\x98\x80") == L"xy😀");
}

TEST_CASE("keys: known sequences come through in one form, others not at all")
{
    const Utf8 utf8;
    CHECK(keys_of("a\033[Ab") == L"a\033[Ab");
    CHECK(keys_of("\033OA") == L"\033[A");
    CHECK(keys_of("\033[1;5C") == L"\033[1;5C");
    CHECK(keys_of("a\033[15~\033[1;6C\033OPb") == L"ab");
    CHECK(keys_of("\033bx") == L"\033bx");
    CHECK(keys_of("\033[" + std::string(100, '1') + "~x").ends_with(L"~x"));
}

TEST_CASE("keys: a pasted block is one key, its line ends are one kind")
{
    const Utf8 utf8;
    KeyDecoder decoder;
    CHECK(keys_of(decoder, "x\033[200~a\rb\r\rc\r\nd\n\re\033[Af\033[201~y") == L"x\x1Ey");
    CHECK(decoder.take_paste() == L"a\nb\n\nc\nd\ne\033[Af");
    CHECK(keys_of(decoder, "\033[200~" + std::string(3 << 20, 'x') + "\033[201~") == L"\x1E");
    CHECK(decoder.take_paste().size() <= (1 << 20));
    CHECK(keys_of(decoder, "z") == L"z");
}

TEST_CASE("layout: where the cursor stands")
{
    const Utf8 utf8;
    CHECK(advance({}, L"", 10) == Cell{0, 0});
    CHECK(advance({0, 2}, L"abc", 10) == Cell{0, 5});
    CHECK(advance({0, 2}, L"12345678", 10) == Cell{1, 0});
    CHECK(advance({0, 2}, L"12345678\n1", 10) == Cell{2, 1});
    CHECK(advance({}, L"漢字", 10) == Cell{0, 4});
    CHECK(advance({}, L"123456789漢", 10) == Cell{1, 2});
    CHECK(advance({}, L"a\tb", 10) == Cell{0, 9});
    CHECK(advance({}, L"\x01", 10) == Cell{0, 2});
    CHECK(advance({}, L"123456789\x01", 10) == Cell{1, 1});
    CHECK(advance({}, L"e\u0301", 10) == Cell{0, 1});
    CHECK(fitting(L"ab漢字", 4) == L"ab漢");
    CHECK(fitting(L"ab漢字", 5) == L"ab漢");
    CHECK(fitting(L"ab", -1).empty());
}

TEST_CASE("text: between bytes and characters, what is invalid is a question mark")
{
    const Utf8 utf8;
    CHECK(to_wide("aä\xff漢") == L"aä?漢");
    CHECK(to_wide("ends with a part \xe6\xbc") == L"ends with a part ??");
    CHECK(to_wide(std::string("a\0b", 3)) == L"a?b");
    CHECK(to_bytes(L"aä漢") == "aä漢");
}
