#include "tests/support/process.hpp"
#include "tests/support/socket.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <map>
#include <sstream>

using Catch::Matchers::Contains;
using Catch::Matchers::Matches;
using Catch::Matchers::StartsWith;
using namespace moonwire::test;

namespace {

/// The table's rows by their names: poll reconnecting, poll over one connection, WebSocket.
std::map<std::string, std::array<double, 3>> table(const std::string& output)
{
    constexpr std::size_t name_width = 32;
    std::map<std::string, std::array<double, 3>> rows;
    std::istringstream lines(output);
    for (std::string line; std::getline(lines, line) && !line.empty();) {
        std::istringstream values(line.substr(name_width));
        std::array<double, 3> row{};
        std::string unit;
        for (double& value : row) {
            values >> value;
            if (line.find(" ms") != std::string::npos) {
                values >> unit;
            }
        }
        if (values) {
            const std::string name = line.substr(0, name_width);
            rows[name.substr(0, name.find_last_not_of(' ') + 1)] = row;
        }
    }
    return rows;
}

}  // namespace

TEST_CASE("compare/websocket_http: what each way has cost")
{
    const Finished run = run_moonwire({"run", "compare/websocket_http", "--port", "0", "--seed", "1", "--virtual-time",
                                       "--updates", "50", "--poll", "0.02", "--size", "200"});
    INFO(run.output);
    CHECK(run.status == 0);
    auto rows = table(run.output);
    REQUIRE(rows.size() == 12);
    const auto requests = rows["requests"];
    CHECK(rows["connections"] == std::array<double, 3>{requests[0], 1, 1});
    CHECK(requests[2] == 1);
    // 50 updates, 50 ms apart on average: some 125 polls.
    CHECK(requests[1] > 80);
    CHECK(requests[1] < 200);
    const auto in_vain = rows["  of these in vain"];
    CHECK(in_vain[1] >= requests[1] - 50);
    CHECK(in_vain[2] == 0);
    for (const auto& [sent, received] : {std::pair("bytes from the client", "bytes from the server"),
                                         {"packets from the client", "packets from the server"}}) {
        CHECK(rows[sent][1] > rows[sent][2]);
        CHECK(rows[received][1] > rows[received][2]);
    }
    CHECK(rows["bytes from the server"][2] >= 50 * 200);
    CHECK(rows["bytes for one of an update"][2] == Approx(1.0).margin(0.1));
    // A new connection: at least SYN, ACK, request from the client, SYN and answer from the server.
    CHECK(rows["packets from the client"][0] >= 3 * requests[0]);
    CHECK(rows["packets from the server"][0] >= 2 * requests[0]);
    // Polled updates are half an interval old on average, and a whole one at most.
    CHECK(rows["latency, mean"][1] > 6);
    CHECK(rows["latency, mean"][1] < 14);
    CHECK(rows["latency, 99th percentile"][1] <= 20.5);
    CHECK(rows["latency, 99th percentile"][2] < 1);
    CHECK_THAT(run.output, Contains("For the same 50 updates polling over one connection took ") &&
                               Contains(" times the bytes and ") && Contains(" ms later on average"));
}

TEST_CASE("compare/websocket_http: the same seed brings the same updates")
{
    const auto in_vain = [](const std::string& seed) {
        const Finished run = run_moonwire(
            {"run", "compare/websocket_http", "--port", "0", "--seed", seed, "--virtual-time", "--updates", "200"});
        CHECK(run.status == 0);
        return table(run.output)["requests"][1];
    };
    const double first = in_vain("7");
    CHECK(in_vain("7") == first);
    CHECK(in_vain("8") != first);
}

TEST_CASE("compare/websocket_http: polls that are rare bring several updates at once")
{
    const Finished run = run_moonwire({"run", "compare/websocket_http", "--port", "0", "--seed", "1", "--virtual-time",
                                       "--updates", "100", "--interval", "0.01", "--poll", "0.5"});
    CHECK(run.status == 0);
    auto rows = table(run.output);
    CHECK(rows["requests"][1] <= 4);
    CHECK(rows["packets from the server"][1] < rows["packets from the server"][2]);
    CHECK_THAT(run.output, Contains(" of the packets that WebSocket took"));
}

TEST_CASE("compare/websocket_http: two processes, several clients, and requests that make no sense")
{
    Process server(moonwire_run({"compare/websocket_http", "server", "--port", "0", "--interval", "0.01"}));
    const std::string port = port_of(server.wait_for_error("ready on"));
    const auto client = [&](const std::string& host) {
        return moonwire_run({"compare/websocket_http", "client", host, port, "--updates", "10", "--poll", "0.01"});
    };
    Process one(client("127.0.0.1"));
    Process other(client("::1"));
    CHECK(one.wait() == 0);
    CHECK(other.wait() == 0);
    for (const Process* process : {&one, &other}) {
        auto rows = table(process->output());
        CHECK(rows["connections"][2] == 1);
        CHECK(rows["latency, mean"][2] < 1000);
    }
    Client nonsense(port);
    nonsense.send("GET /updates/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    CHECK_THAT(nonsense.read_all(), StartsWith("HTTP/1.1 400 ") && Contains("expected the number of an update"));
    Client future(port);
    future.send("GET /updates/99999999999999999999 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    CHECK_THAT(future.read_all(), StartsWith("HTTP/1.1 204 "));
}
