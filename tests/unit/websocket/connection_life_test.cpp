#include "host/websocket/connection.hpp"
#include "tests/unit/websocket/support.hpp"

using namespace moonwire::test;
using moonwire::loop::Loop;
using moonwire::net::error_code;
using moonwire::websocket::Incoming;
using moonwire::websocket::Options;
using net_errc = moonwire::net::errc;

TEST_CASE("a WebSocket connection may be let go at every stage")
{
    Loop loop(virtual_clock());
    const auto played = std::make_unique<Played>(loop);
    std::weak_ptr<Connection> connection = played->connection;
    const auto let_go = [&] { played->connection.reset(); };
    SECTION("just started")
    {
        let_go();
    }
    SECTION("with a message that is not read")
    {
        played->arrive(1, "x");
        let_go();
    }
    SECTION("with a message on its way in")
    {
        settle(loop);
        played->stream->arrive(wire_from(Role::client, 1, "x"));
        let_go();
    }
    SECTION("with part of a message")
    {
        played->arrive(1, "x", false);
        let_go();
        played->arrive(0, "y");
    }
    SECTION("with messages to send")
    {
        CHECK_FALSE(played->connection->send(Opcode::text, "still sent"));
        let_go();
        settle(loop);
        CHECK(parsed(played->stream->sent).front().payload == "still sent");
    }
    SECTION("with a receive that nobody waits for")
    {
        played->connection->async_receive(1s, [](const Incoming&) { FAIL("nobody is there"); });
        let_go();
    }
    SECTION("with a ping owed")
    {
        played->stream->set_room(0);
        for (int i = 0; i < 3000; ++i) {
            played->stream->arrive(wire_from(Role::client, 9, std::string(125, 'p')));
        }
        settle(loop);
        REQUIRE(played->stream->must_wait());
        let_go();
        played->stream->set_room(SIZE_MAX);
    }
    SECTION("while it closes: it does so to the end")
    {
        bool closed = false;
        played->connection->async_close(1000, "", std::nullopt, [&](const error_code&) { closed = true; });
        let_go();
        CHECK_FALSE(connection.expired());
        played->arrive(8, close_payload(1000));
        CHECK(closed);
    }
    SECTION("while it closes, and the peer does not answer")
    {
        played->connection->async_close(1000, "", std::nullopt, [](const error_code&) {});
        let_go();
        REQUIRE(run_until(loop, [&] { return connection.expired(); }));
        CHECK(played->stream->aborted);
    }
    SECTION("when the peer has closed")
    {
        played->arrive(8, close_payload(1000));
        let_go();
        settle(loop);
        CHECK(played->stream->closed_in_order);
    }
    SECTION("when it was aborted")
    {
        played->connection->abort();
        let_go();
    }
    settle(loop);
    CHECK(connection.expired());
    played->stream->arrive_end();
    settle(loop);
}

TEST_CASE("a handler may let go of the last of its WebSocket connection")
{
    Loop loop(virtual_clock());
    const auto stream = std::make_shared<MemoryStream>(loop);
    std::weak_ptr<Connection> weak;
    int calls = 0;
    const auto make = [&](Role role) {
        auto connection = std::make_shared<Connection>(stream, role, std::make_shared<Options>(), std::nullopt);
        weak = connection;
        connection->start();
        return connection;
    };
    // Holds the connection alone, and lets go of it when it is called.
    const auto receive = [&](std::shared_ptr<Connection> connection, std::optional<Duration> timeout = std::nullopt) {
        Connection& it = *connection;
        it.async_receive(timeout, [&calls, held = std::move(connection)](const Incoming&) mutable {
            ++calls;
            held.reset();
        });
    };
    SECTION("for a message")
    {
        receive(make(Role::server));
        stream->arrive(wire_from(Role::client, 1, "x") + wire_from(Role::client, 1, "y"));
    }
    SECTION("for the peer's close, at a server")
    {
        receive(make(Role::server));
        stream->arrive(wire_from(Role::client, 8, ""));
    }
    SECTION("for the peer's close, at a client")
    {
        receive(make(Role::client));
        stream->arrive(wire_from(Role::server, 8, ""));
        stream->arrive_end();
    }
    SECTION("for the end of the stream")
    {
        receive(make(Role::server));
        stream->arrive_end();
    }
    SECTION("for a breach of the protocol")
    {
        receive(make(Role::server));
        stream->arrive(wire_from(Role::client, 3, ""));
    }
    SECTION("for a timeout")
    {
        receive(make(Role::server), 1s);
    }
    SECTION("for a dead peer")
    {
        receive(make(Role::server));
    }
    SECTION("when it is cancelled")
    {
        auto connection = make(Role::server);
        Connection& it = *connection;
        receive(std::move(connection));
        it.cancel_receive();
    }
    SECTION("when it is aborted")
    {
        auto connection = make(Role::server);
        Connection& it = *connection;
        receive(std::move(connection));
        it.abort();
    }
    SECTION("when it closes")
    {
        auto connection = make(Role::server);
        Connection& it = *connection;
        it.async_close(1000, "", std::nullopt, [&calls, held = std::move(connection)](const error_code&) mutable {
            ++calls;
            held.reset();
        });
        settle(loop);
        stream->arrive(wire_from(Role::client, 8, ""));
    }
    REQUIRE(run_until(loop, [&] { return calls > 0; }));
    REQUIRE(run_until(loop, [&] { return weak.expired(); }));
    CHECK(calls == 1);
}

TEST_CASE("a handler may do anything to its WebSocket connection")
{
    Loop loop(virtual_clock());
    const Played played(loop);
    Connection& connection = *played.connection;
    Gots all;
    int stage = GENERATE(range(0, 5));
    connection.async_receive(std::nullopt, [&](const Incoming& incoming) {
        all.push_back(got(incoming));
        switch (stage) {
        case 0:
            connection.abort();
            break;
        case 1:
            connection.async_close(1000, "", std::nullopt, [](const error_code&) {});
            break;
        case 2:
            for (const Got& more : received_now(connection)) {
                all.push_back(more);
            }
            break;
        case 3:
            keep_receiving(played.connection, all);
            break;
        default:
            connection.async_receive(std::nullopt, [&](const Incoming& more) { all.push_back(got(more)); });
            connection.cancel_receive();
        }
    });
    std::string bytes;
    for (int i = 0; i < 3; ++i) {
        bytes += wire_from(Role::client, 1, std::to_string(i));
    }
    played.stream->arrive(bytes + wire_from(Role::client, 8, ""));
    settle(loop);
    REQUIRE(run_until(loop, [&] { return played.stream->ended(); }));
    CHECK(all.front() == text("0"));
    if (stage == 2 || stage == 3) {
        CHECK(all == Gots{text("0"), text("1"), text("2"), failure(net_errc::closed)});
    } else if (stage == 4) {
        CHECK(all == Gots{text("0"), failure(net_errc::cancelled)});
        CHECK(received_now(connection) == Gots{text("1"), text("2"), failure(net_errc::closed)});
    } else {
        CHECK(all == Gots{text("0")});
    }
}
