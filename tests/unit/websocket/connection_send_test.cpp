#include "host/websocket/connection.hpp"
#include "tests/unit/websocket/support.hpp"

#include <array>
#include <set>

using namespace moonwire::test;
using moonwire::loop::Loop;
using moonwire::websocket::DeflateParameters;
using moonwire::websocket::Options;

TEST_CASE("a WebSocket client masks each frame with another key, a server none")
{
    Loop loop(system_clock());
    const Played client(loop, Role::client);
    const Played server(loop, Role::server);
    for (int i = 0; i < 200; ++i) {
        CHECK_FALSE(client.connection->send(Opcode::text, "the same"));
        CHECK_FALSE(server.connection->send(Opcode::text, "the same"));
    }
    std::set<std::array<unsigned char, 4>> keys;
    for (const WireFrame& frame : client.sent()) {
        CHECK(frame.payload == "the same");
        REQUIRE(frame.key);
        keys.insert(*frame.key);
    }
    CHECK(keys.size() == 200);
    CHECK(server.sent() == std::vector<WireFrame>(200, frame_from(Role::server, 1, "the same")));
    CHECK(server.stream->sends == 1);
    CHECK(client.stream->sends == 1);
}

TEST_CASE("a message that needs nothing but room is collected in order with the others, and refused otherwise")
{
    Loop loop(system_clock());
    const Played played(loop);
    const auto& connection = played.connection;
    CHECK(connection->try_send(Opcode::text, "first"));
    CHECK_FALSE(connection->send(Opcode::binary, "second"));
    CHECK(connection->try_send(Opcode::binary, std::string(200, 'x')));
    CHECK(connection->try_send(Opcode::text, ""));
    CHECK(played.sent() == std::vector{frame_from(Role::server, 1, "first"), frame_from(Role::server, 2, "second"),
                                       frame_from(Role::server, 2, std::string(200, 'x')),
                                       frame_from(Role::server, 1, "")});
    CHECK(played.stream->sends == 1);
    CHECK(connection->statistics().messages_sent == 4);
    CHECK(connection->statistics().frames_sent == 4);
    CHECK(connection->statistics().bytes_sent == 211);

    CHECK_FALSE(connection->try_send(Opcode::binary, std::string(20'000, 'x')));  // leaves at once, by `send`
    played.stream->set_room(0);
    std::size_t collected = 0;
    while (connection->try_send(Opcode::binary, std::string(1000, 'x'))) {
        REQUIRE(++collected < 100);
    }
    CHECK(collected > 0);
    connection->abort();
    CHECK_FALSE(connection->try_send(Opcode::text, "late"));
    settle(loop);
}

TEST_CASE("what has to be masked, compressed or cut is not collected by the short way")
{
    Loop loop(system_clock());
    Options fragments;
    fragments.fragment_size = 10;
    CHECK_FALSE(Played(loop, Role::client).connection->try_send(Opcode::text, "text"));
    CHECK_FALSE(Played(loop, Role::server, {}, DeflateParameters{}).connection->try_send(Opcode::text, "text"));
    CHECK_FALSE(Played(loop, Role::server, fragments).connection->try_send(Opcode::text, "text"));
}

TEST_CASE("what is longer than fragment_size leaves in several frames")
{
    Loop loop(system_clock());
    Options options;
    options.fragment_size = 10;
    const Played played(loop, Role::server, options);
    const auto sent = [&](std::string_view data) {
        CHECK_FALSE(played.connection->send(Opcode::text, data));
        return played.sent();
    };
    const auto part = [](unsigned opcode, std::string payload, bool fin) {
        return WireFrame{opcode, std::move(payload), fin, 0, {}};
    };
    CHECK(sent("") == std::vector{part(1, "", true)});
    CHECK(sent("0123456789") == std::vector{part(1, "0123456789", true)});
    CHECK(sent("0123456789a") == std::vector{part(1, "0123456789", false), part(0, "a", true)});
    CHECK(sent("0123456789abcdefghij") == std::vector{part(1, "0123456789", false), part(0, "abcdefghij", true)});
    CHECK(sent("0123456789abcdefghij!") ==
          std::vector{part(1, "0123456789", false), part(0, "abcdefghij", false), part(0, "!", true)});
    CHECK(played.connection->statistics().messages_sent == 5);
    CHECK(played.connection->statistics().frames_sent == 1 + 1 + 2 + 2 + 3);
}

TEST_CASE("compressed messages go both ways, in fragments too, and only those that are large enough")
{
    Loop loop(system_clock());
    Options options;
    options.fragment_size = 20;
    options.deflate.threshold = 30;
    const DeflateParameters agreed;
    const Played played(loop, Role::server, options, agreed);
    CHECK(played.connection->compresses());
    const std::string message = "a message that is long enough, with sense and 123";
    CHECK_FALSE(played.connection->send(Opcode::text, message));
    CHECK_FALSE(played.connection->send(Opcode::text, "small"));
    const auto frames = played.sent();
    REQUIRE(frames.size() >= 3);
    CHECK(frames.front().reserved == 4);
    CHECK_FALSE(frames.front().fin);
    CHECK(frames[1].reserved == 0);
    CHECK(frames[1].opcode == 0);
    CHECK(frames.back() == frame_from(Role::server, 1, "small"));

    // What it sends is what it reads.
    for (const WireFrame& frame : frames) {
        played.arrive(frame.opcode, frame.payload, frame.fin, frame.reserved);
    }
    CHECK(received_now(*played.connection) == Gots{text(message), text("small")});
    const auto statistics = played.connection->statistics();
    CHECK(statistics.bytes_sent == message.size() + 5);
    CHECK(statistics.bytes_received == message.size() + 5);
    CHECK(statistics.messages_received == 2);
    CHECK(statistics.frames_received == frames.size());
}

TEST_CASE("a WebSocket connection counts what it does")
{
    Loop loop(system_clock());
    const Played played(loop);
    played.arrive(1, "12", false);
    played.arrive(9, "ping");
    played.arrive(0, "345");
    played.arrive(10, "pong");
    CHECK_FALSE(played.connection->send(Opcode::binary, "1234567"));
    CHECK_FALSE(played.connection->send_control(Opcode::ping, "mine"));
    CHECK_FALSE(played.connection->send_control(Opcode::pong, ""));
    CHECK(played.sent() == std::vector{frame_from(Role::server, 10, "ping"), frame_from(Role::server, 2, "1234567"),
                                       frame_from(Role::server, 9, "mine"), frame_from(Role::server, 10, "")});
    const auto statistics = played.connection->statistics();
    CHECK(statistics.messages_received == 1);
    CHECK(statistics.frames_received == 4);
    CHECK(statistics.bytes_received == 5);
    CHECK(statistics.messages_sent == 1);
    CHECK(statistics.frames_sent == 4);
    CHECK(statistics.bytes_sent == 7);
    CHECK(statistics.pings_sent == 1);
    CHECK(statistics.pings_received == 1);
    CHECK(statistics.pongs_received == 1);
    CHECK(statistics.messages_dropped == 0);
    CHECK_FALSE(statistics.ping_round_trip);
}
