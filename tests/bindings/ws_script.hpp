#pragma once

#include "tests/bindings/script.hpp"

#include <string>

namespace moonwire::test {

/// What the scripts of the WebSocket tests begin with. `meet` makes a server and a client that are connected: `a` is
/// the server's end, `b` the client's. `raw` is a client by hand, after its handshake, and `frame` makes what it sends.
inline std::string ws_script(const std::string& body)
{
    return R"(
        local server, a, b
        local function listen(options)
            options = options or {}
            options.port, options.host = 0, "127.0.0.1"
            server = assert(ws.listen(options))
        end
        local function url(path)
            return "ws://127.0.0.1:" .. server:port() .. (path or "/")
        end
        local function meet(server_options, client_options, path)
            listen(server_options)
            local accepting = task.spawn(function() return server:accept() end)
            b = assert(ws.connect(url(path), client_options))
            a = assert(accepting:join())
        end
        local function attempt(server_options, client_options, path)
            listen(server_options)
            local accepting = task.spawn(function() return server:accept(20) end)
            local client, client_error = ws.connect(url(path), client_options)
            local server_side, server_error = accepting:join()
            return client_error, server_error, client, server_side
        end
        local function code(value, err) return value == nil and err.code or "no error" end
        local function frame(opcode, payload, first)
            local size = #payload
            local length = size < 126 and string.char(0x80 + size)
                or string.char(0x80 + 126, math.floor(size / 256), size % 256)
            return string.char((first or 0x80) + opcode) .. length .. "\0\0\0\0" .. payload
        end
        local function request(path, fields)
            return "GET " .. (path or "/") .. " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n" ..
                "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" ..
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" .. (fields or "") .. "\r\n"
        end
        local function raw()
            local accepting = task.spawn(function() return server:accept() end)
            local conn = assert(tcp.connect("127.0.0.1", server:port()))
            conn:write(request())
            assert(conn:read_until("\r\n\r\n"))
            a = assert(accepting:join())
            return conn
        end
    )" + body;
}

inline std::string ws_output(const std::string& body)
{
    return output_of(ws_script(body));
}

inline std::string ws_error(const std::string& body)
{
    return error_of(ws_script(body));
}

}  // namespace moonwire::test
