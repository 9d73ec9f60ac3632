#include "host/websocket/connection.hpp"
#include "tests/unit/websocket/close_support.hpp"

using namespace moonwire::test;
using moonwire::loop::Loop;
using moonwire::net::error_code;
using moonwire::websocket::Options;
using net_errc = moonwire::net::errc;

namespace {

std::vector<WireFrame> without_keys(std::vector<WireFrame> frames)
{
    for (WireFrame& frame : frames) {
        frame.key.reset();
    }
    return frames;
}

}  // namespace

TEST_CASE("a peer's close frame is answered with its code, and ends the receiving")
{
    const Role role = GENERATE(Role::server, Role::client);
    CAPTURE(role == Role::server);
    Loop loop(system_clock());
    const Played played(loop, role);
    Gots all;
    keep_receiving(played.connection, all);
    played.stream->arrive(wire_from(other(role), 1, "last words") +
                          wire_from(other(role), 8, close_payload(4321, "enough")) +
                          wire_from(other(role), 1, "too late") + wire_from(other(role), 9, "too late"));
    settle(loop);
    CHECK(all == Gots{text("last words"), failure(net_errc::closed)});
    check_end(*played.connection, net_errc::closed, 4321, "enough");
    CHECK(without_keys(played.sent()) == std::vector{close_frame(close_payload(4321))});
    CHECK(played.connection->try_receive()->error == net_errc::closed);
    CHECK(played.connection->statistics().messages_received == 1);
    CHECK(played.connection->statistics().pings_received == 0);

    // The server is the first to close the connection below (RFC 6455, section 7.1.1).
    CHECK(played.stream->closed_in_order == (role == Role::server));
    played.stream->arrive_end();
    settle(loop);
    CHECK(played.stream->closed_in_order);
    CHECK_FALSE(played.stream->aborted);
}

TEST_CASE("a close frame without a code is answered by one without")
{
    Loop loop(system_clock());
    const Played played(loop);
    played.arrive(8, "");
    CHECK(played.sent() == std::vector{close_frame("")});
    check_end(*played.connection, net_errc::closed, 1005);
}

TEST_CASE("closing sends a close frame, waits for the peer's, and closes the stream")
{
    const Role role = GENERATE(Role::server, Role::client);
    CAPTURE(role == Role::server);
    Loop loop(system_clock());
    const Played played(loop, role);
    Gots all;
    keep_receiving(played.connection, all);
    Closed closed;
    played.connection->async_close(3001, "good bye", std::nullopt, into(closed));
    CHECK(played.connection->closing());
    CHECK(all.empty());  // never from within
    CHECK(without_keys(played.sent()) == std::vector{close_frame(close_payload(3001, "good bye"))});
    CHECK(all == Gots{failure(net_errc::closed)});
    CHECK(played.connection->send(Opcode::text, "too late") == net_errc::closed);
    CHECK(played.connection->send_control(Opcode::ping, "") == net_errc::closed);
    CHECK_FALSE(closed);
    CHECK_FALSE(played.stream->ended());

    // What was on its way is passed over, pings are not answered any more.
    played.arrive(1, "crossed");
    played.arrive(9, "crossed");
    CHECK_FALSE(closed);
    played.arrive(8, close_payload(3001));
    if (role == Role::client) {
        CHECK_FALSE(closed);
        played.stream->arrive_end();
        settle(loop);
    }
    REQUIRE(closed);
    CHECK_FALSE(*closed);
    CHECK(played.stream->closed_in_order);
    CHECK(played.sent().empty());
    CHECK(all.size() == 1);
    CHECK(played.connection->end().error == net_errc::closed);
    CHECK(played.connection->end().code == 3001);
}

TEST_CASE("closing without a code sends none")
{
    Loop loop(system_clock());
    const Played without(loop);
    Closed closed;
    without.connection->async_close(0, "", std::nullopt, into(closed));
    CHECK(without.sent() == std::vector{close_frame("")});
    check_end(*without.connection, net_errc::closed, 1005);
    without.arrive(8, "");
    CHECK(closed);
}

TEST_CASE("closing twice is no error, and both are told")
{
    Loop loop(system_clock());
    const Played played(loop);
    Closed first;
    Closed second;
    Closed third;
    played.connection->async_close(1000, "", std::nullopt, into(first));
    played.connection->async_close(1001, "", std::nullopt, into(second));
    CHECK_FALSE(second);
    CHECK(played.sent() == std::vector{close_frame(close_payload(1000))});
    CHECK(second);
    CHECK_FALSE(first);
    played.arrive(8, close_payload(1000));
    CHECK(first);
    played.connection->async_close(1000, "", std::nullopt, into(third));
    settle(loop);
    REQUIRE(third);
    CHECK_FALSE(*third);
    CHECK(played.sent().empty());
}

TEST_CASE("both sides may close at the same time")
{
    const Role role = GENERATE(Role::server, Role::client);
    Loop loop(system_clock());
    const Played played(loop, role);
    Gots all;
    keep_receiving(played.connection, all);
    Closed closed;
    bool peer_first = false;
    SECTION("this one is first")
    {
        in_a_turn(loop, [&] {
            played.connection->async_close(1000, "mine", std::nullopt, into(closed));
            played.stream->arrive(wire_from(other(role), 8, close_payload(1001, "theirs")));
        });
    }
    SECTION("the peer is")
    {
        peer_first = true;
        played.stream->arrive(wire_from(other(role), 8, close_payload(1001, "theirs")));
        settle(loop);
        played.connection->async_close(1000, "mine", std::nullopt, into(closed));
        settle(loop);
    }
    played.stream->arrive_end();
    settle(loop);
    REQUIRE(closed);
    CHECK_FALSE(*closed);
    CHECK(all == Gots{failure(net_errc::closed)});
    CHECK(without_keys(played.sent()) ==
          std::vector{close_frame(peer_first ? close_payload(1001) : close_payload(1000, "mine"))});
    CHECK(played.stream->closed_in_order);
}

TEST_CASE("a peer that does not answer a close frame is given up after the time for it")
{
    const Role role = GENERATE(Role::server, Role::client);
    const bool reads = GENERATE(true, false);
    Loop loop(virtual_clock());
    Options options;
    options.close_timeout = 3s;
    const Played played(loop, role, options);
    played.stream->set_room(reads ? SIZE_MAX : 0);
    Closed closed;
    SECTION("the connection's")
    {
        played.connection->async_close(1000, "", std::nullopt, into(closed));
        pass(loop, 2999ms);
    }
    SECTION("the call's, though the peer sends on")
    {
        played.connection->async_close(1000, "", 7s, into(closed));
        pass(loop, 6999ms);
        played.arrive(1, "blah");
    }
    CHECK_FALSE(closed);
    pass(loop, 1ms);
    REQUIRE(closed);
    CHECK(*closed == net_errc::timeout);
    CHECK(played.stream->aborted);
    CHECK(played.connection->ended());
}

TEST_CASE("a server that answers the close frame and does not close is closed by the client in time")
{
    Loop loop(virtual_clock());
    Options options;
    options.close_timeout = 3s;
    const Played played(loop, Role::client, options);
    Closed closed;
    const bool server_begins = GENERATE(true, false);
    if (!server_begins) {
        played.connection->async_close(1000, "", std::nullopt, into(closed));
    }
    played.arrive(8, close_payload(1000));
    // What comes after a close frame does not put off the end.
    for (const char* late : {"", "1", "x"}) {
        pass(loop, 999ms);
        played.arrive(8, late);
    }
    CHECK_FALSE(played.stream->ended());
    pass(loop, 3ms);
    CHECK(played.stream->closed_in_order);
    CHECK(closed == (server_begins ? Closed() : Closed(error_code())));
    check_end(*played.connection, net_errc::closed, 1000);
}
