#include "host/websocket/connection.hpp"
#include "host/websocket/room.hpp"
#include "tests/unit/websocket/support.hpp"

using namespace moonwire::test;
using moonwire::loop::Loop;
using moonwire::net::error_code;
using moonwire::websocket::Incoming;
using moonwire::websocket::Options;
using moonwire::websocket::Room;
using net_errc = moonwire::net::errc;

TEST_CASE("a loop that goes lets go of WebSocket connections at every stage")
{
    std::weak_ptr<Connection> near;
    std::weak_ptr<Connection> far;
    {
        Loop loop(system_clock());
        auto [near_stream, far_stream] = stream_pair(loop);
        auto make = [&](const auto& stream, Role role) {
            return std::make_shared<Connection>(stream, role, std::make_shared<Options>(), std::nullopt);
        };
        auto client = make(near_stream, Role::client);
        auto server = make(far_stream, Role::server);
        near = client;
        far = server;
        client->start();
        server->start();
        near_stream.reset();
        far_stream.reset();
        Connection& waits = *client;
        waits.async_receive(10s, [held = std::move(client)](const Incoming&) {});
        Connection& closes = *server;
        const auto room = std::make_shared<Room>(loop, Room::Policy::drop_message, 1000);
        SECTION("open")
        {
            closes.async_receive(std::nullopt, [held = std::move(server)](const Incoming&) {});
        }
        SECTION("in a room with something to send")
        {
            room->join(*server);
            room->broadcast(Opcode::text, "x", nullptr);
            closes.async_receive(std::nullopt, [held = std::move(server)](const Incoming&) {});
        }
        SECTION("closing")
        {
            closes.async_close(1000, "", std::nullopt, [held = std::move(server)](const error_code&) {});
        }
        SECTION("just cancelled")
        {
            closes.async_receive(std::nullopt, [held = std::move(server)](const Incoming&) {});
            closes.cancel_receive();
        }
    }
    CHECK(near.expired());
    CHECK(far.expired());
}

TEST_CASE("two WebSocket connections talk over TCP, from large messages to the closing handshake")
{
    Loop loop(system_clock());
    const bool small_buffers = GENERATE(false, true);
    const Compression compression = GENERATE(Compression(), Compression(moonwire::websocket::DeflateParameters{}));
    auto [near_stream, far_stream] = stream_pair(loop, small_buffers);
    const auto options = std::make_shared<Options>();
    const auto client = std::make_shared<Connection>(near_stream, Role::client, options, compression);
    const auto server = std::make_shared<Connection>(far_stream, Role::server, options, compression);
    client->start();
    server->start();
    Gots at_client;
    Gots at_server;
    keep_receiving(client, at_client);
    keep_receiving(server, at_server);
    Gots expected;
    for (const std::size_t size : {0u, 1u, 125u, 126u, 65535u, 65536u, 1000u, 1'000'000u, 3u}) {
        const std::string data = sample_bytes(size);
        REQUIRE_FALSE(client->send(Opcode::binary, data));
        REQUIRE_FALSE(server->send(Opcode::binary, data));
        expected.push_back(binary(data));
    }
    REQUIRE(
        run_until(loop, [&] { return at_client.size() == expected.size() && at_server.size() == expected.size(); }));
    CHECK((at_client == expected));
    CHECK((at_server == expected));
    std::optional<error_code> closed;
    Connection& closes = GENERATE(true, false) ? *client : *server;
    closes.async_close(1000, "done", std::nullopt, [&](const error_code& error) { closed = error; });
    REQUIRE(run_until(loop, [&] { return closed && client->ended() && server->ended(); }));
    CHECK_FALSE(*closed);
    CHECK(client->end().code == 1000);
    CHECK(server->end().code == 1000);
    CHECK(at_client.back() == failure(net_errc::closed));
    CHECK(at_server.back() == failure(net_errc::closed));
    loop.run_until_closed();
}

TEST_CASE("a WebSocket peer that vanishes with a reset leaves code 1006")
{
    Loop loop(system_clock());
    auto [stream, peer] = stream_and_raw(loop);
    const auto connection =
        std::make_shared<Connection>(stream, Role::server, std::make_shared<Options>(), std::nullopt);
    connection->start();
    Gots all;
    keep_receiving(connection, all);
    peer.send(wire_from(Role::client, 1, "before"));
    REQUIRE(run_until(loop, [&] { return all.size() == 1; }));
    peer.reset();
    REQUIRE(run_until(loop, [&] { return all.size() == 2; }));
    CHECK(all.back().error == boost::asio::error::connection_reset);
    CHECK(connection->end().code == 1006);
}

TEST_CASE("a WebSocket peer that does not receive holds up who sends, and loses nothing")
{
    Loop loop(system_clock());
    auto [near_stream, far_stream] = stream_pair(loop);
    const auto options = std::make_shared<Options>();
    const auto client = std::make_shared<Connection>(near_stream, Role::client, options, std::nullopt);
    const auto server = std::make_shared<Connection>(far_stream, Role::server, options, std::nullopt);
    client->start();
    server->start();
    Gots expected;
    const std::string data(10'000, 'd');
    while (!near_stream->must_wait()) {
        expected.push_back(binary(data + std::to_string(expected.size())));
        REQUIRE_FALSE(client->send(Opcode::binary, expected.back().data));
        settle(loop);
    }
    run_for(loop, 20ms);
    CHECK(near_stream->must_wait());
    CHECK(server->statistics().messages_received < 40);

    Gots all;
    keep_receiving(server, all);
    REQUIRE(run_until(loop, [&] { return all.size() == expected.size(); }));
    CHECK((all == expected));
    CHECK(near_stream->queued() == 0);
    client->abort();
    REQUIRE(run_until(loop, [&] { return server->ended(); }));
}
