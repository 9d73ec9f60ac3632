#pragma once

#include "tests/support/socket.hpp"
#include "tests/unit/websocket/wire.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace moonwire::test {

/// A request for WebSocket. `fields` are more lines of its head, each with its CRLF.
inline std::string upgrade_request(const std::string& target = "/", const std::string& fields = {})
{
    return "GET " + target + " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
           "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" + fields + "\r\n";
}

/// A WebSocket client, after its handshake, whose frames a test makes by hand.
class WebSocketClient
{
public:
    explicit WebSocketClient(const std::string& port, const std::string& target = "/", const std::string& fields = {})
        : socket(port)
    {
        socket.send(upgrade_request(target, fields));
        response = socket.read_until("\r\n\r\n");
        REQUIRE(response.starts_with("HTTP/1.1 101 "));
    }

    void send(unsigned opcode, std::string_view payload, bool fin = true, unsigned reserved = 0)
    {
        socket.send(wire_from(Role::client, opcode, payload, fin, reserved));
    }

    WireFrame receive()
    {
        std::string bytes = socket.read(2);
        const unsigned form = static_cast<unsigned char>(bytes[1]) & 127;
        std::uint64_t length = form;
        if (form > 125) {
            const std::string digits = socket.read(form == 126 ? 2 : 8);
            length = 0;
            for (const char digit : digits) {
                length = length << 8 | static_cast<unsigned char>(digit);
            }
            bytes += digits;
        }
        bytes += socket.read(length);
        return parsed(bytes).front();
    }

    /// All frames up to the end of the connection.
    std::vector<WireFrame> receive_all() { return parsed(socket.read_all()); }

    Client socket;
    std::string response;  ///< the head of the server's answer
};

}  // namespace moonwire::test
