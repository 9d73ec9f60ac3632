#include "host/net/url.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace moonwire::net;
using Catch::Matchers::Contains;

TEST_CASE("a URL says where to connect and what to ask for")
{
    const Url url = parse_url("http://example.org:8080/status?since=3#latest").value();
    CHECK(url.scheme == "http");
    CHECK(url.host == "example.org");
    CHECK(url.port == 8080);
    CHECK(url.target == "/status?since=3");
    CHECK(url.authority() == "example.org:8080");
    CHECK_FALSE(url.secure());
}

TEST_CASE("a URL's port and path need not be written")
{
    const auto port = [](const char* text) { return parse_url(text).value().port; };
    CHECK(port("http://h") == 80);
    CHECK(port("https://h") == 443);
    CHECK(port("ws://h") == 80);
    CHECK(port("wss://h") == 443);
    CHECK(port("https://h:/x") == 443);

    CHECK(parse_url("http://h").value().target == "/");
    CHECK(parse_url("http://h?x=1").value().target == "/?x=1");
    CHECK(parse_url("http://h#top").value().target == "/");
    CHECK(parse_url("http://h/a%20b/%2e").value().target == "/a%20b/%2e");
}

TEST_CASE("schemes that take TLS, and in any case")
{
    CHECK(parse_url("HTTPS://Example.org/").value().scheme == "https");
    CHECK(parse_url("https://h").value().secure());
    CHECK(parse_url("wss://h").value().secure());
    CHECK_FALSE(parse_url("ws://h").value().secure());
}

TEST_CASE("the authority of a URL leaves the scheme's own port out and brackets IPv6 addresses")
{
    const auto authority = [](const char* text) { return parse_url(text).value().authority(); };
    CHECK(authority("http://h:80/") == "h");
    CHECK(authority("http://h:443/") == "h:443");
    CHECK(authority("wss://h:443/") == "h");
    CHECK(authority("http://[::1]/") == "[::1]");
    CHECK(authority("http://[::1]:8080/") == "[::1]:8080");
    CHECK(authority("http://127.0.0.1:8080/") == "127.0.0.1:8080");
    CHECK(parse_url("http://[2001:db8::5]:8080/").value().host == "2001:db8::5");
}

TEST_CASE("what is wrong with a URL is said")
{
    const auto why = [](const std::string& text) {
        const auto result = parse_url(text);
        return result ? "NOTHING" : result.error().message;
    };
    CHECK_THAT(why("localhost:8080/x"), Contains("http://, https://, ws:// or wss://"));
    CHECK_THAT(why("/x"), Contains("http://, https://, ws:// or wss://"));
    CHECK_THAT(why(""), Contains("http://, https://, ws:// or wss://"));
    CHECK_THAT(why("ftp://h/"), Contains("http://, https://, ws:// or wss://"));
    CHECK_THAT(why("http:///x"), Contains("no host"));
    CHECK_THAT(why("http://:80/"), Contains("no host"));
    CHECK_THAT(why("http://h:0/"), Contains("1 to 65535"));
    CHECK_THAT(why("http://h:65536/"), Contains("1 to 65535"));
    CHECK_THAT(why("http://h:99999999999999999999/"), Contains("1 to 65535"));
    CHECK_THAT(why("http://h:8x/"), Contains("1 to 65535"));
    CHECK_THAT(why("http://h:80:90/"), Contains("1 to 65535"));
    CHECK_THAT(why("http://h:-1/"), Contains("1 to 65535"));
    CHECK_THAT(why("http://[::1]80/"), Contains("1 to 65535"));
    CHECK_THAT(why("http://[::1]x/y"), Contains("1 to 65535"));
    CHECK_THAT(why("http://[::1/"), Contains("an IPv6 address"));
    CHECK_THAT(why("http://[1:2]/"), Contains("an IPv6 address"));
    CHECK_THAT(why("http://[::1%25lo]/"), Contains("must not have any %"));
    CHECK_THAT(why("http://h%0d%0aX:y/"), Contains("must not have any %"));
    CHECK_THAT(why("http://h/%zz"), Contains("two hexadecimal digits"));
    CHECK_THAT(why("http://h/%2"), Contains("two hexadecimal digits"));
    CHECK_THAT(why("http://h/%"), Contains("two hexadecimal digits"));
    CHECK_THAT(why("http://h/a b"), Contains("its character 11 has to be written as %20"));
    CHECK_THAT(why("http://h/\r\nX: y"), Contains("its character 10 has to be written as %0D"));
    CHECK_THAT(why("http://h/a|b"), Contains("%7C"));
    CHECK_THAT(why("http://h/ä"), Contains("%C3"));
    CHECK_THAT(why("http://user:secret@h/"), Contains("user name"));
    CHECK_THAT(why("http://" + std::string(5000, 'a') + " /"), Contains("…"));
}
