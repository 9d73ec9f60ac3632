#include "host/websocket/upgrade_answer.hpp"

#include <catch2/catch.hpp>

#include <stdexcept>

using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;
using namespace moonwire::websocket;

namespace {

/// RFC 6455's own example (section 1.3), without the fields that are up to the client.
const std::string example =
    "GET /chat HTTP/1.1\r\n"
    "Host: server.example.com\r\n"
    "Upgrade: websocket\r\n"
    "Connection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Sec-WebSocket-Version: 13\r\n";

UpgradeAnswer answer(const std::string& fields, const AcceptOptions& options = {})
{
    return answer_upgrade(fields + "\r\n", options);
}

/// The example with one line changed, or taken out.
std::string with(const std::string& line, const std::string& instead)
{
    std::string fields = example;
    const auto at = fields.find(line);
    REQUIRE(at != std::string::npos);
    const auto end = fields.find("\r\n", at) + 2;
    return fields.replace(at, end - at, instead.empty() ? "" : instead + "\r\n");
}

unsigned status(const std::string& fields, const AcceptOptions& options = {})
{
    const UpgradeAnswer given = answer(fields, options);
    CHECK_THAT(given.response, StartsWith("HTTP/1.1 " + std::to_string(given.status) + " "));
    CHECK(given.accepted() == given.refusal.empty());
    if (!given.accepted()) {
        CHECK_THAT(given.response, Contains("close\r\n") && EndsWith("\r\n\r\n" + given.refusal + "\n"));
        CHECK_THAT(given.response, Contains("Content-Length: " + std::to_string(given.refusal.size() + 1) + "\r\n"));
    }
    return given.status;
}

}  // namespace

TEST_CASE("the handshake of RFC 6455, section 1.3, is answered so")
{
    AcceptOptions options;
    options.subprotocols = {"chat"};
    const UpgradeAnswer given =
        answer(example + "Origin: http://example.com\r\nSec-WebSocket-Protocol: chat, superchat\r\n", options);
    CHECK(given.response ==
          "HTTP/1.1 101 Switching Protocols\r\n"
          "Upgrade: websocket\r\n"
          "Connection: Upgrade\r\n"
          "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
          "Sec-WebSocket-Protocol: chat\r\n"
          "\r\n");
    CHECK(given.accepted());
    CHECK(given.subprotocol == "chat");
    CHECK_FALSE(given.deflate);
    CHECK(given.request.target() == "/chat");
    CHECK(given.request.version() == 11);
    CHECK(given.request["origin"] == "http://example.com");
}

TEST_CASE("requests that are written otherwise mean the same")
{
    CHECK(status(example) == 101);
    CHECK(status(with("Upgrade: ", "upgrade: h2c, WebSocket")) == 101);
    CHECK(status(with("Connection: ", "CONNECTION: keep-alive,\tupgrade")) == 101);
    CHECK(status(with("Connection: ", "Connection: keep-alive\r\nConnection: Upgrade")) == 101);
    CHECK(status(example + "Content-Length: 0\r\nCookie: a=b\r\n") == 101);
}

TEST_CASE("what is no request for WebSocket gets the status that says why")
{
    CHECK(status("GET / HTTP/1.1\r\nHost: localhost\r\n") == 426);
    CHECK(status("GET / HTTP/1.0\r\n") == 426);
    CHECK(status("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n") == 405);
    CHECK(status(with("GET ", "POST /chat HTTP/1.1")) == 405);
    CHECK(status(with("GET ", "GET /chat HTTP/1.0")) == 400);
    CHECK(status(with("Upgrade: ", "")) == 426);
    CHECK(status(with("Upgrade: ", "Upgrade: h2c")) == 426);
    CHECK(status(with("Connection: ", "")) == 400);
    CHECK(status(with("Connection: ", "Connection: keep-alive")) == 400);
    CHECK(status(with("Host: ", "")) == 400);
    CHECK(status(with("Host: ", "Host: a\r\nHost: b")) == 400);
    CHECK(status(example + "Content-Length: 5\r\n") == 400);
    CHECK(status(example + "Transfer-Encoding: chunked\r\n") == 400);
    const std::string response = answer(with("GET ", "POST /chat HTTP/1.1")).response;
    CHECK_THAT(response, Contains("405 Method Not Allowed\r\n") && Contains("\r\nAllow: GET\r\n"));
}

TEST_CASE("a person's browser is told what this is")
{
    const UpgradeAnswer given = answer("GET / HTTP/1.1\r\nHost: localhost\r\n");
    CHECK(given.response ==
          "HTTP/1.1 426 Upgrade Required\r\n"
          "Connection: Upgrade, close\r\n"
          "Upgrade: websocket\r\n"
          "Sec-WebSocket-Version: 13\r\n"
          "Content-Type: text/plain; charset=utf-8\r\n"
          "Content-Length: 56\r\n"
          "\r\n"
          "This is a WebSocket: it answers WebSocket clients only.\n");
    CHECK_FALSE(asks_for_websocket(given.request));
    CHECK_THAT(answer("HEAD / HTTP/1.1\r\nHost: localhost\r\n").response, EndsWith("\r\n\r\n"));  // without a body
}

TEST_CASE("another version of WebSocket is told the right one")
{
    for (const std::string version : {"", "Sec-WebSocket-Version: 8", "Sec-WebSocket-Version: 13, 8",
                                      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Version: 13"}) {
        CAPTURE(version);
        CHECK(status(with("Sec-WebSocket-Version: ", version)) == 426);
        CHECK_THAT(answer(with("Sec-WebSocket-Version: ", version)).response,
                   Contains("\r\nSec-WebSocket-Version: 13\r\n"));
    }
}

TEST_CASE("a key that is not 16 bytes in base64 is refused")
{
    for (const std::string key : {"", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZQ", "dGhlIHNhbXBsZSBub25jZQAA",
                                  "dGhlIHNhbXBsZSBub25jZ===", "dGhlIHNhbXBsZSBub25jZQ===", "dGhlIHNhbXBsZSBub25j ZQ==",
                                  "dGhlIHNhbXBsZSBub2.jZQ==", "short=="}) {
        CAPTURE(key);
        CHECK(status(with("Sec-WebSocket-Key: ", "Sec-WebSocket-Key: " + key)) == 400);
    }
    CHECK(status(with("Sec-WebSocket-Key: ", "")) == 400);
    CHECK(status(example + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n") == 400);
}

TEST_CASE("garbage gets 400")
{
    const std::string garbage =
        GENERATE("hello", "GET /", "GET / HTTP/2.0\r\nHost: a\r\n", "GET / HTTP/1.1\r\nno colon\r\n", "\x16\x03\x01",
                 "GET  / HTTP/1.1\r\n", "GET / HTTP/1.1\nHost: a\n", "HTTP/1.1 200 OK\r\n",
                 "GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n", "GET / HTTP/1.1\r\nBad Name: 1\r\n");
    CAPTURE(garbage);
    CHECK(status(garbage) == 400);
    CHECK(answer_upgrade("", {}).status == 400);
    CHECK(answer_upgrade(example, {}).status == 400);               // the empty line is missing
    CHECK(answer_upgrade(example + "\r\nmore", {}).status == 400);  // something comes after it
}

TEST_CASE("a zero byte in the head is garbage")
{
    CHECK(status(example + std::string("X: a\0b\r\n", 8)) == 400);
}

TEST_CASE("there is one path, if one is set")
{
    AcceptOptions options;
    options.path = "/chat";
    CHECK(status(example, options) == 101);
    CHECK(status(with("GET ", "GET /chat?user=1 HTTP/1.1"), options) == 101);
    CHECK(status(with("GET ", "GET http://example.org/chat?a=http://b/ HTTP/1.1"), options) == 101);
    for (const std::string target : {"/", "/chat/", "/Chat", "/chatter", "http://example.org", "/?/chat", "*"}) {
        CAPTURE(target);
        CHECK(status(with("GET ", "GET " + target + " HTTP/1.1"), options) == 404);
    }
    CHECK(status("GET /favicon.ico HTTP/1.1\r\nHost: a\r\n", options) == 404);
    options.path = "/";
    CHECK(status(with("GET ", "GET http://example.org HTTP/1.1"), options) == 101);
}

TEST_CASE("pages of other origins may not connect, if some are named")
{
    AcceptOptions options;
    CHECK(status(example + "Origin: http://evil.example\r\n", options) == 101);
    options.origins = {"https://example.org", "http://localhost:8000"};
    CHECK(status(example + "Origin: https://example.org\r\n", options) == 101);
    CHECK(status(example + "Origin: HTTP://LocalHost:8000\r\n", options) == 101);
    CHECK(status(example, options) == 101);
    for (const std::string origin : {"http://example.org", "https://example.org.evil.example", "null", "",
                                     "https://example.org\r\nOrigin: https://example.org"}) {
        CAPTURE(origin);
        CHECK(status(example + "Origin: " + origin + "\r\n", options) == 403);
    }
}

TEST_CASE("the first of the server's subprotocols that the client offers is chosen")
{
    AcceptOptions options;
    options.subprotocols = {"v2.chat", "v1.chat"};
    const auto chosen = [&](const std::string& offered) {
        const UpgradeAnswer given = answer(example + offered, options);
        CHECK(given.accepted());
        const bool has_header = given.response.find("Sec-WebSocket-Protocol") != std::string::npos;
        CHECK(has_header == !given.subprotocol.empty());
        return given.subprotocol;
    };
    CHECK(chosen("Sec-WebSocket-Protocol: v1.chat, v2.chat\r\n") == "v2.chat");
    CHECK(chosen("Sec-WebSocket-Protocol: v1.chat\r\nSec-WebSocket-Protocol: other\r\n") == "v1.chat");
    CHECK(chosen("Sec-WebSocket-Protocol: V1.CHAT\r\n") == "");
    CHECK(chosen("") == "");
    CHECK(status(example + "Sec-WebSocket-Protocol: a b\r\n", options) == 400);
    CHECK(status(example + "Sec-WebSocket-Protocol: \"a\"\r\n", options) == 400);
}

TEST_CASE("compression is agreed on if it is enabled")
{
    const std::string offer = example +
                              "Sec-WebSocket-Extensions: permessage-bzip2\r\n"
                              "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=10\r\n";
    CHECK_FALSE(answer(offer).deflate);
    CHECK_THAT(answer(offer).response, !Contains("Sec-WebSocket-Extensions"));
    AcceptOptions options;
    options.deflate.enabled = true;
    const UpgradeAnswer given = answer(offer, options);
    CHECK(given.deflate == DeflateParameters{10, 15, true, true});
    CHECK_THAT(given.response,
               Contains("\r\nSec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=10\r\n"));
    CHECK(status(example + "Sec-WebSocket-Extensions: permessage-deflate;\r\n", options) == 400);
    CHECK(status(example + "Sec-WebSocket-Extensions: =\r\n") == 400);
}

TEST_CASE("the server's own headers are sent along")
{
    AcceptOptions options;
    options.headers = {{"Set-Cookie", "a=1"}, {"Set-Cookie", "b=2"}};
    CHECK_THAT(answer(example, options).response, EndsWith("Set-Cookie: a=1\r\nSet-Cookie: b=2\r\n\r\n"));
}

TEST_CASE("a request that a server of HTTP has read is answered, too")
{
    RequestHeader request;
    request.method(boost::beast::http::verb::get);
    request.target("/chat");
    CHECK(answer_upgrade(request, {}).status == 426);
    CHECK_FALSE(asks_for_websocket(request));
    request.set("Upgrade", "WebSocket");
    CHECK(asks_for_websocket(request));
    request.set("Connection", "Upgrade");
    request.set("Host", "a");
    request.set("Sec-WebSocket-Version", "13");
    request.set("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
    CHECK(answer_upgrade(request, {}).accepted());
}

TEST_CASE("a server's options that cannot be are refused by name")
{
    const auto refusal = [](auto change) {
        AcceptOptions options;
        change(options);
        try {
            check(options);
        } catch (const std::invalid_argument& error) {
            return std::string(error.what());
        }
        return std::string("accepted");
    };
    const auto header = [&](const std::string& name, const std::string& value) {
        return refusal([&](AcceptOptions& options) { options.headers = {{name, value}}; });
    };
    CHECK(header("X-Lab", "1\t2 \xC3\xA4") == "accepted");
    CHECK_THAT(header("X-Lab", "1\r\nSet-Cookie: a=b"), StartsWith("headers: X-Lab") && Contains("\"1??Set-Cookie"));
    CHECK_THAT(header("X-Lab", std::string("\0", 1)), StartsWith("headers: X-Lab"));
    CHECK_THAT(header("X Lab", "1"), Contains("\"X Lab\" cannot be the name"));
    CHECK_THAT(header("X:", "1"), Contains("cannot be the name"));
    CHECK_THAT(header("", "1"), Contains("cannot be the name"));
    CHECK_THAT(header("X\r\nY", "1"), Contains("cannot be the name"));
    for (const std::string owned : {"connection", "UPGRADE", "Sec-WebSocket-Accept", "sec-websocket-anything", "Host",
                                    "Content-Length", "Transfer-Encoding"}) {
        CHECK_THAT(header(owned, "1"), Contains("set by the handshake"));
    }
    CHECK_THAT(refusal([](AcceptOptions& options) { options.path = "chat"; }), StartsWith("path: "));
    CHECK_THAT(refusal([](AcceptOptions& options) { options.path = "/chat?a=1"; }), StartsWith("path: "));
    CHECK_THAT(refusal([](AcceptOptions& options) { options.subprotocols = {"a", "b,c"}; }), Contains("\"b,c\""));
    CHECK_THAT(refusal([](AcceptOptions& options) { options.subprotocols = {"a", ""}; }), StartsWith("subprotocols: "));
    CHECK_THAT(refusal([](AcceptOptions& options) { options.subprotocols = {"a", "a"}; }), Contains("twice"));
    CHECK_THAT(refusal([](AcceptOptions& options) { options.deflate.level = 10; }), Contains("level"));
}

TEST_CASE("what goes wrong before there is a request is answered, too")
{
    CHECK(refusal_response(431, "The head is longer than 8192 bytes.") ==
          "HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\n"
          "Content-Type: text/plain; charset=utf-8\r\nContent-Length: 36\r\n\r\nThe head is longer than 8192 bytes.\n");
}
