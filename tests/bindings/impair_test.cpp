#include "tests/bindings/script.hpp"

#include <catch2/catch.hpp>

using Catch::Matchers::Contains;
using namespace moonwire::test;

namespace {

// A UDP server that answers everything, and a function that asks it through a relay.
const std::string udp_server = R"lua(
    local server = assert(udp.bind { host = "127.0.0.1" })
    task.spawn(function()
        for payload, host, port in server:datagrams() do server:send(payload, host, port) end
    end)
    local function relay_to(options)
        options.target, options.host = "127.0.0.1:" .. server:port(), "127.0.0.1"
        return assert(impair.udp(options))
    end
    local function ask(relay, first, last)
        local socket = assert(udp.connect("127.0.0.1", relay:port()))
        for i = first, last do assert(socket:send(tostring(i))) end
        local answers, answer = {}, nil
        repeat
            answer = socket:receive(10)
            answers[#answers + 1] = answer
        until not answer
        return table.concat(answers, " ")
    end
)lua";

const std::string tcp_server = R"lua(
    local server = assert(tcp.listen { host = "127.0.0.1", port = 0 })
    task.spawn(server.serve, server, function(conn)
        for line in conn:lines() do conn:write(line:upper() .. "\n") end
    end, { refused = print })
    local function relay_to(options)
        options.target, options.host = "127.0.0.1:" .. server:port(), "127.0.0.1"
        return assert(impair.tcp(options))
    end
)lua";

}  // namespace

TEST_CASE("a UDP relay loses, delays and doubles what passes, as its options say")
{
    CHECK(output_of(udp_server + R"lua(
        print(ask(relay_to {}, 1, 5))
        print(ask(relay_to { drop = 1 }, 1, 5) == "")
        print(ask(relay_to { duplicate = 1, direction = "to_client" }, 1, 3))
        print(ask(relay_to { reorder = 1, direction = "to_target" }, 1, 4))
        local start = clock.now()
        local relay = relay_to { delay = 1.5 }
        local socket = assert(udp.connect("127.0.0.1", relay:port()))
        socket:send("x")
        print(socket:receive(), clock.now() - start)
        server:close())lua") == "1 2 3 4 5\ntrue\n1 1 2 2 3 3\n2 1 4 3\nx\t3\n");
}

TEST_CASE("what a relay loses is decided by the seed alone, and costs the script no random number")
{
    const std::string source = udp_server + R"lua(
        print(ask(relay_to { drop = 0.5 }, 1, 30))
        print(ask(relay_to { drop = 0.5 }, 1, 30))
        print(random.integer(1, 1000000))
        server:close())lua";
    moonwire::EngineOptions options;
    options.seed = 5;
    const std::string first = run_script(source, options).output;
    CHECK(first.size() > 40);
    CHECK(run_script(source, options).output == first);
    CHECK(first.substr(0, first.find('\n')) != first.substr(first.find('\n') + 1, first.find('\n')));
    const std::string number = run_script("print(random.integer(1, 1000000))", options).output;
    CHECK_THAT(first, Catch::Matchers::EndsWith("\n" + number));
    options.seed = 6;
    CHECK(run_script(source, options).output != first);
}

TEST_CASE("a UDP relay tells what it did, and can be changed and closed")
{
    CHECK(output_of(udp_server + R"lua(
        local relay = relay_to { drop = 1, direction = "to_client" }
        print(ask(relay, 1, 10) == "")
        local info = relay:info()
        print(info.clients, info.to_target.received, info.to_target.bytes_forwarded, info.to_client.dropped, info.to_client.bytes_dropped)
        relay:set {}
        print(ask(relay, 1, 3))
        local address, port = relay:local_address()
        print(address, port == relay:port())
        print((tostring(relay):gsub(":%d+", ":N")))
        relay:close()
        relay:close()
        print(relay:info().clients, (tostring(relay):match("%(closed%)")))
        server:close())lua") ==
          "true\n1\t10\t11\t10\t11\n1 2 3\n127.0.0.1\ttrue\nUDP relay 127.0.0.1:N -> 127.0.0.1:N\n0\t(closed)\n");
}

TEST_CASE("a TCP relay delays, stalls and cuts")
{
    CHECK(output_of(tcp_server + R"lua(
        local relay = relay_to { delay = 0.5 }
        local conn, start = assert(tcp.connect("127.0.0.1", relay:port())), clock.now()
        conn:write("one\n")
        print(conn:read_line(), clock.now() - start)
        relay:set { stall = 60, stall_after = 6, direction = "to_target" }
        start = clock.now()
        conn:write("two\nthree\n")
        print(conn:read_line(), clock.now() - start)
        print(conn:read_line(), clock.now() - start)
        relay:set { cut_after = 2, direction = "to_client" }
        conn:write("four\n")
        local _, err = conn:read_line()
        print(err.code, err.partial)
        local info = relay:info()
        print(info.connections, info.open, info.cut, info.broken, info.unreachable)
        print(info.to_target.bytes_received, info.to_client.bytes_forwarded, info.to_target.stalls, info.to_target.bytes_delayed)
        relay:close()
        server:close())lua") == "ONE\t1\nTWO\t0\nTHREE\t60\nreset\tFO\n1\t0\t1\t0\t0\n19\t16\t1\t4\n");
}

TEST_CASE("wrong options of a relay are thrown, with names and ranges")
{
    const auto error = [](const std::string& call) { return error_of("impair." + call); };
    CHECK_THAT(error("udp()"), Contains("options.target: expected the server's host and port as a string "
                                        "(\"localhost:5004\", \"[::1]:5004\"), got nil"));
    for (const char* target : {"localhost", "localhost:", ":5004", "localhost:0", "localhost:65536", "::1:5004"}) {
        CHECK_THAT(error("udp { target = '" + std::string(target) + "' }"), Contains("options.target: expected"));
    }
    const auto udp = [&](const std::string& option) { return error("udp { target = 'localhost:1', " + option + " }"); };
    CHECK_THAT(udp("drop = 1.5"), Contains("options.drop: expected a probability from 0 to 1, got 1.5"));
    CHECK_THAT(udp("drop = 0/0"), Contains("options.drop: expected a probability"));
    CHECK_THAT(udp("reorder = '1'"), Contains("options.reorder: expected a probability from 0 to 1, got \"1\""));
    CHECK_THAT(udp("delay = -1"), Contains("options.delay: expected seconds as a number of at least 0, got -1"));
    CHECK_THAT(udp("rate = 0"), Contains("options.rate: expected bytes a second, a number of at least 1, got 0"));
    CHECK_THAT(udp("queue = 0"), Contains("options.queue: expected an integer from 1 to 1000000, got 0"));
    CHECK_THAT(udp("direction = 'up'"), Contains(R"(expected one of "both", "to_target", "to_client", got "up")"));
    CHECK_THAT(udp("dropp = 1"), Contains("unknown option \"dropp\"; did you mean \"drop\"?"));
    CHECK_THAT(udp("stall = 1"), Contains("unknown option \"stall\""));
    const auto tcp = [&](const std::string& option) { return error("tcp { target = 'localhost:1', " + option + " }"); };
    CHECK_THAT(tcp("drop = 1"), Contains("unknown option \"drop\""));
    CHECK_THAT(tcp("stall = 1"), Contains("options.stall: needs stall_after, stall_at or stall_every"));
    CHECK_THAT(tcp("stall_after = 1"), Contains("options.stall: expected how many seconds each stall takes, got nil"));
    CHECK_THAT(tcp("cut_after = -1"), Contains("options.cut_after: expected an integer"));
    CHECK_THAT(error_of(udp_server + "relay_to({}):set()"), Contains("bad argument #1 (options) to 'set'"));
}

TEST_CASE("what the network causes when a relay is opened is returned")
{
    CHECK(output_of(udp_server + R"lua(
        local relay, err = impair.udp { target = "127.0.0.1:1", host = "127.0.0.1", port = server:port() }
        print(relay, err.code)
        print(select(2, impair.tcp { target = "no.such.name.invalid:1" }))
        server:close())lua") == "nil\taddress_in_use\nrelay to no.such.name.invalid:1: name not found\n");
}
