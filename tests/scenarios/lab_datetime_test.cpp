#include "tests/support/process.hpp"
#include "tests/support/udp_peer.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <vector>

using Catch::Matchers::Contains;
using Catch::Matchers::Matches;
using namespace moonwire::test;

namespace {

const std::string date_pattern = "[0-9]{4}-[0-9]{2}-[0-9]{2}";
const std::string time_pattern = "[0-9]{2}:[0-9]{2}:[0-9]{2}";

std::string refusal(const std::string& request)
{
    return "ERROR: unknown request: " + request + " (expected SEND_DATE or SEND_TIME)";
}

}  // namespace

TEST_CASE("datetime: all roles, with a pause of one to two seconds between the requests")
{
    for (const std::vector<std::string>& version : {std::vector<std::string>{},
                                                    {"--family", "ipv4"},
                                                    {"--family", "ipv6", "--server", "::1"},
                                                    {"--server", "::1"}}) {
        std::vector<std::string> arguments{"run", "datetime", "--port", "0", "--count", "4", "--virtual-time"};
        arguments.insert(arguments.end(), version.begin(), version.end());
        const Finished run = run_moonwire(arguments);
        CHECK(run.status == 0);
        const std::string pair = date_pattern + "\n" + time_pattern + "\n";
        CHECK_THAT(run.output, Matches(pair + pair));
    }
    const Finished crooked = run_moonwire({"run", "datetime", "--port", "0", "--min-pause", "3"});
    CHECK(crooked.status == 1);
    CHECK_THAT(crooked.error, Contains("min_pause must not be longer than max_pause"));
}

TEST_CASE("datetime: the server answers every request by itself, and what it does not know by an error")
{
    Process server(moonwire_run({"datetime", "server", "--port", "0"}));
    const std::string port = port_of(server.wait_for_error("ready on"));
    {
        UdpPeer gone;
        gone.send("SEND_DATE", port);
        gone.send("SEND_DATE", port);
    }
    UdpPeer client;
    UdpPeer six("::1");
    for (UdpPeer* peer : {&client, &six}) {
        peer->send("SEND_DATE", port);
        CHECK_THAT(peer->receive(), Matches(date_pattern));
        peer->send("SEND_TIME\r\n", port);
        CHECK_THAT(peer->receive(), Matches(time_pattern));
    }
    for (const auto& [sent, shown] :
         std::vector<std::pair<std::string, std::string>>{{"SEND_COFFEE", "SEND_COFFEE"},
                                                          {"send_date", "send_date"},
                                                          {"SEND_DATE SEND_TIME", "SEND_DATE SEND_TIME"},
                                                          {"", ""},
                                                          {"\x1b[2J\xff", "\\x1b[2J\xff"},
                                                          {std::string(65507, 'x'), std::string(64, 'x')}}) {
        client.send(sent, port);
        CHECK(client.receive() == refusal(shown));
    }
    server.wait_for_error("127.0.0.1:" + client.port() + " is told " + refusal("SEND_COFFEE"));
    std::vector<std::unique_ptr<UdpPeer>> clients;
    for (int i = 0; i < 50; ++i) {
        clients.push_back(std::make_unique<UdpPeer>());
        clients.back()->send("SEND_TIME", port);
    }
    for (const auto& one : clients) {
        CHECK_THAT(one->receive(), Matches(time_pattern));
    }
}

TEST_CASE("datetime: the client prints what it is answered, and asks again when a datagram is lost")
{
    UdpPeer server;
    Process client(moonwire_run({"datetime", "client", "localhost", server.port(), "--count", "3", "--min-pause", "0",
                                 "--max-pause", "0", "--timeout", "0.2"}));
    CHECK(server.receive() == "SEND_DATE");
    server.answer("someday");
    CHECK(server.receive() == "SEND_TIME");  // lost
    CHECK(server.receive() == "SEND_TIME");
    server.answer("\x1b[2J");
    CHECK(server.receive() == "SEND_DATE");
    server.answer("");
    CHECK(client.wait() == 0);
    CHECK(client.output() == "someday\n\\x1b[2J\n\n");
    CHECK_THAT(client.error(), Contains("no answer to SEND_TIME: ") && Contains("timed out"));
}

TEST_CASE("datetime: a client that nobody answers gives up")
{
    std::string closed;
    {
        const UdpPeer gone;
        closed = gone.port();
    }
    const UdpPeer silent;
    for (const auto& [port, reason] :
         {std::pair<std::string, std::string>{closed, "connection refused"}, {silent.port(), "timed out"}}) {
        const Finished client =
            run_moonwire({"run", "datetime", "client", "127.0.0.1", port, "--timeout", "0.1", "--attempts", "2"});
        CHECK(client.status == 1);
        CHECK(client.output.empty());
        CHECK_THAT(client.error, Contains("no answer to SEND_DATE after 2 attempts: ") &&
                                     Contains("127.0.0.1:" + port + ": " + reason));
    }
}
