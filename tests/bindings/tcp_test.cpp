#include "tests/bindings/script.hpp"

#include <catch2/catch.hpp>

#include <sys/resource.h>
#include <algorithm>

using Catch::Matchers::Contains;
using namespace moonwire::test;

namespace {

// A server and a client that are connected: `server`, `a` (accepted) and `b` (connected).
const std::string pair = R"(
    local server = assert(tcp.listen { port = 0, host = "127.0.0.1" })
    local b = assert(tcp.connect("127.0.0.1", server:port()))
    local a = assert(server:accept())
)";

// Raises this process's limit of open files if it may.
bool allow_descriptors(rlim_t count)
{
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = std::max(limit.rlim_cur, std::min(count, limit.rlim_max));
    return ::setrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur >= count;
}

}  // namespace

TEST_CASE("every kind of read gives what it promises")
{
    CHECK(output_of(pair + R"(
        a:write("12345some\r\nline\nkey: value; rest")
        a:close()
        print(b:read(5)) print(b:read_line()) print(b:read_line()) print(b:read_until(": ")) print(b:read_until(";"))
        print(b:read_some(3)) print(b:read_all()) print(b:read_all() == "")
        print(select(2, b:read_some()).code, select(2, b:read(1)).code, select(2, b:read_line()).code))") ==
          "12345\nsome\nline\nkey\nvalue\n re\nst\ntrue\nclosed\tclosed\tclosed\n");
}

TEST_CASE("a read that the end of the stream cuts short hands out what there was")
{
    CHECK(output_of(pair + R"(
        a:write("half") a:close()
        local data, err = b:read(10)
        print(data, err.code, err.partial))") == "nil\tclosed\thalf\n");
    CHECK(output_of(pair + "a:write('last line') a:close() for line in b:lines() do print(line) end") == "last line\n");
}

TEST_CASE("a timed-out read loses nothing")
{
    CHECK(output_of(pair + R"(
        a:write("abc") task.sleep(0.1)
        local data, err = b:read(5, 1)
        print(data, err.code)
        a:write("de")
        print(b:read(5)))") == "nil\ttimeout\nabcde\n");
}

TEST_CASE("a cancelled read loses nothing")
{
    CHECK(output_of(pair + R"(
        print(select(2, task.timeout(1, function() return b:read_line() end)).code)
        a:write("the line\n")
        print(b:read_line()))") == "timeout\nthe line\n");
}

TEST_CASE("limits are kept: a peer that sends no delimiter costs bounded memory")
{
    CHECK(output_of(pair + R"(
        local sender = task.spawn(function() while a:write(("x"):rep(10000)) do end end)
        local line, err = b:read_line(100000)
        print(line, err.code)
        local all, err = b:read_all(200000)
        print(all, err.code)
        b:abort())") == "nil\ttoo_long\nnil\ttoo_long\n");
}

TEST_CASE("the line limit counts the line's bytes")
{
    CHECK(output_of(pair + R"(
        a:write("12345\r\n12345\n123456\n")
        print(b:read_line(5)) print(b:read_line(5)) print(select(2, b:read_line(5)).code) print(b:read_line(6)))") ==
          "12345\n12345\ntoo_long\n123456\n");
}

TEST_CASE("writes of strings and tables arrive in order")
{
    CHECK(output_of(pair + R"(
        print(a:write("one "), a:write { "two ", "", "three " }, a:write(("x"):rep(100000)), a:write("end"))
        a:close()
        local data = b:read_all()
        print(#data, data:sub(1, 14), data:sub(-4)))") == "4\t10\t100000\t3\n100017\tone two three \txend\n");
}

TEST_CASE("a writer waits for a peer that does not read, and the others do not")
{
    CHECK(output_of(pair + R"(
        local written = 0
        local writer = task.spawn(function()
            while written < 64 * 1024 * 1024 do written = written + assert(a:write(("x"):rep(100000))) end
        end)
        task.sleep(1)
        print(writer:status(), written < 32 * 1024 * 1024)
        local received = 0
        while received < 64 * 1024 * 1024 do received = received + #assert(b:read_some()) end
        writer:join()
        print(writer:status(), received >= written - 100000))") == "running\ttrue\ndone\ttrue\n");
}

TEST_CASE("a write that cannot be finished says how much is missing")
{
    CHECK(output_of(pair + R"(
        local data = ("x"):rep(32 * 1024 * 1024)
        local bytes, err = a:write(data, 1)
        print(bytes, err.code, err.unsent > 0 and err.unsent < #data))") == "nil\ttimeout\ttrue\n");
}

TEST_CASE("what was written before a close arrives, even when the peer is still sending")
{
    CHECK(output_of(pair + R"(
        b:write(("unread"):rep(10000))           -- nobody reads this: a bare close(2) would send RST
        a:write(("answer"):rep(100000))
        task.spawn(function() a:close() end)
        print(#b:read_all()))") == "600000\n");
}

TEST_CASE("half-close: the other direction goes on")
{
    CHECK(output_of(pair + R"(
        b:write("question") b:shutdown()
        print(a:read_all())
        a:write("answer") a:close()
        print(b:read_all())
        print(select(2, b:write("more")).code))") == "question\nanswer\nclosed\n");
}

TEST_CASE("RST is told apart from an orderly end")
{
    CHECK(output_of(pair + R"(
        a:abort()
        local data, err = b:read_some()
        print(data, err.code))") == "nil\treset\n");
}

TEST_CASE("closing wakes those who wait")
{
    CHECK(output_of(pair + R"(
        local reader = task.spawn(function() local data, err = b:read(1) return err.code end)
        local accepter = task.spawn(function() local conn, err = server:accept() return err.code end)
        task.sleep(0)
        b:close() server:close()
        print(reader:join(), accepter:join())
        print(select(2, b:read(1)).code, select(2, server:accept()).code, b:close()))") ==
          "closed\tclosed\nclosed\tclosed\ttrue\n");
}

TEST_CASE("echo and pipe copy in C++ until the end of the stream")
{
    CHECK(output_of(pair + R"(
        local echo = task.spawn(function() return a:echo() end)
        b:write(("0123456789"):rep(10000)) b:shutdown()
        print(echo:join()) a:close()
        print(#b:read_all()))") == "100000\n100000\n");
    CHECK(output_of(pair + R"(
        local d = assert(tcp.connect("127.0.0.1", server:port()))
        local c = assert(server:accept())
        local pipe = task.spawn(function() return a:pipe(c) end)
        b:write("through the pipe") b:shutdown()
        print(d:read_all(), pipe:join()))") == "through the pipe\t16\n");
}

TEST_CASE("serve gives every client a task, reports a failing one, and outlives it")
{
    const Ran ran = run_script(R"(
        local server = assert(tcp.listen { port = 0, host = "127.0.0.1" })
        local serving = task.spawn(function()
            server:serve(function(conn)
                if conn:read_line() == "fail" then error("this handler fails") end
                conn:write("well\n")
            end)
            print("served")
        end)
        task.sleep(0)
        local function ask(text)
            local conn = assert(tcp.connect("127.0.0.1", server:port()))
            conn:write(text .. "\n")
            return conn:read_line()
        end
        print(ask("fail"), ask("go"))
        server:close()
        serving:join())");
    CHECK(ran.result.outcome == moonwire::Outcome::done);
    CHECK(ran.output == "nil\twell\nserved\n");
    CHECK_THAT(ran.diagnostics, Contains("test.lua:5: this handler fails"));
}

TEST_CASE("max_clients bounds how many are served at once")
{
    CHECK(output_of(R"(
        local server = assert(tcp.listen { port = 0, host = "127.0.0.1" })
        local now, most, served = 0, 0, 0
        task.spawn(function()
            server:serve(function(conn)
                now = now + 1 most = math.max(most, now)
                task.sleep(1)
                now = now - 1 served = served + 1
            end, { max_clients = 3 })
        end)
        local clients = {}
        for i = 1, 10 do clients[i] = assert(tcp.connect("127.0.0.1", server:port())) end
        task.sleep(30)
        print(most, served))") == "3\t10\n");
}

TEST_CASE("a thousand clients at once")
{
    if (!allow_descriptors(3000)) {
        WARN("skipped: the hard limit of open files (ulimit -Hn) is below 3000");
        return;
    }
    CHECK(output_of(R"(
        local server = assert(tcp.listen { port = 0, host = "127.0.0.1", backlog = 2000 })
        task.spawn(function() server:serve(function(conn) for line in conn:lines() do conn:write(line .. "\n") end end) end)
        local clients, right = {}, 0
        for i = 1, 1000 do clients[i] = assert(tcp.connect("127.0.0.1", server:port())) end
        for i, conn in ipairs(clients) do conn:write("client " .. i .. "\n") end
        for i, conn in ipairs(clients) do if conn:read_line() == "client " .. i then right = right + 1 end end
        print(right))") == "1000\n");
}

TEST_CASE("connecting: what goes wrong is named")
{
    CHECK(output_of(R"lua(
        local server = assert(tcp.listen { port = 0, host = "127.0.0.1" })
        local port = server:port()
        server:close()
        local conn, err = tcp.connect("127.0.0.1", port)
        print(conn, err.code, err.message == ("connect to 127.0.0.1:%d: connection refused"):format(port)))lua") ==
          "nil\trefused\ttrue\n");
    CHECK(output_of("print(select(2, tcp.connect('no.such.name.invalid', 1)).code)") == "name_not_found\n");
    CHECK(output_of("print(select(2, tcp.connect('::1', 1, { family = 'ipv4' })).code)") == "name_not_found\n");
}

TEST_CASE("listening: what goes wrong is named")
{
    CHECK(output_of(R"(
        local server = assert(tcp.listen { port = 0, host = "127.0.0.1" })
        print(select(2, tcp.listen { port = server:port(), host = "127.0.0.1" }).code)
        print(select(2, tcp.listen { port = 0, host = "192.0.2.1" }).code)
        print(select(2, tcp.listen { port = 0, host = "no.such.name.invalid" }).code))") ==
          "address_in_use\naddress_not_available\nname_not_found\n");
}

TEST_CASE("a dual-stack server takes clients of both IP versions, one of a family only its own")
{
    CHECK(output_of(R"(
        local function reaches(family, address)
            local server = assert(tcp.listen { port = 0, family = family })
            local conn, err = tcp.connect(address, server:port(), { timeout = 1 })
            return conn and (server:accept()):peer_address() or err.code
        end
        print(reaches("any", "127.0.0.1"), reaches("any", "::1"))
        print(reaches("ipv4", "127.0.0.1"), reaches("ipv4", "::1"))
        print(reaches("ipv6", "127.0.0.1"), reaches("ipv6", "::1")))") ==
          "127.0.0.1\t::1\n127.0.0.1\trefused\nrefused\t::1\n");
}

TEST_CASE("info and the socket table tell the kernel's view")
{
    CHECK(output_of(pair + R"(
        a:write("12345") b:read(5)
        local info = b:info()
        print(info.state, info.bytes_received, info.bytes_read, info.rtt > 0 and info.rtt < 1, info.segments_received > 0)
        local states = {}
        for _, entry in ipairs(tcp.sockets(server:port())) do
            local port = select(2, a:local_address()) == server:port() and select(2, a:peer_address())
                or select(2, a:local_address())  -- the client's: others may have, or have had, the server's
            if entry.state == "LISTEN" or entry.local_port == port or entry.peer_port == port then
                states[#states + 1] = entry.state
            end
        end
        print(table.concat(states, " ")))") == "ESTAB\t5\t5\ttrue\ttrue\nLISTEN ESTAB ESTAB\n");
}

TEST_CASE("info of a closed connection tells what it has done, with the packets of its end")
{
    CHECK(output_of(pair + R"(
        a:write("12345") b:read(5) b:write("123") a:read(3)
        local before_a, before_b = a:info(), b:info()
        local function grown(after, before)
            return after.segments_sent - before.segments_sent, after.segments_received - before.segments_received
        end
        a:close()
        b:read(1)
        b:close()
        while a:info().state ~= "UNCONN" do task.sleep(0.001) end
        for _, info in ipairs { a:info(), b:info() } do
            print(info.state, info.bytes_sent, info.bytes_received, info.bytes_read)
        end
        local sent, received = grown(a:info(), before_a)
        local b_sent, b_received = grown(b:info(), before_b)
        print(sent, received == b_sent, received <= 2, sent == b_received))") ==  // b's FIN may carry the ACK of a's
          "UNCONN\t5\t3\t3\nUNCONN\t3\t5\t5\n2\ttrue\ttrue\ttrue\n");
}

TEST_CASE("info of a connection that was broken off")
{
    CHECK(output_of(pair + R"(
        a:write("12345") b:read(2)
        b:abort()
        print(b:info().state, b:info().bytes_received, b:info().bytes_read)
        local _, err = a:read(1)
        a:close()
        print(err.code, a:info().state, a:info().bytes_sent, a:info().bytes_received))") ==
          "UNCONN\t5\t2\nreset\tUNCONN\t5\t0\n");
}

TEST_CASE("options are set and checked")
{
    CHECK(output_of(pair + "print(b:set { nodelay = false, keepalive = true, linger = 0, read_timeout = 1, "
                           "send_buffer = 10000 }) print(select(2, b:read(1)).code, clock.now() >= 1)") ==
          "true\ntimeout\ttrue\n");
    CHECK_THAT(error_of(pair + "b:set { nodlay = true }"),
               Contains("unknown option \"nodlay\"; did you mean \"nodelay\"?"));
    CHECK_THAT(error_of("tcp.listen { port = 0, family = 'ipv5' }"),
               Contains("expected one of \"any\", \"ipv4\", \"ipv6\""));
    CHECK_THAT(error_of("tcp.listen {}"), Contains("options.port: expected an integer from 0 to 65535"));
    CHECK_THAT(error_of("tcp.connect('localhost', 'x')"), Contains("(port) to 'connect': expected an integer"));
    CHECK_THAT(error_of(pair + "b:read(0)"), Contains("(n) to 'read': expected an integer"));
    CHECK_THAT(error_of(pair + "b.read(1, 2)"), Contains("expected a connection, got 1"));
    CHECK_THAT(error_of(pair + "b:write(1)"),
               Contains("(data) to 'write': expected a string or a table of strings, got 1"));
    CHECK_THAT(error_of(pair + "b:write { 'x', 2 }"), Contains("data[2]: expected a string, got 2"));
    CHECK_THAT(error_of(pair + "b:read_until('')"), Contains("expected at least one byte"));
    CHECK_THAT(error_of(pair + "task.spawn(b.read, b, 1) task.sleep(0) b:read(1)"),
               Contains("another task is reading from this connection"));
}
