#include "host/http/content_type.hpp"
#include "host/http/date.hpp"
#include "host/http/head.hpp"
#include "host/http/target.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <utility>
#include <vector>

using namespace moonwire::http;

TEST_CASE("a request's target is a path and a query")
{
    const auto target = parse_target("/a%20b/%C3%A4.txt?x=%20&y");
    REQUIRE(target);
    CHECK(target->path == "/a b/ä.txt");
    CHECK(target->query == "x=%20&y");
    CHECK(parse_target("/")->path == "/");
    CHECK(parse_target("/?")->query.empty());
    CHECK(parse_target("*")->path == "*");
    CHECK(parse_target("http://h:80/a?b")->path == "/a");
    CHECK(parse_target("http://h:80/a?b")->query == "b");
    CHECK(parse_target("http://h")->path == "/");
    CHECK(parse_target("/%252e%252e/")->path == "/%2e%2e/");  // decoded once
}

TEST_CASE("what is no target")
{
    for (const char* text : {"", "a", "?x", "ftp://h/", "h:443", "/%", "/%2", "/%zz", "/%-1", "/% 1", "/a%00b"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_target(text));
    }
}

TEST_CASE("queries are read as forms send them")
{
    using Pairs = std::vector<std::pair<std::string, std::string>>;
    CHECK(parse_query("a=1&b=x+y%21&a=2") == Pairs{{"a", "1"}, {"b", "x y!"}, {"a", "2"}});
    CHECK(parse_query("") == Pairs{});
    CHECK(parse_query("&&a&=b&c==d&") == Pairs{{"a", ""}, {"", "b"}, {"c", "=d"}});
    CHECK(parse_query("p=50%&q=%zz") == Pairs{{"p", "50%"}, {"q", "%zz"}});
}

TEST_CASE("dates are written and read in the one form")
{
    CHECK(format_date(784111777) == "Sun, 06 Nov 1994 08:49:37 GMT");
    CHECK(format_date(0) == "Thu, 01 Jan 1970 00:00:00 GMT");
    CHECK(parse_date("Sun, 06 Nov 1994 08:49:37 GMT") == 784111777);
    CHECK(parse_date(format_date(1709164800)) == 1709164800);  // a 29th of February
    for (const char* text :
         {"", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Mon, 06 Nov 1994 08:49:37 GMT",
          "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 06 Nox 1994 08:49:37 GMT", "Sun, 99 Nov 1994 08:49:37 GMT",
          "Sun, 06 Nov 1994 08:49:37 GMT "}) {
        CAPTURE(text);
        CHECK_FALSE(parse_date(text));
    }
}

TEST_CASE("what would break a message's head is known")
{
    CHECK(is_token("X-Requested_With"));
    for (const char* name : {"", "a b", "a:", "a\r\n", "ä", "(a)"}) {
        CHECK_FALSE(is_token(name));
    }
    CHECK(is_field_value("text/html; charset=\"ä\"\t"));
    CHECK(is_field_value(""));
    CHECK_FALSE(is_field_value("a\r\nSet-Cookie: x"));
    CHECK_FALSE(is_field_value(std::string("a\0b", 3)));
    CHECK(is_request_target("/a?b=%20"));
    CHECK_FALSE(is_request_target("/a b"));
    CHECK_FALSE(is_request_target("/a\r\n"));
    CHECK_FALSE(is_request_target("/a#b"));
    CHECK_FALSE(is_request_target(""));
}

TEST_CASE("heads are lines")
{
    std::string head = status_line(404);
    append_field(head, "Content-Length", "0");
    end_head(head);
    CHECK(head == "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    CHECK(request_line("GET", "/x") == "GET /x HTTP/1.1\r\n");
    CHECK(status_line(299) == "HTTP/1.1 299 \r\n");
}

TEST_CASE("the ending of a file's name tells its type")
{
    CHECK(content_type("index.html") == "text/html; charset=utf-8");
    CHECK(content_type("folder.d/app.min.JS") == "text/javascript; charset=utf-8");
    CHECK(content_type("data.json") == "application/json");
    CHECK(content_type("clip.mp4") == "video/mp4");
    CHECK(content_type("a.out") == "application/octet-stream");
    CHECK(content_type("Makefile") == "application/octet-stream");
    CHECK(content_type("") == "application/octet-stream");
}
