#include "tests/bindings/script.hpp"

#include <catch2/catch.hpp>

using Catch::Matchers::Contains;
using namespace moonwire::test;

TEST_CASE("all receivers of a group hear it, and no other group on their port")
{
    CHECK(output_of(R"(
        local on_lo = { interface = "lo" }
        local first = assert(multicast.receiver("239.7.7.1", 0, on_lo))
        local second = assert(multicast.receiver("239.7.7.1", first:port(), on_lo))
        local other = assert(multicast.receiver("239.7.7.2", first:port(), on_lo))
        local one = assert(multicast.sender("239.7.7.1", first:port(), on_lo))
        local two = assert(multicast.sender("239.7.7.2", first:port(), on_lo))
        print(one:send("to one"), two:send("to two"), (one:peer_address()))
        print((first:receive(1)), (second:receive(1)), (other:receive(1)))
        print(select(2, first:receive(0.1)).code, select(2, second:receive(0.1)).code, select(2, other:receive(0.1)).code)
        one:send("question")
        local payload, host, port = first:receive(1)
        first:send("answer", host, port)
        print((one:receive(1))))") ==
          "true\ttrue\t239.7.7.1\nto one\tto one\tto two\ntimeout\ttimeout\ttimeout\nanswer\n");
}

TEST_CASE("a socket hears only what it has joined itself, and no more once it has left")
{
    CHECK(output_of(R"(
        local socket = assert(udp.bind { family = "any" })
        local joined_by_others = assert(multicast.receiver("239.7.7.3", 0, { interface = "lo" }))
        local sender = assert(multicast.sender("239.7.7.3", socket:port(), { interface = "lo" }))
        sender:send("not for it")
        print(select(2, socket:receive(0.1)).code)
        print(socket:join("239.7.7.3", { interface = "127.0.0.1" }), sender:send("for it"), (socket:receive(1)))
        print(select(2, socket:join("239.7.7.3", { interface = 1 })).code)
        print(socket:leave("239.7.7.3", { interface = "lo" }), sender:send("late"), select(2, socket:receive(0.1)).code)
        print(select(2, socket:leave("239.7.7.3", { interface = "lo" })).code))") ==
          "timeout\ntrue\ttrue\tfor it\nalready_member\ntrue\ttrue\ttimeout\nnot_member\n");
}

TEST_CASE("source-specific: one sender is heard, the others are not")
{
    CHECK(output_of(R"(
        local receiver = assert(multicast.receiver("232.7.7.4", 0, { interface = "lo", source = "127.0.0.2" }))
        local function from(address)
            local socket = assert(udp.bind { host = address })
            assert(socket:set { multicast_interface = "lo" })
            assert(socket:send("from " .. address, "232.7.7.4", receiver:port()))
        end
        from "127.0.0.1" from "127.0.0.2" from "127.0.0.3"
        print((receiver:receive(1)))
        print(select(2, receiver:receive(0.1)).code)
        print(select(2, receiver:join("232.7.7.4", { interface = "lo", source = "127.0.0.2" })).code)
        print(receiver:join("232.7.7.4", { interface = "lo", source = "127.0.0.3" }))
        from "127.0.0.3" print((receiver:receive(1)))
        print(receiver:leave("232.7.7.4", { interface = "lo", source = "127.0.0.3" }))
        from "127.0.0.3" print(select(2, receiver:receive(0.1)).code))") ==
          "from 127.0.0.2\ntimeout\nalready_member\ntrue\nfrom 127.0.0.3\ntrue\ntimeout\n");
}

TEST_CASE("groups: what goes wrong is named")
{
    CHECK_THAT(
        error_of("multicast.receiver('10.0.0.1', 0)"),
        Contains("(group) to 'receiver': expected a multicast address (224.0.0.0 to 239.255.255.255, or ff00::/8), "
                 "got \"10.0.0.1\""));
    CHECK_THAT(error_of("multicast.sender('localhost', 1)"), Contains("expected a multicast address"));
    CHECK_THAT(error_of("multicast.sender('239.1.1.1', 0)"),
               Contains("(port) to 'sender': expected an integer from 1"));
    CHECK_THAT(error_of("multicast.receiver('239.1.1.1', 0, { source = '::1' })"),
               Contains("options.source: expected"));
    CHECK_THAT(error_of("multicast.receiver('239.1.1.1', 0, { interface = true })"),
               Contains("options.interface: expected a name or a number, got true"));
    CHECK_THAT(error_of("multicast.receiver('239.1.1.1', 0, { intreface = 'lo' })"),
               Contains("did you mean \"interface\"?"));
    const std::string output = output_of(R"(
        local socket, err = multicast.receiver("239.1.1.1", 0, { interface = "eth77" })
        print(socket, err.code, err.message)
        local six = assert(udp.bind { family = "ipv6" })
        print(select(2, six:join("239.1.1.1")).code, select(2, udp.bind { family = "ipv4" }:join("ff02::1")).code)
        print(select(2, udp.bind():leave("239.1.1.1")).code))");
    CHECK_THAT(output, Contains("nil\tno_interface\tgroup 239.1.1.1: no such network interface: eth77; there are lo"));
    CHECK_THAT(output, Contains("wrong_family\twrong_family\nnot_member\n"));
}

TEST_CASE("the interfaces of this machine")
{
    CHECK(output_of(R"(
        for _, interface in ipairs(multicast.interfaces()) do
            if interface.loopback then
                print(interface.name, interface.index, interface.up, table.concat(interface.addresses, " "):sub(1, 9))
            end
        end)") == "lo\t1\ttrue\t127.0.0.1\n");
}
