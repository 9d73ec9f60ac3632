// ws.room: fan-out.
#include "tests/bindings/ws_script.hpp"

#include <catch2/catch.hpp>

using Catch::Matchers::Contains;
using namespace moonwire::test;

namespace {

// `members(n, room)`: so many connections, both ends of each, whose servers' ends are in the room.
std::string room_output(const std::string& body)
{
    return ws_output(R"(
        local room
        local function members(count, options, server_options)
            room = ws.room(options)
            listen(server_options)
            local servers, clients = {}, {}
            for i = 1, count do
                local accepting = task.spawn(function() return server:accept() end)
                clients[i] = assert(ws.connect(url()))
                servers[i] = assert(accepting:join())
                assert(room:join(servers[i]))
            end
            return servers, clients
        end
    )" + body);
}

}  // namespace

TEST_CASE("a broadcast reaches all members, or all but one")
{
    CHECK(room_output(R"(
        local servers, clients = members(3)
        print(room, room:count(), #room:members())
        print(room:broadcast("to all"), room:broadcast_binary("\255"), room:broadcast("to others", servers[2]))
        for i = 1, 3 do
            io.write(clients[i]:receive(), " ", #clients[i]:receive(), " ")
            print(i ~= 2 and clients[i]:receive() or code(clients[i]:receive(1)))
        end)") == "room with 3 members\t3\t3\n3\t3\t2\nto all 1 to others\nto all 1 timeout\nto all 1 to others\n");
}

TEST_CASE("what is sent to a member directly keeps its place among the broadcasts")
{
    CHECK(room_output(R"(
        local servers, clients = members(2)
        room:broadcast("1") servers[1]:send("2") room:broadcast("3") servers[1]:ping() servers[1]:send("4")
        room:broadcast("5")
        for i = 1, 5 do io.write((clients[1]:receive())) end
        for i = 1, 3 do io.write((clients[2]:receive())) end)") == "12345135");
}

TEST_CASE("members join, leave, and leave by themselves when they end")
{
    CHECK(room_output(R"(
        local servers, clients = members(3)
        print(room:join(servers[1]), room:has(servers[1]), room:leave(servers[1]), room:leave(servers[1]),
            room:has(servers[1]), room:count())
        clients[2]:close()
        servers[3]:abort()
        task.sleep(0.1)
        print(room:count(), #room:members(), room:broadcast("nobody"))
        local joined, err = room:join(servers[2])
        print(joined, err.code)
        local other = ws.room()
        other:join(servers[1])
        print(other:members()[1] == servers[1]))") ==
          "false\ttrue\ttrue\tfalse\tfalse\t2\n0\t0\t0\nnil\tclosed\ntrue\n");
}

TEST_CASE("what was broadcast before a member joined does not reach it, and what came before it left does")
{
    CHECK(room_output(R"(
        local servers, clients = members(2)
        room:leave(servers[2])
        room:broadcast("early") room:join(servers[2]) room:broadcast("both") room:leave(servers[1])
        room:broadcast("late")
        print(clients[1]:receive(), clients[1]:receive())
        print(code(clients[1]:receive(1)))
        print(clients[2]:receive(), clients[2]:receive()))") == "early\tboth\tfalse\ntimeout\nboth\tlate\tfalse\n");
}

TEST_CASE("a slow member is dropped, and holds up nobody")
{
    CHECK(room_output(R"(
        local servers, clients = members(2, { max_queued = 100000 })
        local slow = raw()  -- reads nothing
        room:join(a)
        local text = ("x"):rep(50000)
        local received = 0
        task.spawn(function() for data in clients[1]:messages() do received = received + #data end end)
        task.spawn(function() for data in clients[2]:messages() do received = received + #data end end)
        local count = 0
        while room:has(a) do
            room:broadcast(text)
            count = count + 1
            task.sleep(0.001)
        end
        task.sleep(1)
        print(received == 2 * 50000 * count, count < 1000, room:count())
        local data, err = a:receive()
        print(data, err.code, err.close_code, a:info().messages_dropped > 0, code(slow:read_all(1e9))))") ==
          "true\ttrue\t2\nnil\tpolicy\t1008\ttrue\treset\n");
}

TEST_CASE("a slow member may lose messages instead, and gets later ones whole")
{
    CHECK(room_output(R"(
        members(0, { max_queued = 100000, slow = "drop_message" })
        local slow = raw()
        room:join(a)
        local text = ("x"):rep(10000)
        for i = 1, 2000 do
            room:broadcast(i .. ":" .. text)
            if i % 20 == 0 then task.sleep(0.001) end
        end
        local info = a:info()
        print(info.messages_dropped > 0, info.messages_sent + info.messages_dropped, room:has(a))
        task.spawn(function() while info.messages_sent > 0 do slow:read_some(1e6) end end)
        a:flush()
        room:broadcast("after")
        task.sleep(0.1)
        print(a:info().messages_sent == info.messages_sent + 1, a:closed()))") == "true\t2000\ttrue\ntrue\tfalse\n");
}

TEST_CASE("a room of a hundred, in which everybody talks")
{
    CHECK(room_output(R"(
        local servers, clients = members(100)
        for i, conn in ipairs(servers) do
            task.spawn(function() for data in conn:messages() do room:broadcast(data, conn) end end)
        end
        for i, conn in ipairs(clients) do conn:send("from " .. i) end
        local total = 0
        for i, conn in ipairs(clients) do
            local from = {}
            for _ = 1, 99 do from[assert(conn:receive(30))] = true end
            assert(not from["from " .. i])
            for _ in pairs(from) do total = total + 1 end
        end
        print(total))") == "9900\n");
}

TEST_CASE("misuse of rooms")
{
    CHECK_THAT(ws_error("ws.room { slow = 'wait' }"),
               Contains(R"(options.slow: expected one of "drop_member", "drop_message", got "wait")"));
    CHECK_THAT(ws_error("ws.room { max_qeued = 1 }"),
               Contains(R"(unknown option "max_qeued"; did you mean "max_queued"?)"));
    CHECK_THAT(ws_error("meet() ws.room():join(b)"),
               Contains("bad argument #1 (conn) to 'join': expected a connection that this side has accepted"));
    CHECK_THAT(ws_error("ws.room():broadcast()"), Contains("bad argument #1 (data) to 'broadcast': expected a string"));
    CHECK(ws_output("print(code(ws.room():broadcast('\\255')), ws.room():broadcast_binary('\\255'))") ==
          "invalid_utf8\t0\n");
}
