#include "host/websocket/room.hpp"

#include "tests/unit/websocket/room_support.hpp"

using namespace moonwire::test;
using moonwire::loop::Loop;
using moonwire::net::error_code;
using moonwire::websocket::Room;

TEST_CASE("a room's members get what is broadcast, until they leave")
{
    Loop loop(system_clock());
    const auto room = make_room(loop);
    const Played a(loop);
    const Played b(loop);
    const Played c(loop);
    CHECK(room->broadcast(Opcode::text, "to nobody", nullptr) == 0);
    CHECK(room->join(*a.connection));
    CHECK(room->join(*b.connection));
    CHECK_FALSE(room->join(*b.connection));
    CHECK(room->join(*c.connection));
    CHECK(room->size() == 3);
    CHECK(room->has(*b.connection));
    CHECK(room->broadcast(Opcode::text, "one", nullptr) == 3);
    CHECK(room->broadcast(Opcode::binary, "two", nullptr) == 3);
    settle(loop);
    CHECK(room->leave(*a.connection));
    CHECK_FALSE(room->leave(*a.connection));
    CHECK_FALSE(room->has(*a.connection));
    auto members = room->members();
    std::ranges::sort(members);
    std::vector<Connection*> expected{b.connection.get(), c.connection.get()};
    std::ranges::sort(expected);
    CHECK(members == expected);
    CHECK(room->broadcast(Opcode::text, "three", nullptr) == 2);
    settle(loop);
    const WireFrame two = frame_from(Role::server, 2, "two");
    CHECK(a.sent() == std::vector{said("one"), two});
    CHECK(b.sent() == std::vector{said("one"), two, said("three")});
    CHECK(c.sent() == std::vector{said("one"), two, said("three")});
    const auto statistics = b.connection->statistics();
    CHECK(statistics.messages_sent == 3);
    CHECK(statistics.frames_sent == 3);
    CHECK(statistics.bytes_sent == 11);
    CHECK(statistics.messages_dropped == 0);
}

TEST_CASE("a connection may be a member of many rooms")
{
    Loop loop(system_clock());
    const Played member(loop);
    std::vector<std::shared_ptr<Room>> rooms;
    for (int i = 0; i < 5; ++i) {
        rooms.push_back(make_room(loop));
        rooms.back()->join(*member.connection);
    }
    in_a_turn(loop, [&] {
        rooms[2]->leave(*member.connection);
        for (const auto& room : rooms) {
            room->broadcast(Opcode::text, "x", nullptr);
        }
    });
    CHECK(member.sent().size() == 4);
    member.arrive(8, "");
    for (const auto& room : rooms) {
        CHECK(room->size() == 0);
    }
}

TEST_CASE("what a room broadcasts in a turn leaves to each member by one system call")
{
    Loop loop(system_clock());
    const auto room = make_room(loop);
    std::vector<Played> members;
    for (int i = 0; i < 20; ++i) {
        members.emplace_back(loop);
        room->join(*members.back().connection);
    }
    settle(loop);
    in_a_turn(loop, [&] {
        for (int i = 0; i < 1000; ++i) {
            room->broadcast(Opcode::text, std::to_string(i), nullptr);
        }
    });
    for (const Played& member : members) {
        CHECK(member.stream->sends == 1);
        const auto frames = member.sent();
        REQUIRE(frames.size() == 1000);
        CHECK(frames.front() == said("0"));
        CHECK(frames.back() == said("999"));
    }
}

TEST_CASE("a turn's broadcasts and direct messages keep their order, and leave together")
{
    Loop loop(system_clock());
    const auto room = make_room(loop);
    const Played a(loop);
    const Played b(loop);
    room->join(*a.connection);
    room->join(*b.connection);
    in_a_turn(loop, [&] {
        room->broadcast(Opcode::text, "1", nullptr);
        a.connection->send(Opcode::text, "2 for a");
        room->broadcast(Opcode::text, "3", nullptr);
        room->broadcast(Opcode::text, "4", nullptr);
        b.connection->send(Opcode::text, "5 for b");
        a.connection->send(Opcode::text, "6 for a");
        room->broadcast(Opcode::text, "7", nullptr);
    });
    CHECK(a.stream->sends == 1);
    CHECK(b.stream->sends == 1);
    CHECK(a.sent() == all_said({"1", "2 for a", "3", "4", "6 for a", "7"}));
    CHECK(b.sent() == all_said({"1", "3", "4", "5 for b", "7"}));
    CHECK(a.connection->statistics().messages_sent == 6);
}

TEST_CASE("pings are answered, and close frames sent, in order with the broadcasts")
{
    Loop loop(system_clock());
    const auto room = make_room(loop);
    const Played a(loop);
    room->join(*a.connection);
    settle(loop);
    in_a_turn(loop, [&] {
        room->broadcast(Opcode::text, "before", nullptr);
        a.connection->async_close(1000, "", std::nullopt, [](const error_code&) {});
        room->broadcast(Opcode::text, "after", nullptr);
    });
    CHECK(a.sent() == std::vector{said("before"), frame_from(Role::server, 8, close_payload(1000))});
    CHECK(room->size() == 0);
    CHECK(a.connection->statistics().messages_sent == 1);
}

TEST_CASE("a broadcast can leave one out, who keeps its place")
{
    Loop loop(system_clock());
    const auto room = make_room(loop);
    const Played a(loop);
    const Played b(loop);
    const Played stranger(loop);
    room->join(*a.connection);
    room->join(*b.connection);
    in_a_turn(loop, [&] {
        CHECK(room->broadcast(Opcode::text, "1", a.connection.get()) == 1);
        room->broadcast(Opcode::text, "2", nullptr);
        room->broadcast(Opcode::text, "3", a.connection.get());
        room->broadcast(Opcode::text, "4", b.connection.get());
        CHECK(room->broadcast(Opcode::text, "5", stranger.connection.get()) == 2);
        room->broadcast(Opcode::text, "6", a.connection.get());
    });
    CHECK(a.stream->sends == 1);
    CHECK(a.sent() == all_said({"2", "4", "5"}));
    CHECK(b.sent() == all_said({"1", "2", "3", "5", "6"}));
    CHECK(stranger.sent().empty());
    CHECK(a.connection->statistics().messages_sent == 3);
    CHECK(a.connection->statistics().bytes_sent == 3);
}

TEST_CASE("who joins in a turn gets what comes then, who leaves what came before")
{
    Loop loop(system_clock());
    const auto room = make_room(loop);
    const Played a(loop);
    const Played b(loop);
    const Played c(loop);
    room->join(*a.connection);
    room->join(*c.connection);
    in_a_turn(loop, [&] {
        room->broadcast(Opcode::text, "1", nullptr);
        room->join(*b.connection);
        room->broadcast(Opcode::text, "2", nullptr);
        room->leave(*a.connection);
        room->broadcast(Opcode::text, "3", nullptr);
        room->join(*a.connection);
        room->broadcast(Opcode::text, "4", nullptr);
        room->leave(*c.connection);
    });
    CHECK(a.sent() == all_said({"1", "2", "4"}));
    CHECK(b.sent() == all_said({"2", "3", "4"}));
    CHECK(c.sent() == all_said({"1", "2", "3", "4"}));
    in_a_turn(loop, [&] { room->broadcast(Opcode::text, "next turn", nullptr); });
    CHECK(a.sent() == all_said({"next turn"}));
    CHECK(b.sent() == all_said({"next turn"}));
    CHECK(c.sent().empty());
}

TEST_CASE("members that end leave by themselves")
{
    Loop loop(system_clock());
    const auto room = make_room(loop);
    const Played stays(loop);
    room->join(*stays.connection);
    auto played = std::make_unique<Played>(loop);
    room->join(*played->connection);
    SECTION("closed by the peer")
    {
        played->arrive(8, close_payload(1000));
    }
    SECTION("gone")
    {
        played->stream->arrive_end();
        settle(loop);
    }
    SECTION("breaking the protocol")
    {
        played->arrive(3, "");
    }
    SECTION("aborted")
    {
        played->connection->abort();
    }
    SECTION("closed from here")
    {
        played->connection->async_close(1000, "", std::nullopt, [](const error_code&) {});
    }
    SECTION("destroyed")
    {
        played->connection.reset();
    }
    settle(loop);
    CHECK(room->members() == std::vector{stays.connection.get()});
    CHECK(room->broadcast(Opcode::text, "x", nullptr) == 1);
    CHECK(stays.sent() == all_said({"x"}));
}

TEST_CASE("a room may go before its members, and members before their room, in the middle of a turn")
{
    Loop loop(system_clock());
    auto room = make_room(loop);
    auto a = std::make_unique<Played>(loop);
    const Played b(loop);
    room->join(*a->connection);
    room->join(*b.connection);
    settle(loop);
    SECTION("the room")
    {
        in_a_turn(loop, [&] {
            room->broadcast(Opcode::text, "last", nullptr);
            room.reset();
        });
        CHECK(b.sent() == all_said({"last"}));
        a->connection->send(Opcode::text, "alone");
        CHECK(a->sent() == all_said({"last", "alone"}));
    }
    SECTION("a member, who is still sent what was broadcast before")
    {
        in_a_turn(loop, [&] {
            room->broadcast(Opcode::text, "last", nullptr);
            a->connection.reset();
            room->broadcast(Opcode::text, "more", nullptr);
        });
        CHECK(b.sent() == all_said({"last", "more"}));
        CHECK(a->sent() == all_said({"last"}));
    }
    SECTION("all at once")
    {
        in_a_turn(loop, [&] {
            room->broadcast(Opcode::text, "last", nullptr);
            a.reset();
            room.reset();
        });
        CHECK(b.sent() == all_said({"last"}));
    }
}

TEST_CASE("more than a batch is sent in the turn already, and the memory for it given back")
{
    Loop loop(system_clock());
    const auto room = make_room(loop);
    const Played a(loop);
    room->join(*a.connection);
    settle(loop);
    const std::string data(100'000, 'd');
    const std::string huge(1'000'000, 'h');
    const std::size_t before = allocated_bytes();
    in_a_turn(loop, [&] {
        for (int i = 0; i < 10; ++i) {
            room->broadcast(Opcode::binary, data, nullptr);
        }
        CHECK(a.stream->sent.size() > 500'000);
        a.connection->send(Opcode::text, "direct");
        room->broadcast(Opcode::binary, huge, nullptr);
        room->broadcast(Opcode::text, "end", nullptr);
        room->broadcast(Opcode::binary, data, a.connection.get());
    });
    CHECK(a.stream->sends <= 7);
    std::vector<WireFrame> expected(10, frame_from(Role::server, 2, data));
    expected.push_back(said("direct"));
    expected.push_back(frame_from(Role::server, 2, huge));
    expected.push_back(said("end"));
    CHECK((a.sent() == expected));
    expected = {};
    CHECK(allocated_bytes() < before + 300 * 1024);
}
