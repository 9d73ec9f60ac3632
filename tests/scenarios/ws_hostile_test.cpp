// Peers that want a WebSocket server in Lua no good, while others are served.
#include "tests/support/deflate.hpp"
#include "tests/support/process.hpp"
#include "tests/support/websocket_client.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <cstdlib>
#include <memory>
#include <system_error>
#include <thread>
#include <vector>

using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;
using namespace moonwire::test;

namespace {

constexpr std::size_t mebibyte = 1024 * 1024;

// Echoes; at /flood it sends without end, at /room it broadcasts, with either policy.
const std::string server_script = R"(
    local ws = require "moonwire.ws"
    local server = assert(ws.listen {
        port = 0, host = "127.0.0.1", handshake_timeout = 1, max_message = 262144, compression = true,
        write_timeout = 1, close_timeout = 1, keep_alive = 1, keep_alive_timeout = 2,
    })
    print("port:" .. server:port())
    local rooms = {
        ["/room"] = ws.room { max_queued = 1048576 },
        ["/lossy"] = ws.room { max_queued = 1048576, slow = "drop_message" },
    }
    server:serve(function(conn)
        local target = conn:request().target
        local room = rooms[target]
        if target == "/flood" then
            local data, count = ("x"):rep(65536), 0
            repeat
                local sent, err = conn:send(data)
                count = count + 1
            until not sent
            print("flood ended", count < 1000)
            return conn:abort()
        elseif room then
            room:join(conn)
        end
        for data, is_binary in conn:messages() do
            if room then
                room:broadcast(data)
            elseif is_binary then
                conn:send_binary(data)
            else
                conn:send(data)
            end
        end
    end))";

/// The server, and a client that behaves and is served throughout.
class Scene
{
public:
    Scene()
        : server({MOONWIRE_EXECUTABLE, "-e", server_script}),
          port(port_of(server.wait_for_output("port:"))),
          friendly_(port)
    {
        check_service();
        before_ = peak_memory(server.pid());
    }

    ~Scene()
    {
        CHECK_NOTHROW(check_service());
        CHECK_NOTHROW(check_end());
    }

    void check_service()
    {
        const std::string text = "message " + std::to_string(++messages_);
        friendly_.send(1, text);
        for (;;) {
            const WireFrame frame = friendly_.receive();
            if (frame.opcode == 1) {
                CHECK(frame.payload == text);
                return;
            }
            if (frame.opcode == 9) {  // of the keep-alive
                friendly_.send(10, frame.payload);
            }
        }
    }

    /// The most that the server has needed more than at the beginning.
    void check_memory(std::size_t limit)
    {
        if (std::getenv("MOONWIRE_TEST_SLOW") == nullptr) {  // sanitizers keep what was freed
            CHECK(peak_memory(server.pid()) - before_ < limit);
        }
    }

    Process server;
    std::string port;

private:
    // It has reported its script's failures, if there were any; and it ends when told to.
    void check_end()
    {
        CHECK_THAT(server.error(), !Contains("traceback"));
        server.signal(SIGINT);
        CHECK(server.wait() == 130);
    }

    WebSocketClient friendly_;
    int messages_ = 0;
    std::size_t before_ = 0;
};

/// What a server says at its end of a WebSocket: the code of its close frame.
unsigned close_code(const std::vector<WireFrame>& frames)
{
    REQUIRE(!frames.empty());
    const WireFrame& last = frames.back();
    REQUIRE(last.opcode == 8);
    REQUIRE(last.payload.size() >= 2);
    return static_cast<unsigned>(static_cast<unsigned char>(last.payload[0])) << 8 |
           static_cast<unsigned char>(last.payload[1]);
}

/// Sends until the peer does not take any more.
template <class Send>
void send_until_refused(Send send)
{
    try {
        for (;;) {
            send();
        }
    } catch (const std::system_error& error) {
        INFO(error.what());
        CHECK((error.code().value() == EPIPE || error.code().value() == ECONNRESET));
    }
}

}  // namespace

TEST_CASE("hostile WebSocket: a handshake that never ends, or comes byte by byte, is answered in time")
{
    Scene scene;
    std::vector<std::unique_ptr<Client>> stalled;
    for (int i = 0; i < 100; ++i) {
        stalled.push_back(std::make_unique<Client>(scene.port));
        stalled.back()->send(upgrade_request().substr(0, static_cast<std::size_t>(i)));
    }
    scene.check_service();
    for (const auto& client : stalled) {
        CHECK_THAT(client->read_all(), StartsWith("HTTP/1.1 408 Request Timeout\r\n"));
    }
    Client slow(scene.port);
    const auto start = std::chrono::steady_clock::now();
    send_until_refused([&] {
        slow.send("x");
        scene.check_service();
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    });
    CHECK(std::chrono::steady_clock::now() - start < patience());
    scene.check_memory(8 * mebibyte);
}

TEST_CASE("hostile WebSocket: what is no handshake gets its answer in HTTP")
{
    Scene scene;
    const auto answer = [&](const std::string& request) {
        Client client(scene.port);
        client.send(request);
        return client.read_all();
    };
    CHECK_THAT(answer("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
               StartsWith("HTTP/1.1 426 Upgrade Required\r\n") && EndsWith("answers WebSocket clients only.\n"));
    CHECK_THAT(answer("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello"),
               StartsWith("HTTP/1.1 405 Method Not Allowed\r\n"));
    CHECK_THAT(answer("GET / HTTP/1.1\r\nX: " + std::string(20000, 'x')), StartsWith("HTTP/1.1 431 "));
    CHECK_THAT(answer(std::string(300000, 'x')), StartsWith("HTTP/1.1 431 "));
    CHECK_THAT(answer("\x16\x03\x01 what?\r\n\r\n"), StartsWith("HTTP/1.1 400 Bad Request\r\n"));
    CHECK_THAT(answer("GET / HTTP/1.0\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"),
               StartsWith("HTTP/1.1 400 Bad Request\r\n"));
    std::string wrong_version = upgrade_request();
    wrong_version.replace(wrong_version.find(": 13"), 4, ": 12");
    CHECK_THAT(answer(wrong_version), StartsWith("HTTP/1.1 426 ") && Contains("\r\nSec-WebSocket-Version: 13\r\n"));
    std::string wrong_key = upgrade_request();
    wrong_key.replace(wrong_key.find("dGhl"), 4, "");
    CHECK_THAT(answer(wrong_key), StartsWith("HTTP/1.1 400 "));
}

TEST_CASE("hostile WebSocket: garbage, unmasked frames and wrong ones end their own connection only")
{
    Scene scene;
    const auto code_after = [&](const std::string& bytes) {
        WebSocketClient client(scene.port);
        client.socket.send(bytes);
        return close_code(client.receive_all());
    };
    CHECK(code_after("\xff\xfe\xfd garbage, and more of it") == 1002);
    CHECK(code_after("GET / HTTP/1.1\r\n\r\n") == 1002);
    CHECK(code_after(wire_from(Role::server, 1, "unmasked")) == 1002);
    CHECK(code_after(wire_header(frame_from(Role::client, 2, ""), std::uint64_t{1} << 62, 8)) == 1009);
    CHECK(code_after(wire_header(frame_from(Role::client, 2, ""), ~std::uint64_t{0}, 8)) == 1002);
    CHECK(code_after(wire_from(Role::client, 1, "\xff")) == 1007);
    Client together(scene.port);
    together.send(upgrade_request() + "\x01\x02\x03");
    CHECK_THAT(together.read_until("\r\n\r\n"), StartsWith("HTTP/1.1 101 "));
    CHECK(close_code(parsed(together.read_all())) == 1002);
    scene.check_memory(8 * mebibyte);
}

TEST_CASE("hostile WebSocket: endless fragments, of some bytes or of none")
{
    Scene scene;
    for (const std::size_t size : {0U, 1U, 1000U}) {
        WebSocketClient client(scene.port);
        client.send(2, "", false);
        std::string part;
        for (int i = 0; i < 100; ++i) {
            part += wire_from(Role::client, 0, std::string(size, 'x'), false);
        }
        send_until_refused([&] { client.socket.send(part); });
        scene.check_service();
    }
    scene.check_memory(16 * mebibyte);
}

TEST_CASE("hostile WebSocket: a deflate bomb inflates to no more than max_message")
{
    Scene scene;
    const std::string bomb = deflated(std::string(64 * mebibyte, '\0'));
    REQUIRE(bomb.size() < 262144);
    for (int i = 0; i < 10; ++i) {
        WebSocketClient client(scene.port, "/", "Sec-WebSocket-Extensions: permessage-deflate\r\n");
        REQUIRE_THAT(client.response, Contains("permessage-deflate"));
        client.send(2, bomb, true, 4);
        CHECK(close_code(client.receive_all()) == 1009);
    }
    scene.check_memory(16 * mebibyte);
}

TEST_CASE("hostile WebSocket: pings without end by a client that does not read")
{
    Scene scene;
    WebSocketClient client(scene.port);
    std::string pings;
    for (int i = 0; i < 1000; ++i) {
        pings += wire_from(Role::client, 9, std::string(125, 'p'));
    }
    for (int i = 0; i < 300; ++i) {
        client.socket.send(pings);
        if (i % 50 == 0) {
            scene.check_service();
        }
    }
    scene.check_memory(16 * mebibyte);
}

TEST_CASE("hostile WebSocket: a client that never reads is given up, and a room goes on without it")
{
    Scene scene;
    WebSocketClient flooded(scene.port, "/flood");
    CHECK(scene.server.wait_for_output("flood ended") == "flood ended\ttrue");
    for (const std::string room : {"/room", "/lossy"}) {
        INFO(room);
        WebSocketClient silent(scene.port, room);
        WebSocketClient speaker(scene.port, room);
        const std::string text(65536, 'x');
        for (int i = 0; i < 500; ++i) {
            speaker.send(1, text);
            WireFrame echo = speaker.receive();
            while (echo.opcode == 9) {
                speaker.send(10, echo.payload);
                echo = speaker.receive();
            }
            REQUIRE(echo.payload.size() == text.size());
        }
        scene.check_service();
    }
    scene.check_memory(32 * mebibyte);
}

TEST_CASE("hostile WebSocket: clients that vanish, at any time")
{
    Scene scene;
    for (int i = 0; i < 200; ++i) {
        Client before(scene.port);
        before.send("GET ");
        before.reset();
        WebSocketClient idle(scene.port);
        idle.socket.reset();
        WebSocketClient within(scene.port);
        within.socket.send(wire_header(frame_from(Role::client, 2, ""), 200000, 8) + std::string(1000, 'x'));
        within.socket.reset();
        WebSocketClient room(scene.port, "/room");
        room.send(1, "to all");
        room.socket.reset();
    }
    scene.check_memory(16 * mebibyte);
}

TEST_CASE("hostile WebSocket: clients that are dead, and say nothing of it")
{
    Scene scene;
    std::vector<std::unique_ptr<WebSocketClient>> dead;
    for (int i = 0; i < 50; ++i) {
        dead.push_back(std::make_unique<WebSocketClient>(scene.port));
        if (i % 2 == 0) {  // in the middle of a message
            dead.back()->send(1, "never to be continued", false);
        }
    }
    for (int i = 0; i < 50; ++i) {
        scene.check_service();
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    for (const auto& client : dead) {
        CHECK(client->receive().opcode == 9);                           // the keep-alive has asked
        CHECK_THROWS_AS(client->socket.read_all(), std::system_error);  // reset
    }
}
