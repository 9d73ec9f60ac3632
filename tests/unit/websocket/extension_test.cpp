#include "host/websocket/extension.hpp"

#include <catch2/catch.hpp>

using namespace moonwire::websocket;

namespace {

/// What was read, written in one plain way; "malformed" if nothing was.
std::string read(std::string_view field)
{
    const auto extensions = parse_extensions(field);
    if (!extensions) {
        return "malformed";
    }
    std::string text;
    for (const Extension& extension : *extensions) {
        text += (text.empty() ? "" : ",") + extension.name;
        for (const ExtensionParameter& parameter : extension.parameters) {
            text += ";" + parameter.name + (parameter.value ? "=" + *parameter.value : "");
        }
    }
    return text;
}

}  // namespace

TEST_CASE("a Sec-WebSocket-Extensions field is read")
{
    CHECK(read("") == "");
    CHECK(read("foo") == "foo");
    CHECK(read("foo, bar; baz=2") == "foo,bar;baz=2");
    CHECK(read("deflate-stream;a;b=1 ; c = \"x\",mux ; max-channels=4") ==
          "deflate-stream;a;b=1;c=x,mux;max-channels=4");
    CHECK(read(" \t foo\t ;\ta ") == "foo;a");
    CHECK(read(",, foo,,bar ,") == "foo,bar");
    CHECK(read("foo; a=\"q\\uote\\d\"") == "foo;a=quoted");
    CHECK(read("foo; a; a") == "foo;a;a");
}

TEST_CASE("a Sec-WebSocket-Extensions field that breaks the grammar is refused")
{
    const std::string field =
        GENERATE("foo bar", "foo;", "foo; ;a", ";a", "foo; =1", "foo; a=", "foo; a=,b", "foo; a=\"", "foo; a=\"b",
                 "foo; a=\"\"", "foo; a=\"b\\", "foo; a=\"b c\"", "foo; a=b c", "=", "foo=1", "\"foo\"",
                 "foo; a=\"b\"c", "f\xC3\xB6o", "foo; a==b", "foo/1", "foo\n");
    CAPTURE(field);
    CHECK(read(field) == "malformed");
    CHECK(read("good, " + field) == "malformed");
}

TEST_CASE("a zero byte in a Sec-WebSocket-Extensions field is no token")
{
    CHECK(read(std::string("fo\0o", 4)) == "malformed");
}
