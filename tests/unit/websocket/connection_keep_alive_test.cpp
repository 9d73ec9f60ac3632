#include "host/websocket/connection.hpp"
#include "tests/unit/websocket/support.hpp"

using namespace moonwire::test;
using moonwire::loop::Loop;
using moonwire::websocket::Options;
using net_errc = moonwire::net::errc;

namespace {

Options with_keep_alive(Duration interval, Duration timeout)
{
    Options options;
    options.keep_alive = interval;
    options.keep_alive_timeout = timeout;
    return options;
}

}  // namespace

TEST_CASE("a silent peer is pinged, and given up when it stays silent")
{
    const Role role = GENERATE(Role::server, Role::client);
    Loop loop(virtual_clock());
    const Played played(loop, role, with_keep_alive(10s, 4s));
    Gots all;
    keep_receiving(played.connection, all);
    pass(loop, 9s);
    CHECK(played.stream->sent.empty());
    pass(loop, 1s);
    CHECK(parsed(played.stream->sent).front().opcode == 9);
    pass(loop, 3s);
    CHECK(all.empty());
    pass(loop, 1s);
    CHECK(all == Gots{failure(net_errc::timeout)});
    CHECK(played.connection->end().code == 1006);
    CHECK(played.stream->aborted);
    CHECK(played.connection->statistics().pings_sent == 1);
}

TEST_CASE("a peer that answers pings stays, and so does one that sends by itself")
{
    Loop loop(virtual_clock());
    const Played played(loop, Role::server, with_keep_alive(10s, 4s));
    SECTION("answers")
    {
        for (int i = 0; i < 25; ++i) {
            pass(loop, 2s);
            const auto frames = parsed(std::exchange(played.stream->sent, {}));
            for (const WireFrame& frame : frames) {
                CHECK(frame.opcode == 9);
                played.stream->arrive(wire_from(Role::client, 10, frame.payload));
            }
        }
        CHECK(played.connection->statistics().pings_sent >= 3);
    }
    SECTION("sends")
    {
        for (int i = 0; i < 10; ++i) {
            pass(loop, 5s);
            played.stream->arrive(wire_from(Role::client, 1, "x"));
        }
        CHECK(played.connection->statistics().pings_sent == 0);
    }
    CHECK_FALSE(played.connection->ended());
}

TEST_CASE("without keep-alive nobody is pinged")
{
    Loop loop(virtual_clock());
    const Played played(loop, Role::server, with_keep_alive(0s, 4s));
    pass(loop, 3600s);
    CHECK(played.sent().empty());
    CHECK_FALSE(played.connection->ended());
}

TEST_CASE("a peer that is not read from is not taken for dead")
{
    Loop loop(virtual_clock());
    const Played played(loop, Role::server, with_keep_alive(10s, 4s));
    const std::string data(50'000, 'd');
    for (int i = 0; i < 20; ++i) {
        played.stream->arrive(wire_from(Role::client, 2, data));
    }
    pass(loop, 100s);
    CHECK(played.stream->not_read() > 0);
    CHECK_FALSE(played.connection->ended());
    CHECK(received_now(*played.connection).size() >= 5);
}

TEST_CASE("a ping's round trip is told when its own pong comes")
{
    Loop loop(virtual_clock());
    const Played played(loop, Role::server, with_keep_alive(0s, 0s));
    CHECK_FALSE(played.connection->send_control(Opcode::ping, "one"));
    pass(loop, 2s);
    played.stream->arrive(wire_from(Role::client, 10, "another"));
    settle(loop);
    CHECK_FALSE(played.connection->statistics().ping_round_trip);
    played.stream->arrive(wire_from(Role::client, 10, "one"));
    settle(loop);
    CHECK(played.connection->statistics().ping_round_trip == 2s);
    pass(loop, 2s);
    played.stream->arrive(wire_from(Role::client, 10, "one"));  // unasked for
    settle(loop);
    CHECK(played.connection->statistics().ping_round_trip == 2s);
}
