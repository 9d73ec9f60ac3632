// UDP and multicast with socat, a program that is not ours, and across a cable between two networks.
#include "tests/support/networks.hpp"
#include "tests/support/process.hpp"

#include <catch2/catch.hpp>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <vector>

using Catch::Matchers::Contains;
using namespace moonwire::test;

namespace {

std::vector<std::string> script(const std::string& code, std::vector<std::string> arguments = {})
{
    const std::string modules = R"(
        udp, multicast, task = require "moonwire.udp", require "moonwire.multicast", require "moonwire.task"
    )";
    arguments.insert(arguments.begin(), {MOONWIRE_EXECUTABLE, "-e", modules + code});
    return arguments;
}

/// A UDP port that was free a moment ago, for programs that cannot choose one and say which.
std::string free_port()
{
    const int socket = ::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    REQUIRE(socket >= 0);
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    socklen_t size = sizeof address;
    REQUIRE(::bind(socket, reinterpret_cast<sockaddr*>(&address), size) == 0);
    ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
    ::close(socket);
    return std::to_string(ntohs(address.sin6_port));
}

const std::string upper_server = R"(
    local socket = assert(udp.bind { family = arg[1] })
    print("ready on *:" .. socket:port())
    for payload, host, port in socket:datagrams() do
        print("from " .. host .. ": " .. payload)
        assert(socket:send(payload:upper(), host, port))
    end
)";

// Asks until there is an answer: the peer may not be ready, and then the socket hears that it is refused.
const std::string asking_client = R"(
    local socket = assert(udp.connect(arg[1], tonumber(arg[2])))
    for attempt = 1, 100 do
        socket:send("question")
        local payload, err = socket:receive(0.1)
        if payload then print("answer: " .. payload) return end
        assert(err.code == "refused" or err.code == "timeout", err)
        task.sleep(0.05)
    end
    error("no answer")
)";

const std::string receiver = R"(
    local socket = assert(multicast.receiver(arg[1], tonumber(arg[2]), { interface = arg[3], source = arg[4] }))
    print("ready on *:" .. socket:port())
    for payload, host, port in socket:datagrams() do print("heard " .. payload .. " from " .. host) end
)";

const std::string sender = R"(
    local socket = assert(multicast.sender(arg[1], tonumber(arg[2]), { interface = arg[3], loopback = arg[5] ~= "quiet" }))
    print(socket:send(arg[4]))
)";

}  // namespace

TEST_CASE("socat asks a moonwire server over IPv4 and IPv6")
{
    for (const char* family : {"any", "ipv4", "ipv6"}) {
        Process server(script(upper_server, {family}));
        const std::string port = port_of(server.wait_for_output("ready on"));
        if (std::string(family) != "ipv6") {
            Process socat({"socat", "-", "UDP4:127.0.0.1:" + port});
            socat.write("over four\n");
            socat.wait_for_output("OVER FOUR");
            server.wait_for_output("from 127.0.0.1: over four");
        }
        if (std::string(family) != "ipv4") {
            Process socat({"socat", "-", "UDP6:[::1]:" + port});
            socat.write("over six\n");
            socat.wait_for_output("OVER SIX");
            server.wait_for_output("from ::1: over six");
        }
    }
}

TEST_CASE("a moonwire client asks socat over IPv4 and IPv6")
{
    const std::string port = free_port();
    Process four({"socat", "UDP4-RECVFROM:" + port + ",fork,bind=127.0.0.1", "PIPE"});
    CHECK(run(script(asking_client, {"127.0.0.1", port})).output == "answer: question\n");
    Process six({"socat", "UDP6-RECVFROM:" + port + ",fork,bind=[::1],ipv6only", "PIPE"});
    CHECK(run(script(asking_client, {"::1", port})).output == "answer: question\n");
}

TEST_CASE("multicast with socat over the loopback interface, and several receivers at once")
{
    Process one(script(receiver, {"239.8.8.1", "0", "lo"}));
    const std::string port = port_of(one.wait_for_output("ready on"));
    Process two(script(receiver, {"239.8.8.1", port, "127.0.0.1"}));
    two.wait_for_output("ready on");
    Process deaf(script(receiver, {"239.8.8.2", port, "lo"}));
    deaf.wait_for_output("ready on");
    CHECK(run({"socat", "-u", "-", "UDP4-DATAGRAM:239.8.8.1:" + port + ",ip-multicast-if=127.0.0.1"}, "from socat")
              .status == 0);
    one.wait_for_output("heard from socat from");
    two.wait_for_output("heard from socat from");

    Process socat(
        {"socat", "-u", "UDP4-RECV:" + port + ",bind=239.8.8.1,reuseaddr,ip-add-membership=239.8.8.1:127.0.0.1", "-"});
    Process repeating(script(R"(
        local socket = assert(multicast.sender("239.8.8.1", tonumber(arg[1]), { interface = "lo" }))
        while true do assert(socket:send("to socat\n")) task.sleep(0.05) end
    )",
                             {port}));
    socat.wait_for_output("to socat");
    one.wait_for_output("heard to socat");
    CHECK_THAT(deaf.output(), !Contains("heard"));
}

TEST_CASE("unicast across a cable, also with a zone")
{
    const Networks networks;
    if (!networks.available()) {
        return;
    }
    for (const auto& [host, peer] :
         {std::pair{"10.9.0.2", "10.9.0.1"}, {"fd09::2", "fd09::1"}, {"fe80::2%cable", "fe80::1%cable"}}) {
        Process server(networks.right(script(upper_server, {"any"})));
        const std::string port = port_of(server.wait_for_output("ready on"));
        CHECK(run(networks.left(script(asking_client, {host, port}))).output == "answer: QUESTION\n");
        server.wait_for_output(std::string("from ") + peer + ": question");
    }
}

TEST_CASE("multicast of both IP versions across a cable")
{
    const Networks networks;
    if (!networks.available()) {
        return;
    }
    for (const char* group : {"239.8.8.3", "ff15::83", "ff02::83"}) {
        INFO(group);
        Process near(networks.left(script(receiver, {group, "0", "cable"})));
        const std::string port = port_of(near.wait_for_output("ready on"));
        Process far(networks.right(script(receiver, {group, port, "cable"})));
        far.wait_for_output("ready on");
        CHECK(run(networks.left(script(sender, {group, port, "cable", "hello"}))).output == "true\n");
        const bool v4 = std::string(group).find(':') == std::string::npos;
        const std::string from = v4 ? "heard hello from 10.9.0.1" : "heard hello from f";
        far.wait_for_output(from);
        near.wait_for_output(from);

        // Without loopback only the other host hears it.
        CHECK(run(networks.left(script(sender, {group, port, "cable", "not here", "quiet"}))).output == "true\n");
        far.wait_for_output("heard not here");
        CHECK(run(networks.left(script(sender, {group, port, "cable", "end"}))).output == "true\n");
        near.wait_for_output("heard end");
        CHECK_THAT(near.output(), !Contains("not here"));
    }
}

TEST_CASE("source-specific multicast of IPv6")
{
    const Networks networks;
    if (!networks.available()) {
        return;
    }
    Process far(networks.right(script(receiver, {"ff35::1", "0", "cable", "fd09::1"})));
    const std::string port = port_of(far.wait_for_output("ready on"));
    const std::string from = R"(
        local socket = assert(udp.bind { host = arg[1], family = "ipv6" })
        assert(socket:set { multicast_interface = "cable" })
        print(socket:send("from " .. arg[1], "ff35::1", tonumber(arg[2])))
    )";
    for (const char* address : {"fe80::1%cable", "fd09::1"}) {
        CHECK(run(networks.left(script(from, {address, port}))).output == "true\n");
    }
    far.wait_for_output("heard from fd09::1");
    CHECK_THAT(far.output(), !Contains("fe80"));
}

TEST_CASE("without a route to the group the error says what to do")
{
    const Networks networks;
    if (!networks.available()) {
        return;
    }
    const std::string code = R"(
        local function say(socket, err) print(err.code .. " | " .. err.message) end
        say(multicast.receiver(arg[1], 0))
        say(assert(multicast.sender(arg[1], 9)):send("x"))
    )";
    const Finished four = run(networks.left(script(code, {"239.8.8.4"})));
    CHECK(four.output ==
          "unreachable | join 239.8.8.4: network is unreachable; give interface = … (lo, cable)\n"
          "unreachable | send to 239.8.8.4:9: network is unreachable; give interface = … (lo, cable)\n");
    // IPv6 has a route to groups on every interface, but link-local groups must be bound to one of them.
    const Finished six = run(networks.left(script("print(select(2, multicast.receiver('ff02::84', 0)).message)")));
    CHECK_THAT(six.output, Contains("receive from group [ff02::84]:0: ") && Contains("give interface = … (lo, cable)"));
}

TEST_CASE("ICMP errors of routers are reported as unreachable")
{
    const Networks networks;
    if (!networks.available()) {
        return;
    }
    REQUIRE(run(networks.left({"ip", "route", "add", "unreachable", "10.77.0.0/16"})).status == 0);
    REQUIRE(run(networks.left({"ip", "route", "add", "10.88.0.0/16", "via", "10.9.0.2"})).status == 0);
    REQUIRE(run(networks.right({"sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward"})).status == 0);
    REQUIRE(run(networks.right({"ip", "route", "add", "unreachable", "10.88.0.0/16"})).status == 0);
    const Finished client = run(networks.left(script(R"(
        print(select(2, udp.connect("10.77.0.1", 9)).message)
        local socket = assert(udp.connect("10.88.0.1", 9))
        print(socket:send("x"))
        print(select(2, socket:receive(5)).message)
        local server = assert(udp.bind { errors = true })
        print(server:send("x", "10.88.0.1", 9))
        local payload, err = server:receive(5)
        print(err.code, err.host, err.port)
    )")));
    CHECK(client.output ==
          "connect to 10.77.0.1:9: no route to host\ntrue\nreceive from 10.88.0.1:9: no route to host\n"
          "true\nunreachable\t10.88.0.1\t9\n");
}

TEST_CASE("a sender waits when the send buffer is full, collected datagrams too, and nothing is lost")
{
    const Networks networks;
    if (!networks.available()) {
        return;
    }
    const Finished shaped = run(networks.left(
        {"tc", "qdisc", "add", "dev", "cable", "root", "tbf", "rate", "4mbit", "burst", "4kb", "limit", "4mb"}));
    if (shaped.status != 0) {
        WARN("skipped: no tbf here: " << shaped.error);
        return;
    }
    Process counter(networks.right(script(R"(
        local socket = assert(udp.bind { host = "10.9.0.2", receive_buffer = 1000000 })
        print("ready on *:" .. socket:port())
        for i = 1, 200 do
            local payload = assert(socket:receive(5))
            assert(tonumber(payload:sub(1, 4)) == i, payload:sub(1, 4))
        end
        print("all of them, in order")
    )")));
    const std::string port = port_of(counter.wait_for_output("ready on"));
    const Finished flood = run(networks.left(script(R"(
        local socket = assert(udp.bind { send_buffer = 20000 })
        for i = 1, 200 do
            assert(socket:send(("%04d"):format(i) .. ("x"):rep(1000), "10.9.0.2", tonumber(arg[1])))
        end
        print(socket:info().sent)
        local waiting = {}
        for i = 1, 20 do
            waiting[i] = task.spawn(function() return socket:send(("x"):rep(1000), "10.9.0.2", tonumber(arg[1])) end)
        end
        task.sleep(0.001)
        socket:close()
        local closed, sent = 0, 0
        for i = 1, 20 do
            local ok, err = waiting[i]:join()
            if ok then sent = sent + 1 elseif err.code == "closed" then closed = closed + 1 end
        end
        print(closed + sent, closed > 0)
    )",
                                                    {port})));
    CHECK(flood.output == "200\n20\ttrue\n");
    CHECK(flood.error.empty());
    counter.wait_for_output("all of them, in order");
}

TEST_CASE("names with addresses of both IP versions")
{
    const Networks networks;
    if (!networks.available()) {
        return;
    }
    const TemporaryFolder folder;
    const std::string hosts =
        folder.write("hosts", "192.0.2.77 both.test\n127.0.0.1 both.test four.test\n::1 both.test\nfd09::1 six.test\n");
    const std::string code = R"(
        local dns = require "moonwire.dns"
        print(table.concat(dns.resolve("both.test"), " "))
        print(table.concat(dns.resolve("both.test", { family = "ipv4" }), " "))
        print(table.concat(dns.resolve("both.test", { family = "ipv6" }), " "))
        print(select(2, dns.resolve("six.test", { family = "ipv4" })).code)
        local all = assert(udp.bind())
        print((assert(udp.connect("both.test", all:port())):peer_address()))
        print((assert(udp.connect("both.test", all:port(), { local_host = "127.0.0.1" })):peer_address()))
        assert(udp.bind { family = "ipv4" }:send("x", "both.test", all:port()))
        print(select(2, all:receive(1)) == "127.0.0.1")
        assert(udp.bind():send("x", "both.test", all:port()))
        print(select(2, all:receive(1)) == "::1")
        print(select(2, udp.connect("192.0.2.77", 9)).message)
        print((assert(udp.bind { host = "six.test" }):local_address()))
    )";
    std::vector<std::string> command = {"unshare", "-m", "sh", "-c", "mount --bind \"$0\" /etc/hosts && exec \"$@\"",
                                        hosts};
    for (const std::string& argument : script(code)) {
        command.push_back(argument);
    }
    const Finished names = run(networks.left(command));
    INFO(names.error);
    CHECK(names.output ==
          "::1 127.0.0.1 192.0.2.77\n127.0.0.1 192.0.2.77\n::1\n"
          "name_not_found\n::1\n127.0.0.1\ntrue\ntrue\n"
          "connect to 192.0.2.77:9: network is unreachable\nfd09::1\n");
}
