// How a server of moonwire.ws answers the Autobahn test suite's sections on compression, 12 and 13. The client
// compresses by zlib itself.
#include "tests/interop/ws_conformance.hpp"
#include "tests/support/deflate.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace moonwire::test;

TEST_CASE("WebSocket conformance: 12 and 13, compression")
{
    const char* offers[] = {
        "permessage-deflate",
        "permessage-deflate; client_no_context_takeover",
        "permessage-deflate; server_no_context_takeover",
        "permessage-deflate; client_max_window_bits",
        "permessage-deflate; server_max_window_bits=9",
        "permessage-deflate; server_max_window_bits=15; client_max_window_bits=9",
        "permessage-deflate; server_no_context_takeover; client_max_window_bits; server_max_window_bits=9, "
        "permessage-deflate",
        "permessage-unknown, permessage-deflate; unknown=1, permessage-deflate; server_max_window_bits=10",
    };
    for (const std::string offer : offers) {
        INFO(offer);
        WebSocketClient client(echo_server().port, "/", "Sec-WebSocket-Extensions: " + offer + "\r\n");
        REQUIRE(client.response.find("Sec-WebSocket-Extensions: permessage-deflate") != std::string::npos);
        Inflated inflated;
        for (const std::size_t size : {0U, 16U, 64U, 256U, 1024U, 4096U, 8192U, 32768U, 131072U}) {
            for (int i = 0; i < 5; ++i) {
                std::string message;
                while (message.size() < size) {
                    message += "to be or not to be, number " + std::to_string(i) + " at " +
                               std::to_string(message.size()) + "; ";
                }
                message.resize(size);
                const std::string compressed = deflated(message, 9);
                const unsigned opcode = i % 2 == 0 ? text : binary;
                const std::size_t half = compressed.size() / 2;
                client.send(opcode, compressed.substr(0, half), false, 4);
                client.send(continuation, compressed.substr(half));
                const WireFrame echo = client.receive();
                CHECK(echo.opcode == opcode);
                CHECK(echo.fin);
                CHECK((echo.reserved == 4 ? inflated(echo.payload) : echo.payload) == message);
                CHECK((size < 1024 || echo.reserved == 4));
            }
        }
        client.send(closing, close_payload(1000));
        CHECK(client.receive_all() == std::vector{frame(closing, close_payload(1000))});
    }
}

TEST_CASE("WebSocket conformance: compression that is wrong")
{
    const auto code_after = [](const std::string& bytes) {
        WebSocketClient client(echo_server().port, "/", "Sec-WebSocket-Extensions: permessage-deflate\r\n");
        client.socket.send(bytes);
        return client.receive_all().back().payload.substr(0, 2);
    };
    const std::string hello = deflated("Hello");
    CHECK(code_after(wire_from(Role::client, text, "\xff\xff\xff\xff", true, 4)) == close_payload(1007));
    CHECK(code_after(wire_from(Role::client, text, deflated("\xff"), true, 4)) == close_payload(1007));
    CHECK(code_after(wire_from(Role::client, text, hello, true, 6)) == close_payload(1002));
    CHECK(code_after(wire_from(Role::client, ping, hello, true, 4)) == close_payload(1002));
    CHECK(code_after(wire_from(Role::client, text, hello.substr(0, 1), false, 4) +
                     wire_from(Role::client, continuation, hello.substr(1), true, 4)) == close_payload(1002));
}
