// --ledger as its users meet it. That it counts right, the interop tests have tshark say.
#include "tests/support/capture.hpp"
#include "tests/support/process.hpp"

#include <catch2/catch.hpp>

#include <cstdio>

using Catch::Matchers::Contains;
using Catch::Matchers::Matches;
using namespace moonwire::test;

TEST_CASE("ledger: a table of each connection, with the roles")
{
    if (!may_capture()) {
        return;
    }
    const Finished finished = run_moonwire({"run", "pmu/tcp", "--port", "0", "--command", "CMD_short:0.001", "--settle",
                                            "0.01", "--count", "3", "--ledger"});
    CHECK(finished.status == 0);
    CHECK_THAT(finished.error, Contains("moonwire: captured: "));
    CHECK_THAT(finished.error, Contains("ledger, from the captured packets"));
    CHECK_THAT(finished.error,
               Matches("[^]*\npdc 127.0.0.1:[0-9]+ to pmu 127.0.0.1:[0-9]+, tcp, 0.[0-9]+ seconds\n[^]*"));
    CHECK_THAT(finished.error,
               Contains("  connect               3        2        1         172      57.3  2 SYN, 1 ACK only\n"));
    CHECK_THAT(finished.error,
               Contains("  packets with data: 1 of the client's, 3 of the server's; sent again: 0 and 0\n"));
    CHECK_THAT(finished.error, Contains("  until acknowledged: SYN 0."));
    CHECK_THAT(finished.output, !Contains("ledger"));
}

TEST_CASE("ledger: many connections are summed up")
{
    if (!may_capture()) {
        return;
    }
    const std::string code =
        "local server = assert(tcp.listen { host = '127.0.0.1', port = 0 }) "
        "task.spawn(server.serve, server, function(conn) conn:read_all() end) "
        "for _ = 1, 25 do local conn = assert(tcp.connect('127.0.0.1', server:port())) conn:write('x') conn:close() "
        "end "
        "server:close()";
    const Finished finished = run_moonwire({"--ledger", "-e", code});
    CAPTURE(finished.error);
    CHECK(finished.status == 0);
    CHECK_THAT(finished.error, Contains("\n5 more\n"));
    CHECK_THAT(finished.error, Contains("\nall 25 together\n"));
    CHECK_THAT(finished.error,
               Contains("  connect              75       50       25        4300      57.3  50 SYN, 25 ACK only\n"));
}

TEST_CASE("ledger: as JSON, in a line of its own")
{
    if (!may_capture()) {
        return;
    }
    const Finished finished =
        run_moonwire({"run", "pmu/tcp", "--port", "0", "--command", "CMD_short:0", "--ledger=json"});
    CHECK_THAT(finished.error,
               Contains("\n{\"source\":\"capture\",\"flows\":[{\"protocol\":\"tcp\",\"client\":\"127.0.0.1:"));
    CHECK_THAT(finished.error, Contains("\"client_role\":\"pdc\",\"server_role\":\"pmu\""));
    CHECK_THAT(finished.error, Contains("\"connect\":{\"syn\":{\"packets\":1,\"bytes\":60,\"payload\":0}"));
}

TEST_CASE("ledger: only two forms are known")
{
    const Finished finished = run_moonwire({"run", "pmu/tcp", "--ledger=xml"});
    CHECK(finished.status == 2);
    CHECK(finished.error == "moonwire: --ledger: expected no value or json, got 'xml'\n");
}

TEST_CASE("ledger: without the right to capture it is what the kernel has counted")
{
    if (run({"setpriv", "--bounding-set", "-net_raw", "true"}).status != 0) {
        std::printf("skipped: there is nobody here who may not capture packets\n");
        return;
    }
    const auto ledger_of = [](const std::vector<std::string>& scenario) {
        std::vector<std::string> command = {"setpriv", "--bounding-set", "-net_raw", MOONWIRE_EXECUTABLE, "run"};
        command.insert(command.end(), scenario.begin(), scenario.end());
        command.insert(command.end(), {"--port", "0", "--ledger"});
        const Finished finished = run(command);
        CHECK(finished.status == 0);
        CHECK_THAT(finished.error,
                   Contains("moonwire: no packets are counted: capturing packets takes the capability"));
        CHECK_THAT(finished.error, Contains("ledger, from what the kernel has counted (TCP_INFO)"));
        return finished.error;
    };
    const std::string tcp = ledger_of({"pmu/tcp", "--command", "CMD_short:0.001", "--settle", "0.01", "--count", "3"});
    CHECK_THAT(tcp, Contains("  connect               3        2        1         172      57.3  2 SYN, 1 ACK only\n"));
    CHECK_THAT(tcp,
               Matches("[^]*\\n  data                  8        4        4         [0-9]+      [0-9.]+  4 ACK only, "
                       "4 data\\n[^]*"));
    CHECK_THAT(tcp, Contains("  packets with data: 1 of the client's, 3 of the server's; sent again: 0 and 0\n"));
    const std::string ws = ledger_of({"pmu/websocket", "--command", "CMD_short:0.001", "--count", "3"});
    CHECK_THAT(ws, Contains("\n  upgrade "));
    const std::string udp = ledger_of({"pmu/udp", "--timeout", "0.01", "--runs", "1", "--loss", "0"});
    CHECK_THAT(udp, Matches("[^]*pdc [^ ]+ to pmu 127.0.0.1:[0-9]+, udp, [^]*"));
}
