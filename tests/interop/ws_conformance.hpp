#pragma once

#include "tests/interop/lab_programs.hpp"
#include "tests/support/websocket_client.hpp"

#include <string>
#include <utility>

namespace moonwire::test {

// What the conformance tests of WebSocket share.

constexpr unsigned continuation = 0;
constexpr unsigned text = 1;
constexpr unsigned binary = 2;
constexpr unsigned closing = 8;
constexpr unsigned ping = 9;
constexpr unsigned pong = 10;

inline Server& echo_server()
{
    static Server server({MOONWIRE_EXECUTABLE, "-e", R"(
        local ws = require "moonwire.ws"
        local server = assert(ws.listen {
            port = 0, host = "127.0.0.1", max_message = 16 * 1024 * 1024, max_fragments = 1e6, compression = true,
        })
        io.stderr:write("ready on 127.0.0.1:", server:port(), "\n")
        server:serve(function(conn)
            conn:on("message", function(data, is_binary)
                if is_binary then conn:send_binary(data) else conn:send(data) end
            end)
            conn:on("error", function() end)
        end))"});
    return server;
}

inline WireFrame frame(unsigned opcode, std::string payload = {}, bool fin = true, unsigned reserved = 0)
{
    return frame_from(Role::server, opcode, payload, fin, reserved);
}

inline WireFrame part(unsigned opcode, std::string payload)
{
    return frame(opcode, std::move(payload), false);
}

}  // namespace moonwire::test
