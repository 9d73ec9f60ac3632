#include "host/websocket/room.hpp"

#include "tests/unit/websocket/room_support.hpp"

using namespace moonwire::test;
using moonwire::loop::Loop;
using moonwire::net::error_code;
using moonwire::websocket::Room;
using net_errc = moonwire::net::errc;
using ws_errc = moonwire::websocket::errc;

TEST_CASE("a member that does not keep up is disconnected, and the others do not notice")
{
    Loop loop(system_clock());
    const std::size_t max_queued = 100'000;
    const auto room = make_room(loop, Room::Policy::drop_member, max_queued);
    const Played slow(loop);
    const Played quick(loop);
    room->join(*slow.connection);
    room->join(*quick.connection);
    Gots at_slow;
    keep_receiving(slow.connection, at_slow);
    settle(loop);
    slow.stream->set_room(10'000);
    const std::string data(1000, 'd');
    std::size_t most_queued = 0;
    for (int turn = 0; turn < 300; ++turn) {
        in_a_turn(loop, [&] { room->broadcast(Opcode::binary, data, nullptr); });
        most_queued = std::max(most_queued, slow.stream->queued());
    }
    CHECK(most_queued > max_queued);
    CHECK(most_queued < max_queued + 2 * data.size());
    CHECK(slow.stream->aborted);
    CHECK(at_slow == Gots{failure(ws_errc::policy)});
    CHECK(slow.connection->end().code == 1008);
    CHECK(slow.connection->statistics().messages_dropped == 1);
    CHECK(room->members() == std::vector{quick.connection.get()});
    CHECK(quick.sent() == std::vector<WireFrame>(300, frame_from(Role::server, 2, data)));
}

TEST_CASE("a member that does not keep up misses messages, stays, and gets whole ones when it reads again")
{
    Loop loop(system_clock());
    const std::size_t max_queued = 100'000;
    const auto room = make_room(loop, Room::Policy::drop_message, max_queued);
    const Played slow(loop);
    const Played quick(loop);
    room->join(*slow.connection);
    room->join(*quick.connection);
    slow.stream->set_room(10'000);
    std::size_t most_queued = 0;
    for (int turn = 0; turn < 300; ++turn) {
        in_a_turn(loop, [&] { room->broadcast(Opcode::text, std::to_string(turn) + std::string(1000, 'd'), nullptr); });
        most_queued = std::max(most_queued, slow.stream->queued());
    }
    CHECK(most_queued < max_queued + 2000);
    CHECK_FALSE(slow.connection->closing());
    CHECK(quick.sent().size() == 300);
    const auto dropped = slow.connection->statistics().messages_dropped;
    CHECK(dropped > 150);
    slow.stream->set_room(SIZE_MAX);
    const auto kept = slow.sent();
    CHECK(kept.size() == 300 - dropped);
    CHECK(slow.connection->statistics().messages_sent == kept.size());
    for (std::size_t i = 0; i < kept.size(); ++i) {
        CHECK(kept[i].payload == std::to_string(i) + std::string(1000, 'd'));
    }
    in_a_turn(loop, [&] { room->broadcast(Opcode::text, "back", nullptr); });
    CHECK(slow.sent() == all_said({"back"}));
}

TEST_CASE("a member that does not keep up is dropped cleanly wherever that is noticed")
{
    Loop loop(system_clock());
    auto room = make_room(loop, Room::Policy::drop_member, 100);
    const Played quick(loop);
    Played slow(loop);
    room->join(*slow.connection);
    room->join(*quick.connection);
    settle(loop);
    slow.stream->set_room(0);
    in_a_turn(loop, [&] { room->broadcast(Opcode::text, std::string(1000, 'x'), nullptr); });
    REQUIRE(slow.stream->queued() > 100);
    Connection* const except = slow.connection.get();
    SECTION("sending to it directly")
    {
        in_a_turn(loop, [&] {
            room->broadcast(Opcode::text, "x", nullptr);
            CHECK(slow.connection->send(Opcode::text, "direct") == net_errc::closed);
            room->broadcast(Opcode::text, "y", nullptr);
        });
    }
    SECTION("leaving it out")
    {
        in_a_turn(loop, [&] {
            room->broadcast(Opcode::text, "x", nullptr);
            room->broadcast(Opcode::text, "y", except);
        });
    }
    SECTION("leaving")
    {
        in_a_turn(loop, [&] {
            room->broadcast(Opcode::text, "x", nullptr);
            room->leave(*slow.connection);
            room->broadcast(Opcode::text, "y", nullptr);
        });
    }
    SECTION("being destroyed")
    {
        in_a_turn(loop, [&] {
            room->broadcast(Opcode::text, "x", nullptr);
            slow.connection.reset();
            room->broadcast(Opcode::text, "y", nullptr);
        });
    }
    SECTION("closing")
    {
        in_a_turn(loop, [&] {
            room->broadcast(Opcode::text, "x", nullptr);
            slow.connection->async_close(1000, "", std::nullopt, [](const error_code&) {});
            room->broadcast(Opcode::text, "y", nullptr);
        });
    }
    SECTION("answering its ping")
    {
        slow.stream->arrive(wire_from(Role::client, 9, "ping"));
        in_a_turn(loop, [&] {
            room->broadcast(Opcode::text, "x", nullptr);
            room->broadcast(Opcode::text, "y", nullptr);
        });
    }
    CHECK(slow.stream->aborted);
    CHECK(room->members() == std::vector{quick.connection.get()});
    CHECK(quick.sent().size() == 3);
}

TEST_CASE("a room that goes while a member does not keep up gives that member up")
{
    Loop loop(system_clock());
    auto room = make_room(loop, Room::Policy::drop_member, 100);
    const Played slow(loop);
    room->join(*slow.connection);
    slow.stream->set_room(0);
    in_a_turn(loop, [&] { room->broadcast(Opcode::text, std::string(1000, 'x'), nullptr); });
    in_a_turn(loop, [&] {
        room->broadcast(Opcode::text, "y", nullptr);
        room.reset();
    });
    CHECK(slow.stream->aborted);
    CHECK(slow.connection->end().error == ws_errc::policy);
}

TEST_CASE("a member whose stream has failed does not disturb a room")
{
    Loop loop(system_clock());
    const auto room = make_room(loop);
    const Played broken(loop);
    const Played fine(loop);
    room->join(*broken.connection);
    room->join(*fine.connection);
    settle(loop);
    broken.stream->send_error = boost::asio::error::broken_pipe;
    for (int i = 0; i < 3; ++i) {
        in_a_turn(loop, [&] { room->broadcast(Opcode::text, "x", nullptr); });
    }
    CHECK(fine.sent() == all_said({"x", "x", "x"}));
    broken.stream->arrive_end(boost::asio::error::connection_reset);
    settle(loop);
    CHECK(room->size() == 1);
}
