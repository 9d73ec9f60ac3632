// `moonwire run … --impair`: a bad network before the server of any scenario.
#include "tests/support/process.hpp"
#include "tests/support/socket.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <string>
#include <vector>

using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using Catch::Matchers::Matches;
using Catch::Matchers::StartsWith;
using namespace moonwire::test;

namespace {

using Words = std::vector<std::string>;

Finished play(Words words)
{
    words.insert(words.begin(), "run");
    return run_moonwire(words);
}

std::string line_with(const std::string& text, const std::string& part)
{
    const auto at = text.find(part);
    REQUIRE(at != std::string::npos);
    return text.substr(at, text.find('\n', at) - at);
}

/// A scenario whose receiver prints what arrives of five datagrams, or of five lines.
std::string five(const TemporaryFolder& folder, const std::string& transport)
{
    const std::string udp = R"lua(
        server = function(p)
            local socket = assert(udp.bind { host = "127.0.0.1", port = p.port })
            scenario.ready(socket)
            for payload in socket:datagrams() do print(payload) end
        end,
        client = { after = "server", run = function(p)
            local socket = assert(udp.connect("127.0.0.1", p.port))
            for i = 1, 5 do assert(socket:send("message " .. i)) end
        end })lua";
    const std::string tcp = R"lua(
        server = function(p)
            local server = assert(tcp.listen { host = "127.0.0.1", port = p.port })
            scenario.ready(server)
            server:serve(function(conn) for line in conn:lines() do print(line) end end)
        end,
        client = { after = "server", run = function(p)
            local conn = assert(tcp.connect("127.0.0.1", p.port))
            for i = 1, 5 do assert(conn:write("message " .. i .. "\n")) end
            assert(conn:shutdown())
            assert(conn:read_all())
            conn:close()
        end })lua";
    return folder.write(transport + ".lua", R"lua(
        local scenario, tcp, udp = require "moonwire.scenario", require "moonwire.tcp", require "moonwire.udp"
        return scenario.define { summary = "five messages", params = { port = { 0, "the port", type = "port" } },
            roles = {)lua" + (transport == "udp" ? udp : tcp) +
                                                "} }");
}

}  // namespace

TEST_CASE("run: --impair puts a relay before a UDP server, and says what it has done")
{
    const TemporaryFolder folder;
    const Finished run = play({five(folder, "udp"), "--impair", "duplicate=1,direction=to_target"});
    INFO(run.error);
    CHECK(run.status == 0);
    CHECK(run.output ==
          "message 1\nmessage 1\nmessage 2\nmessage 2\nmessage 3\nmessage 3\nmessage 4\nmessage 4\nmessage 5\nmessage "
          "5\n");
    CHECK_THAT(line_with(run.error, "server: impaired"), Matches("server: impaired on 127.0.0.1:[0-9]+"));
    CHECK_THAT(run.error, Contains("impair: server: to it 5 datagrams (45 bytes), 5 duplicated; "
                                   "from it 0 datagrams (0 bytes)\n"));
}

TEST_CASE("run: --impair lets what is delayed arrive before the run ends")
{
    const TemporaryFolder folder;
    const Finished run = play({five(folder, "udp"), "--impair", "delay=200ms"});
    CHECK(run.status == 0);
    CHECK_THAT(run.output, EndsWith("message 5\n"));
    CHECK_THAT(run.error, Contains("5 datagrams (45 bytes), 5 delayed;"));
}

TEST_CASE("run: --impair loses the same datagrams with the same seed")
{
    const auto summary = [](const std::string& seed) {
        const Finished run = play({"datetime", "--port", "0", "--family", "ipv4", "--count", "20", "--virtual-time",
                                   "--attempts", "100", "--impair", "drop=0.4", "--seed", seed});
        INFO(run.error);
        CHECK(run.status == 0);
        CHECK_THAT(run.error, Contains("server: impaired on 0.0.0.0:"));
        return line_with(run.error, "impair: server:");
    };
    const std::string first = summary("1");
    CHECK_THAT(first, Contains(" dropped; from it "));
    CHECK(summary("1") == first);
    CHECK(summary("2") != first);
}

TEST_CASE("run: --impair delays, stalls and cuts the connections of a TCP server")
{
    const TemporaryFolder folder;
    const std::string file = five(folder, "tcp");
    const Finished late = play({file, "--impair", "delay=50ms", "--impair", "stall=100ms,stall_after=20"});
    INFO(late.error);
    CHECK(late.status == 0);
    CHECK_THAT(late.output, StartsWith("message 1\nmessage 2\nmessage 3\nmessage 4\nmessage 5\n"));
    CHECK_THAT(late.error, Contains("impair: server: 1 connection; to it 50 bytes, 1 stall; from it 0 bytes\n"));
    const Finished cut = play({file, "--impair", "cut_after=15"});
    CHECK(cut.status == 1);
    CHECK_THAT(cut.output, StartsWith("message 1\n"));
    CHECK_THAT(cut.error, Contains("impair: server: 1 connection, 1 cut; ") && Contains("reset by the peer"));
}

TEST_CASE("run: --impair stands before servers of TLS, HTTP and WebSocket, too")
{
    for (const Words& scenario : {Words{"pmu/tls", "--port", "0", "--count", "2", "--settle", "0.1"},
                                  Words{"pmu/websocket", "--port", "0", "--count", "2"},
                                  Words{"compare/websocket_http", "--port", "0", "--updates", "3"}}) {
        Words words = scenario;
        words.insert(words.end(), {"--impair", "delay=5ms"});
        const Finished run = play(words);
        INFO(run.error);
        CHECK(run.status == 0);
        CHECK_THAT(run.error, Contains(": impaired on ") && Contains("; to it "));
    }
}

TEST_CASE("run: a server that is played alone takes --impair and names the relay's port")
{
    const TemporaryFolder folder;
    const std::string file = five(folder, "udp");
    Process server(moonwire_run({file, "server", "--impair", "duplicate=1"}));
    server.wait_for_error("ready on");
    const std::string port = port_of(server.wait_for_error("impaired on"));
    CHECK(play({file, "client", "--port", port}).status == 0);
    CHECK(server.wait_for_output("message 5") == "message 5");
    server.signal(SIGINT);
    CHECK(server.wait() == 130);
    CHECK_THAT(server.error(), Contains("impair: server: to it 5 datagrams (45 bytes), 5 duplicated; "));
}

TEST_CASE("run: --impair refuses what is no fault before anything starts")
{
    const TemporaryFolder folder;
    const std::string file = five(folder, "udp");
    const std::vector<std::pair<std::string, std::string>> mistakes = {
        {"drop", "--impair: expected name=value, as drop=0.3,delay=50ms, got 'drop'"},
        {"drop=2", "--impair: parameter 'drop': expected a number from 0 to 1, got '2'"},
        {"dropp=1", "--impair: there is no 'dropp' (did you mean 'drop'?)"},
        {"loss=1", "--impair: there is no 'loss'; there are drop, duplicate, "},
        {"delay=-1", "--impair: parameter 'delay': expected a duration"},
        {"direction=up", "expected one of both, to_target, to_client, got 'up'"},
        {"stall=1", "--impair: stall needs stall_after, stall_at or stall_every"},
        {"stall_at=1", "--impair: stall=SECONDS has to say how long each stall takes"},
    };
    for (const auto& [value, message] : mistakes) {
        const Finished run = play({file, "--impair", value});
        CHECK(run.status == 2);
        CHECK_THAT(run.error, Contains(message));
        CHECK(run.output.empty());
    }
    CHECK(play({file, "--impair"}).status == 2);
}

TEST_CASE("run: --impair says why it cannot work")
{
    const TemporaryFolder folder;
    const auto error_of = [](const Words& words) {
        const Finished run = play(words);
        CHECK(run.status == 1);
        return run.error;
    };
    CHECK_THAT(error_of({five(folder, "udp"), "--impair", "cut_after=1"}),
               Contains("--impair: 'cut_after' is for TCP, but the role server serves by UDP"));
    CHECK_THAT(error_of({five(folder, "tcp"), "--impair", "drop=1"}),
               Contains("--impair: 'drop' is for UDP, but the role server serves by TCP"));
    CHECK_THAT(error_of({five(folder, "udp"), "client", "--impair", "drop=1"}),
               Contains("--impair: the relay stands before the server, so give --impair to that role, and its relay's "
                        "port to client"));
    CHECK_THAT(error_of({"multicast/tv", "--port", "0", "--interface", "lo", "--impair", "drop=1"}),
               Contains("--impair: the role receiver hears the multicast group"));
    const std::string script = R"lua(
        local scenario, udp = require "moonwire.scenario", require "moonwire.udp"
        return scenario.define { summary = "", roles = { one = function() BODY end } })lua";
    const auto with = [&](const std::string& body) {
        std::string text = script;
        text.replace(text.find("BODY"), 4, body);
        return folder.write("one.lua", text);
    };
    CHECK_THAT(error_of({with(""), "--impair", "drop=1"}), Contains("--impair: there was no server to stand before"));
    CHECK_THAT(error_of({with("scenario.ready(udp.bind())"), "--impair", "drop=1"}),
               Contains("--impair: the scenario has no parameter 'port'"));
}
