#include "host/websocket/upgrade_request.hpp"

#include "host/websocket/upgrade_answer.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <stdexcept>

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using namespace moonwire::websocket;

namespace {

/// The one whose base64 is RFC 6455's key: "the sample nonce".
Nonce sample_nonce()
{
    constexpr std::string_view text = "the sample nonce";
    Nonce nonce{};
    std::copy(text.begin(), text.end(), nonce.begin());
    return nonce;
}

UpgradeRequest make(const ConnectOptions& options = {}, const Location& location = {"server.example.com", 80, "/chat"})
{
    return make_upgrade_request(location, options, sample_nonce());
}

const std::string accepted =
    "HTTP/1.1 101 Switching Protocols\r\n"
    "Upgrade: websocket\r\n"
    "Connection: Upgrade\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";

/// The word and the message of the failure, or "accepted".
std::string outcome(const std::string& fields, const ConnectOptions& options = {})
{
    const auto result = check_upgrade_response(fields + "\r\n", make(options));
    if (result) {
        return "accepted";
    }
    return std::string(moonwire::net::code_word(result.error().error)) + ": " + result.error().message;
}

std::string with(const std::string& line, const std::string& instead)
{
    std::string fields = accepted;
    const auto at = fields.find(line);
    REQUIRE(at != std::string::npos);
    const auto end = fields.find("\r\n", at) + 2;
    return fields.replace(at, end - at, instead.empty() ? "" : instead + "\r\n");
}

std::string misuse(const ConnectOptions& options, const Location& location = {"localhost"})
{
    try {
        make(options, location);
    } catch (const std::invalid_argument& error) {
        return error.what();
    }
    return "accepted";
}

}  // namespace

TEST_CASE("a client's request has the form of RFC 6455, section 1.3")
{
    ConnectOptions options;
    options.origin = "http://example.com";
    options.subprotocols = {"chat", "superchat"};
    options.headers = {{"Cookie", "a=1"}};
    CHECK(make(options).text ==
          "GET /chat HTTP/1.1\r\n"
          "Host: server.example.com\r\n"
          "Upgrade: websocket\r\n"
          "Connection: Upgrade\r\n"
          "Sec-WebSocket-Version: 13\r\n"
          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
          "Origin: http://example.com\r\n"
          "Sec-WebSocket-Protocol: chat, superchat\r\n"
          "Cookie: a=1\r\n"
          "\r\n");
    options.deflate.enabled = true;
    CHECK_THAT(make(options).text,
               Contains("\r\nSec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"));
}

TEST_CASE("the Host header and the URL name the port if it is not the usual one")
{
    const auto host = [](const Location& location) {
        const std::string text = make({}, location).text;
        const auto at = text.find("Host: ") + 6;
        return text.substr(at, text.find("\r\n", at) - at);
    };
    CHECK(host({"localhost", 80, "/", false}) == "localhost");
    CHECK(host({"localhost", 443, "/", false}) == "localhost:443");
    CHECK(host({"localhost", 443, "/", true}) == "localhost");
    CHECK(host({"localhost", 80, "/", true}) == "localhost:80");
    CHECK(host({"::1", 5006, "/", false}) == "[::1]:5006");
    CHECK(host({"fe80::1%eth0", 80, "/", false}) == "[fe80::1]");
    CHECK(to_string({"::1", 5006, "/a?b=c", true}) == "wss://[::1]:5006/a?b=c");
    CHECK(to_string({"localhost", 80, "/", false}) == "ws://localhost/");
}

TEST_CASE("what cannot be sent is refused by name")
{
    CHECK(misuse({}) == "accepted");
    for (const std::string host : {"", "a b", "a/b", "a\r\nX: y", "user@host",
                                   "b\xC3\xBC"
                                   "cher.example"}) {
        CHECK_THAT(misuse({}, {host}), StartsWith("host: "));
    }
    for (const std::string target : {"", "chat", "/a b", "/a\r\nX: y", "/a#b", "/\xC3\xBC", "http://a/"}) {
        CHECK_THAT(misuse({}, {"localhost", 80, target}), StartsWith("path: "));
    }
    ConnectOptions options;
    options.origin = "http://a\r\nX: y";
    CHECK_THAT(misuse(options), StartsWith("origin: "));
    options.origin.clear();
    options.headers = {{"Sec-WebSocket-Key", "mine"}};
    CHECK_THAT(misuse(options), StartsWith("headers: Sec-WebSocket-Key"));
    options.headers = {{"X-Lab", "a\nb"}};
    CHECK_THAT(misuse(options), StartsWith("headers: X-Lab"));
    options.headers.clear();
    options.subprotocols = {"a b"};
    CHECK_THAT(misuse(options), StartsWith("subprotocols: "));
    options.subprotocols.clear();
    options.deflate.window_bits = 8;
    CHECK_THAT(misuse(options), StartsWith("deflate: window_bits"));
}

TEST_CASE("the acceptance of RFC 6455, section 1.3, is taken")
{
    ConnectOptions options;
    options.subprotocols = {"chat", "superchat"};
    options.deflate.enabled = true;
    const auto result = check_upgrade_response(accepted +
                                                   "Sec-WebSocket-Protocol: superchat\r\n"
                                                   "Sec-WebSocket-Extensions: permessage-deflate\r\n"
                                                   "X-Lab: 1\r\n\r\n",
                                               make(options));
    REQUIRE(result.has_value());
    CHECK(result->subprotocol == "superchat");
    CHECK(result->deflate == DeflateParameters{});
    CHECK(result->response["x-lab"] == "1");

    CHECK(outcome(accepted) == "accepted");
    CHECK(outcome(accepted, options) == "accepted");  // neither subprotocol nor compression
    CHECK(outcome(with("Upgrade: ", "upgrade: WEBSOCKET")) == "accepted");
    CHECK(outcome(with("Connection: ", "connection: keep-alive, upgrade")) == "accepted");
    CHECK(outcome(with("HTTP/1.1 ", "HTTP/1.1 101 Whatever")) == "accepted");
}

TEST_CASE("another status is the server's refusal, in its words")
{
    CHECK(outcome("HTTP/1.1 404 Not Found\r\n") ==
          "upgrade_refused: connect to ws://server.example.com/chat: the server answered 404 Not Found");
    CHECK_THAT(outcome("HTTP/1.1 403 No lab today\r\n"), Contains("the server answered 403 No lab today"));
    CHECK_THAT(outcome("HTTP/1.1 503 \r\nContent-Length: 9999999\r\n"), Contains("503 Service Unavailable"));
    CHECK_THAT(outcome("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"), StartsWith("upgrade_refused"));
    CHECK_THAT(outcome("HTTP/1.0 301 Moved\r\nLocation: wss://example.org/\r\n"),
               Contains("301 Moved (it is at \"wss://example.org/\")"));
    CHECK_THAT(outcome("HTTP/1.1 500 " + std::string(1000, 'x') + "\r\n"), Contains("500 Internal Server Error"));
}

TEST_CASE("what is not HTTP is shown")
{
    CHECK_THAT(outcome("SSH-2.0-OpenSSH\r\n"),
               StartsWith("bad_upgrade") && Contains("begins with \"SSH-2.0-OpenSSH??"));
    CHECK_THAT(outcome(""), StartsWith("bad_upgrade"));
    CHECK_THAT(outcome("GET / HTTP/1.1\r\n"), StartsWith("bad_upgrade"));
    CHECK_THAT(outcome(accepted + "\r\nmore"), StartsWith("bad_upgrade"));
    CHECK_THAT(outcome(std::string(5000, 'x')), StartsWith("bad_upgrade") && Contains("…"));
}

TEST_CASE("an acceptance that does not fit the request is refused, and why is said")
{
    CHECK_THAT(outcome(with("Upgrade: ", "")), StartsWith("bad_upgrade") && Contains("Upgrade header"));
    CHECK_THAT(outcome(with("Upgrade: ", "Upgrade: h2c")), Contains("Upgrade header"));
    CHECK_THAT(outcome(with("Connection: ", "Connection: close")), Contains("Connection header"));
    CHECK_THAT(outcome(with("Connection: ", "")), Contains("Connection header"));
    for (const std::string accept :
         {"", "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOO=",
          "Sec-WebSocket-Accept: S3PPLMBITXAQ9KYGZZHZRBK+XOO=", "Sec-WebSocket-Accept: dGhlIHNhbXBsZSBub25jZQ=="}) {
        CHECK_THAT(outcome(with("Sec-WebSocket-Accept: ", accept)), Contains("Sec-WebSocket-Accept does not fit"));
    }
    CHECK_THAT(outcome(accepted + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"), StartsWith("bad_upgrade"));
}

TEST_CASE("a subprotocol or an extension that was not offered is refused")
{
    ConnectOptions options;
    CHECK_THAT(outcome(accepted + "Sec-WebSocket-Protocol: chat\r\n", options),
               StartsWith("unsupported_subprotocol") && Contains("\"chat\""));
    options.subprotocols = {"a", "b"};
    CHECK(outcome(accepted + "Sec-WebSocket-Protocol: b\r\n", options) == "accepted");
    for (const std::string chosen : {"c", "A", "a, b", "", "a\r\nSec-WebSocket-Protocol: b"}) {
        CHECK_THAT(outcome(accepted + "Sec-WebSocket-Protocol: " + chosen + "\r\n", options),
                   StartsWith("unsupported_subprotocol"));
    }
    CHECK_THAT(outcome(accepted + "Sec-WebSocket-Extensions: permessage-deflate\r\n", options),
               StartsWith("bad_upgrade") && Contains("'permessage-deflate' was not offered"));
    CHECK_THAT(outcome(accepted + "Sec-WebSocket-Extensions: a b\r\n", options), Contains("malformed"));
}

TEST_CASE("what the client asks for, the server grants, and both agree")
{
    ConnectOptions client;
    client.subprotocols = {"v1", "v2"};
    client.deflate.enabled = true;
    client.deflate.peer_window_bits = 10;
    AcceptOptions server;
    server.subprotocols = {"v2"};
    server.deflate.enabled = true;
    server.deflate.peer_context_takeover = false;
    const UpgradeRequest request = make(client);
    const UpgradeAnswer answer = answer_upgrade(request.text, server);
    REQUIRE(answer.accepted());
    const auto upgraded = check_upgrade_response(answer.response, request);
    REQUIRE(upgraded.has_value());
    CHECK(upgraded->subprotocol == "v2");
    CHECK(answer.subprotocol == "v2");
    CHECK(upgraded->deflate == DeflateParameters{15, 10, false, true});
    CHECK(answer.deflate == DeflateParameters{10, 15, true, false});
}
