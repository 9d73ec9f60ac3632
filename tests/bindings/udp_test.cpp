#include "tests/bindings/script.hpp"

#include <catch2/catch.hpp>

using Catch::Matchers::Contains;
using namespace moonwire::test;

namespace {

// A bound socket and one that is connected to it.
const std::string pair = R"lua(
    local a = assert(udp.bind { host = "127.0.0.1" })
    local b = assert(udp.connect("127.0.0.1", a:port()))
    local _, b_port = b:local_address()
)lua";

}  // namespace

TEST_CASE("datagrams go both ways, each one whole")
{
    CHECK(output_of(pair + R"lua(
        print(b:send("one"), b:send(""), b:send("three"))
        local payload, host, port = a:receive()
        print(payload, host, port == b_port)
        print(#a:receive(), (a:receive()))
        print(a:send("answer", host, port))
        payload, host, port = b:receive()
        print(payload, host, port == a:port()))lua") ==
          "true\ttrue\ttrue\none\t127.0.0.1\ttrue\n0\tthree\ntrue\nanswer\t127.0.0.1\ttrue\n");
}

TEST_CASE("datagrams that have come together are received and answered one by one, IPv4 and IPv6")
{
    for (const std::string host : {"127.0.0.1", "::1"}) {
        CAPTURE(host);
        CHECK(output_of("local host = '" + host + R"lua('
            local a, b = assert(udp.bind { host = host }), assert(udp.bind { host = host })
            for i = 1, 100 do assert(b:send("datagram " .. i, host, a:port())) end
            local good = 0
            for i = 1, 100 do
                local payload, from, port = a:receive()
                assert(payload == "datagram " .. i and from == host and port == b:port(), payload)
                assert(a:send(payload .. "!", from, port))
                if i == 50 then  -- another's batch takes the place of this one
                    assert(a:send("to itself", host, a:port()))
                end
            end
            for i = 1, 100 do good = good + (b:receive() == "datagram " .. i .. "!" and 1 or 0) end
            print(good, a:info().received, a:info().sent, (a:receive()))
            print(a:send("to nowhere", host, 0), select(2, a:send("by name", "localhost.invalid", 9)).code))lua") ==
              "100\t100\t101\tto itself\nnil\tname_not_found\n");
    }
}

TEST_CASE("the largest datagrams arrive, longer ones are refused")
{
    CHECK(output_of(pair + R"lua(
        local big = ("0123456789"):rep(6551):sub(1, 65507)
        print(b:send(big), a:receive() == big)
        print(a:send(big, "127.0.0.1", b_port), b:receive() == big)
        local ok, err = b:send(big .. "x")
        print(ok, err.code, err.host, err.port == a:port())
        local six = assert(udp.bind { host = "::1" })
        local huge = ("x"):rep(65527)
        print(six:send(huge, "::1", six:port()), six:receive() == huge)
        print(select(2, six:send(huge .. "x", "::1", six:port())).code))lua") ==
          "true\ttrue\ntrue\ttrue\nnil\ttoo_long\t127.0.0.1\ttrue\ntrue\ttrue\ntoo_long\n");
}

TEST_CASE("a datagram longer than max_size says so and hands out its beginning")
{
    CHECK(output_of(R"lua(
        local a = assert(udp.bind { host = "127.0.0.1", max_size = 4 })
        local b = assert(udp.connect("127.0.0.1", a:port()))
        b:send("12345678") b:send("1234") b:send("")
        local payload, err = a:receive()
        print(payload, err.code, err.partial, err.size, err.host, err.port == select(2, b:local_address()))
        print((a:receive()), (a:receive()), a:info().truncated))lua") ==
          "nil\ttruncated\t1234\t8\t127.0.0.1\ttrue\n1234\t\t1\n");
}

TEST_CASE("waiting for a datagram: time limit, what is there, cancellation, closing")
{
    CHECK(output_of(pair + R"lua(
        local started = clock.now()
        print(select(2, a:receive(1.5)).code, clock.now() - started)
        print(select(2, a:receive(0)).code)
        b:send("there") print((a:receive(0)))
        print(select(2, task.timeout(1, function() return a:receive() end)).code)
        b:send("kept") print((a:receive()))
        local receiver = task.spawn(function() return select(2, a:receive()) end)
        task.sleep(0)
        a:close() a:close()
        print(receiver:join().code, select(2, a:receive()).code, select(2, a:send("x", "127.0.0.1", 1)).code)
        print(tostring(a):find("closed", 1, true) ~= nil, select(2, a:info()).code, select(2, a:set { ttl = 3 }).code))lua") ==
          "timeout\t1.5\ntimeout\nthere\ntimeout\nkept\nclosed\tclosed\tclosed\ntrue\tclosed\tclosed\n");
}

TEST_CASE("an answer to port 0, where a datagram may come from, is an error and no misuse")
{
    CHECK(output_of(pair + R"lua(
        local ok, err = a:send("answer", "127.0.0.1", 0)
        print(ok, err.code, err.message)
        print(a:send("answer", "127.0.0.1", b_port), (b:receive(1))))lua") ==
          "nil\tunreachable\tsend to 127.0.0.1:0: port 0 takes no datagrams; who sends from it wants no answer\n"
          "true\tanswer\n");
}

TEST_CASE("only one task at a time receives")
{
    CHECK_THAT(error_of(pair + "task.spawn(a.receive, a) task.sleep(0) a:receive()"),
               Contains("another task is receiving from this socket already"));
}

TEST_CASE("the iterator ends when the socket is closed, and throws what else goes wrong")
{
    CHECK(output_of(pair + R"lua(
        b:send("1") b:send("2")
        for payload, host, port in a:datagrams() do
            print(payload, host, port == b_port)
            if payload == "2" then a:close() end
        end
        local ok, err = pcall(function() for _ in b:datagrams(1) do end end)
        print(ok, err.code))lua") == "1\t127.0.0.1\ttrue\n2\t127.0.0.1\ttrue\nfalse\ttimeout\n");
}

TEST_CASE("a peer that is not there is refused on a connected socket")
{
    CHECK(output_of(pair + R"lua(
        local port = a:port()
        a:close()
        print(b:send("anybody?"))
        local payload, err = b:receive(1)
        print(payload, err.code, err.host, err.port == port,
              err.message == ("receive from 127.0.0.1:%d: connection refused"):format(port))
        print(select(2, b:receive(1)).code)
        b:send("again") task.sleep(0.1)
        print(select(2, b:send("who hears?")).code, b:send("and again")))lua") ==
          "true\nnil\trefused\t127.0.0.1\ttrue\ttrue\ntimeout\nrefused\ttrue\n");
}

TEST_CASE("a server does not hear of clients that have gone, unless it asks")
{
    const std::string gone = R"lua(
        local gone = assert(udp.bind { host = HOST })
        local port = gone:port()
        gone:close()
    )lua";
    for (const char* host : {"'127.0.0.1'", "'::1'"}) {
        CHECK(output_of(std::string("local HOST = ") + host + gone + R"lua(
            local server = assert(udp.bind())
            print(server:send("x", HOST, port), server:send("y", HOST, port), select(2, server:receive(1)).code))lua") ==
              "true\ttrue\ttimeout\n");
        CHECK(output_of(std::string("local HOST = ") + host + gone + R"lua(
            local server = assert(udp.bind { errors = true })
            local client = assert(udp.bind { host = HOST })
            print(server:send("x", HOST, port))
            local payload, err = server:receive(1)
            print(payload, err.code, err.host == HOST, err.port == port)
            server:send("x", HOST, port) task.sleep(0.1)
            print(server:send("fine", HOST, client:port()), (client:receive(1)))
            print(select(2, server:receive(1)).code, select(2, server:receive(1)).code))lua") ==
              "true\nnil\trefused\ttrue\ttrue\ntrue\tfine\nrefused\ttimeout\n");
    }
}

TEST_CASE("one socket takes both IP versions, or one only, as it was asked")
{
    CHECK(output_of(R"lua(
        local function reaches(family, address)
            local server = assert(udp.bind { family = family })
            local client = assert(udp.connect(address, server:port()))
            client:send("hello")
            local payload, host, port = server:receive(1)
            if not payload then return host.code end
            assert(server:send("answer", host, port))
            return host, (assert(client:receive(1)))
        end
        for _, family in ipairs { "any", "ipv4", "ipv6" } do
            print(family, reaches(family, "127.0.0.1"))
            print(family, reaches(family, "::1"))
        end)lua") ==
          "any\t127.0.0.1\tanswer\nany\t::1\tanswer\nipv4\t127.0.0.1\tanswer\nipv4\ttimeout\nipv6\ttimeout\nipv6\t::"
          "1\tanswer\n");
    CHECK(output_of(R"lua(
        local four, six = assert(udp.bind { family = "ipv4" }), assert(udp.bind { family = "ipv6" })
        print((four:local_address()), (six:local_address()))
        print(select(2, four:send("x", "::1", 9)).code, select(2, six:send("x", "127.0.0.1", 9)).code)
        print(select(2, udp.connect("::1", 9, { family = "ipv4" })).code)
        print(select(2, udp.connect("::1", 9, { local_host = "127.0.0.1" })).code)
        print(udp.bind { family = "ipv4", port = six:port() } ~= nil))lua") ==
          "0.0.0.0\t::\nwrong_family\twrong_family\nname_not_found\nwrong_family\ntrue\n");
}

TEST_CASE("names are looked up for a send")
{
    CHECK(output_of(R"lua(
        local a, b = assert(udp.bind { family = "ipv4" }), assert(udp.bind())
        print(b:send("by name", "localhost", a:port()), (a:receive(1)))
        local ok, err = b:send("x", "no.such.name.invalid", 9)
        print(ok, err.code, err.message:sub(1, 32)))lua") ==
          "true\tby name\nnil\tname_not_found\tsend to no.such.name.invalid:9: \n");
}

TEST_CASE("dns.resolve gives all addresses or says why there is none")
{
    CHECK(output_of(R"lua(
        local addresses = assert(dns.resolve("localhost", { family = "ipv4" }))
        print(table.concat(addresses, " "), dns.resolve("::1")[1], dns.resolve("127.0.0.1")[1])
        print(select(2, dns.resolve("::1", { family = "ipv4" })).message)
        print(select(2, dns.resolve("no.such.name.invalid")).code, select(2, dns.resolve("")).code))lua") ==
          "127.0.0.1\t::1\t127.0.0.1\nresolve ::1: name not found (no IPv4 address)\nname_not_found\tname_not_found\n");
    CHECK_THAT(error_of("dns.resolve(nil)"), Contains("(name) to 'resolve': expected a string"));
    CHECK_THAT(error_of("dns.resolve('x', { familiy = 'any' })"), Contains("did you mean \"family\"?"));
}

TEST_CASE("binding a UDP socket: what goes wrong is named, and addresses are shared on request")
{
    CHECK(output_of(R"lua(
        local a = assert(udp.bind { host = "127.0.0.1" })
        local b, err = udp.bind { host = "127.0.0.1", port = a:port() }
        print(b, err.code, err.message == "bind to 127.0.0.1:" .. a:port() .. ": address already in use")
        print(select(2, udp.bind { host = "192.0.2.99" }).code, select(2, udp.bind { host = "no.such.name.invalid" }).code)
        local c = assert(udp.bind { host = "127.0.0.1", reuse_port = true })
        print(udp.bind { host = "127.0.0.1", port = c:port(), reuse_port = true } ~= nil)
        local d = assert(udp.bind { host = "127.0.0.1", reuse_address = true })
        print(udp.bind { host = "127.0.0.1", port = d:port(), reuse_address = true } ~= nil)
        local e = assert(udp.connect("127.0.0.1", a:port(), { local_host = "127.0.0.2" }))
        e:send("x")
        print((select(2, a:receive(1))))
        local f = assert(udp.connect("127.0.0.1", a:port(), { local_port = c:port(), local_host = "127.0.0.3" }))
        print(select(2, f:local_address()) == c:port(), (f:peer_address()), (a:peer_address())))lua") ==
          "nil\taddress_in_use\ttrue\naddress_not_available\tname_not_found\ntrue\ntrue\n127.0.0.2\ntrue\t127.0.0."
          "1\tnil\n");
}

TEST_CASE("broadcasts need permission")
{
    CHECK(output_of(R"lua(
        local a = assert(udp.bind { family = "ipv4" })
        local b = assert(udp.bind { host = "127.0.0.1" })
        local ok, err = b:send("all", "127.255.255.255", a:port())
        print(ok, err.code, err.message:match("; (.*)"))
        assert(b:set { broadcast = true })
        print(b:send("all", "127.255.255.255", a:port()), (a:receive(1)))
        local dual = assert(udp.bind { broadcast = true })
        print(dual:send("from both", "127.255.255.255", a:port()), (a:receive(1))))lua") ==
          "nil\taccess_denied\ta broadcast address needs broadcast = true\ntrue\tall\ntrue\tfrom both\n");
}

TEST_CASE("time stamps are the kernel's, by the script's clock")
{
    CHECK(output_of(R"lua(
        local a = assert(udp.bind { host = "127.0.0.1", timestamps = true })
        local b = assert(udp.connect("127.0.0.1", a:port()))
        b:send("now")
        local before = clock.time()
        task.sleep(10)
        local payload, host, port, time = a:receive(1)
        print(payload, time >= before - 1 and time <= clock.time())
        print(select("#", a:send("x", host, port)), select("#", b:receive(1))))lua") == "now\ttrue\n1\t3\n");
}

TEST_CASE("a flood that nobody reads costs bounded memory, and what is lost is counted")
{
    CHECK(output_of(R"lua(
        local a = assert(udp.bind { host = "127.0.0.1", receive_buffer = 65536 })
        local b = assert(udp.connect("127.0.0.1", a:port()))
        a:receive(0)
        for i = 1, 2000 do assert(b:send(("x"):rep(1000))) end
        local info = a:info()
        print(info.receive_queue <= info.receive_buffer, info.dropped > 1000, info.receive_buffer == 2 * 65536)
        local received = 0
        while a:receive(0) do received = received + 1 end
        info = a:info()
        print(received == info.received, received + info.dropped, info.receive_queue, info.waiting, b:info().sent))lua") ==
          "true\ttrue\ttrue\ntrue\t2000\t0\t0\t2000\n");
}

TEST_CASE("batches: answers to many peers reach the right ones, in order")
{
    CHECK(output_of(R"lua(
        local server = assert(udp.bind())
        local clients = {}
        for i = 1, 10 do clients[i] = assert(udp.connect(i % 2 == 0 and "127.0.0.1" or "::1", server:port())) end
        for round = 1, 20 do
            for i, client in ipairs(clients) do client:send(i .. " " .. round) end
        end
        task.spawn(function()
            for payload, host, port in server:datagrams() do
                server:send(payload, host, port)
                if payload:find(" 15") then server:send(("L"):rep(5000), host, port) end
                if payload:find(" 17") then task.sleep(0) end
            end
        end)
        for i, client in ipairs(clients) do
            for round = 1, 20 do
                local payload = assert(client:receive(5))
                assert(payload == i .. " " .. round, payload)
                if round == 15 then assert(#client:receive(5) == 5000) end
            end
        end
        print(server:info().received, server:info().sent))lua") == "200\t210\n");
}

TEST_CASE("datagrams of a batch stay while other sockets receive")
{
    CHECK(output_of(R"lua(
        local a, b = assert(udp.bind { host = "127.0.0.1" }), assert(udp.bind { host = "127.0.0.1", max_size = 100 })
        local c = assert(udp.bind { host = "127.0.0.1" })
        for i = 1, 20 do
            c:send("a" .. i, "127.0.0.1", a:port())
            c:send(("b"):rep(i * 10), "127.0.0.1", b:port())
        end
        local right = 0
        for i = 1, 20 do
            if a:receive(1) == "a" .. i then right = right + 1 end
            local payload, err = b:receive(1)
            if (payload or err.partial) == ("b"):rep(math.min(i * 10, 100)) then right = right + 1 end
        end
        print(right, a:info().waiting, b:info().truncated))lua") == "40\t0\t10\n");
}

TEST_CASE("a collected send that fails is told by the next one to that destination, and costs no other peer anything")
{
    CHECK(output_of(R"lua(
        local server = assert(udp.bind { host = "127.0.0.1" })
        local client = assert(udp.connect("127.0.0.1", server:port()))
        client:send("1") client:send("2") client:send("3")
        server:receive(1)
        print(server:send("not allowed", "127.255.255.255", 9))  -- collected: 2 and 3 wait
        server:receive(1)
        print(server:send("fine", select(2, client:local_address()) and "127.0.0.1", select(2, client:local_address())))
        task.sleep(0)
        print((client:receive(1)), (server:receive(1)))
        print(server:send("other", "127.0.0.1", select(2, client:local_address())), (client:receive(1)))
        local ok, err = server:send("not sent", "127.255.255.255", 9)
        print(ok, err.code, err.host, err.port, err.message:sub(1, 42))
        print(server:send("sent", "127.0.0.1", select(2, client:local_address())), (client:receive(1)), server:close()))lua") ==
          "true\ntrue\nfine\t3\ntrue\tother\nnil\taccess_denied\t127.255.255.255\t9\tan earlier send to "
          "127.255.255.255:9: perm\n"
          "true\tsent\ttrue\n");
    CHECK(output_of(R"lua(
        local server = assert(udp.bind { host = "127.0.0.1" })
        local client = assert(udp.connect("127.0.0.1", server:port()))
        client:send("1") client:send("2")
        server:receive(1)
        server:send("not allowed", "127.255.255.255", 9)
        local ok, err = server:close()
        print(ok, err.code, server:close()))lua") == "nil\taccess_denied\ttrue\n");
}

TEST_CASE("a task that always finds a datagram neither starves the others nor escapes its end, and loses nothing")
{
    CHECK(output_of(R"lua(
        local a = assert(udp.bind { host = "127.0.0.1" })
        local last = 0
        local reader = task.spawn(function()
            while true do last = tonumber((a:receive())) end
        end)
        for i = 1, 200 do a:send(tostring(i), "127.0.0.1", a:port()) end
        while last < 100 do task.sleep(0) end
        reader:cancel()
        print(last < 200, tonumber((a:receive(1))) == last + 1))lua") == "true\ttrue\n");
}

TEST_CASE("the options of UDP sockets are set and checked")
{
    CHECK(output_of(R"lua(
        local a = assert(udp.bind { ttl = 7, send_buffer = 20000, receive_buffer = 30000 })
        print(a:info().send_buffer, a:info().receive_buffer)
        print(a:set { ttl = 9, broadcast = true, multicast_ttl = 2, multicast_loopback = false, multicast_interface = "lo",
                      receive_buffer = 40000, send_buffer = 50000 })
        print(a:info().send_buffer, a:info().receive_buffer)
        print(select(2, a:set { multicast_interface = "none" }).code))lua") ==
          "40000\t60000\ntrue\n100000\t80000\nno_interface\n");
    CHECK_THAT(error_of("udp.bind { prot = 1 }"), Contains("unknown option \"prot\"; did you mean \"port\"?"));
    CHECK_THAT(error_of("udp.bind { max_size = 0 }"),
               Contains("options.max_size: expected an integer from 1 to 65535"));
    CHECK_THAT(error_of("udp.bind { ttl = 256 }"), Contains("options.ttl: expected an integer from 1 to 255"));
    CHECK_THAT(error_of("udp.connect('localhost', 0)"), Contains("(port) to 'connect': expected an integer from 1"));
    CHECK_THAT(error_of("udp.connect('localhost', 1, { local_host = 'me' })"),
               Contains("options.local_host: expected"));
    CHECK_THAT(error_of(pair + "a:send('x')"), Contains("(host) to 'send': expected a name or an address"));
    CHECK_THAT(error_of(pair + "a:send(1, '127.0.0.1', 1)"), Contains("(payload) to 'send': expected a string"));
    CHECK_THAT(error_of(pair + "a:send('x', '127.0.0.1', 65536)"),
               Contains("(port) to 'send': expected an integer from 0 to 65535"));
    CHECK_THAT(error_of(pair + "b:send('x', '127.0.0.1', 1)"), Contains("because the socket is connected"));
    CHECK_THAT(error_of(pair + "a:set()"), Contains("expected a table of options"));
    CHECK_THAT(error_of(pair + "a:set { ttl = 'x' }"), Contains("options.ttl: expected an integer"));
    CHECK_THAT(error_of(pair + "a.receive(1)"), Contains("expected a UDP socket, got 1"));
}
