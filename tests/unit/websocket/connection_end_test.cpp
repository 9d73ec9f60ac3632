#include "host/websocket/close_code.hpp"
#include "host/websocket/connection.hpp"
#include "tests/unit/websocket/close_support.hpp"

using namespace moonwire::test;
using moonwire::loop::Loop;
using moonwire::net::error_code;
using moonwire::websocket::CloseCode;
using moonwire::websocket::Options;
using net_errc = moonwire::net::errc;
using ws_errc = moonwire::websocket::errc;

TEST_CASE("a peer that goes without a close frame leaves code 1006 and the reason why")
{
    const Role role = GENERATE(Role::server, Role::client);
    const error_code why = GENERATE(error_code(net_errc::closed), error_code(boost::asio::error::connection_reset));
    Loop loop(system_clock());
    const Played played(loop, role);
    Gots all;
    Gots expected;
    SECTION("while somebody receives")
    {
        keep_receiving(played.connection, all);
        played.stream->arrive_end(why);
        settle(loop);
    }
    SECTION("in the middle of a frame")
    {
        keep_receiving(played.connection, all);
        expected = {text("whole")};
        played.stream->arrive(wire_from(other(role), 1, "whole") + wire_from(other(role), 1, "cut").substr(0, 4));
        played.stream->arrive_end(why);
        settle(loop);
    }
    SECTION("while nobody receives")
    {
        played.stream->arrive(wire_from(other(role), 1, "kept"));
        played.stream->arrive_end(why);
        settle(loop);
        expected = {text("kept")};
        all = received_now(*played.connection);
    }
    expected.push_back(failure(why));
    CHECK(all == expected);
    check_end(*played.connection, why, 1006);
    CHECK(played.stream->ended());
    CHECK(played.connection->send(Opcode::text, "x") == net_errc::closed);
    CHECK(played.sent().empty());
}

TEST_CASE("the end comes after the messages before it, however many were kept")
{
    Loop loop(system_clock());
    const Played played(loop);
    const std::string data(100'000, 'd');
    for (int i = 0; i < 20; ++i) {
        played.stream->arrive(wire_from(Role::client, 2, data));
    }
    const bool in_order = GENERATE(true, false);
    if (in_order) {
        played.stream->arrive(wire_from(Role::client, 8, close_payload(1000)));
    }
    played.stream->arrive_end();
    Gots all;
    while (all.empty() || !all.back().error) {
        settle(loop);
        const Gots more = received_now(*played.connection);
        REQUIRE_FALSE(more.empty());
        all.insert(all.end(), more.begin(), more.end());
    }
    Gots expected(20, binary(data));
    expected.push_back(failure(net_errc::closed));
    CHECK((all == expected));
    CHECK(played.connection->end().code == (in_order ? 1000 : 1006));
}

TEST_CASE("who breaks the protocol is told so, and closed")
{
    struct Case {
        std::string bytes;
        ws_errc error;
        unsigned code;
        std::string reason;
    };
    const Case wrong = GENERATE(
        Case{wire_from(Role::client, 3, ""), ws_errc::protocol_error, 1002, "a frame has a reserved opcode"},
        Case{wire_from(Role::server, 1, ""), ws_errc::protocol_error, 1002, "a frame of the client is not masked"},
        Case{wire_from(Role::client, 1, "\xff"), ws_errc::invalid_utf8, 1007, ""},
        Case{wire_from(Role::client, 8, close_payload(1005)), ws_errc::protocol_error, 1002,
             "a close frame has a code that must not be sent"},
        Case{wire_from(Role::client, 2, std::string(101, 'x')), ws_errc::message_too_big, 1009,
             "a message is longer than max_message"},
        Case{wire_from(Role::client, 2, "\x07", true, 4), ws_errc::bad_compression, 1007, ""});
    CAPTURE(wrong.code, wrong.reason);
    Loop loop(system_clock());
    Options options;
    options.limits.max_message = 100;
    const Played played(loop, Role::server, options, moonwire::websocket::DeflateParameters{});
    Gots all;
    keep_receiving(played.connection, all);
    played.stream->arrive(wire_from(Role::client, 1, "good") + wrong.bytes + wire_from(Role::client, 1, "ignored"));
    settle(loop);
    CHECK(all == Gots{text("good"), failure(wrong.error)});
    check_end(*played.connection, wrong.error, wrong.code);
    CHECK(played.connection->end().detail == wrong.reason);
    CHECK(played.sent() == std::vector{close_frame(close_payload(wrong.code, wrong.reason))});
    CHECK(played.stream->closed_in_order);
    CHECK(played.connection->send(Opcode::text, "x") == net_errc::closed);
}

TEST_CASE("a peer that breaks the protocol and does not read is closed in time")
{
    Loop loop(virtual_clock());
    Options options;
    options.close_timeout = 3s;
    const Played played(loop, Role::server, options);
    played.stream->set_room(0);
    played.arrive(3, "");
    pass(loop, 2999ms);
    CHECK_FALSE(played.stream->ended());
    pass(loop, 1ms);
    CHECK(played.stream->aborted);
}

TEST_CASE("abort ends a WebSocket connection at once, at every stage")
{
    Loop loop(system_clock());
    const Played played(loop);
    Gots all;
    keep_receiving(played.connection, all);
    Closed closed;
    SECTION("open")
    {
        CHECK_FALSE(played.connection->send(Opcode::text, "never sent"));
        played.connection->abort();
        CHECK(all.empty());
        CHECK(played.connection->closing());
        CHECK(played.connection->send(Opcode::text, "x") == net_errc::closed);
        settle(loop);
        check_end(*played.connection, net_errc::closed, 1006);
        CHECK(played.connection->statistics().messages_sent == 1);
    }
    SECTION("closing")
    {
        played.connection->async_close(1000, "", std::nullopt, into(closed));
        settle(loop);
        played.connection->abort();
        settle(loop);
        REQUIRE(closed);
        CHECK(*closed == net_errc::closed);
    }
    SECTION("closed by the peer, who does not read")
    {
        played.stream->set_room(0);
        played.arrive(8, close_payload(1000));
        CHECK_FALSE(played.stream->ended());
        played.connection->abort();
        settle(loop);
    }
    SECTION("twice, and closed afterwards")
    {
        played.connection->abort();
        played.connection->abort();
        played.connection->async_close(1000, "", std::nullopt, into(closed));
        settle(loop);
        CHECK(closed);
    }
    CHECK(played.stream->aborted);
    CHECK(all == Gots{failure(net_errc::closed)});
    played.connection->abort();
    settle(loop);
}

TEST_CASE("a WebSocket connection can be given up with a reason, once")
{
    Loop loop(system_clock());
    const Played played(loop);
    Gots all;
    keep_receiving(played.connection, all);
    played.connection->give_up(CloseCode::policy_violation, ws_errc::policy);
    played.connection->give_up(CloseCode::abnormal, net_errc::timeout);
    CHECK(all.empty());
    settle(loop);
    CHECK(all == Gots{failure(ws_errc::policy)});
    check_end(*played.connection, ws_errc::policy, 1008);
    CHECK(played.stream->aborted);
}
