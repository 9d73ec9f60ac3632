#include "tests/interop/lab_programs.hpp"
#include "tests/support/process.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>

using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;
using namespace moonwire::test;

namespace {

std::string messages(int count)
{
    std::string text;
    for (int i = 0; i < count; ++i) {
        text += "This is PMU data " + std::to_string(i) + "\n";
    }
    return text;
}

/// A folder with an authority's files and a PMU's.
struct Files {
    Files() { REQUIRE(run_moonwire({"run", "pmu/tls", "ca", folder.path().string()}).status == 0); }

    std::string operator()(const std::string& name) const { return (folder.path() / name).string(); }

    TemporaryFolder folder;
};

/// Has a program run in a folder.
std::vector<std::string> in_folder(const TemporaryFolder& folder, std::vector<std::string> command)
{
    command.insert(command.begin(), {"env", "-C", folder.path().string()});
    return command;
}

std::string content(const std::filesystem::path& path)
{
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("pmu/websocket: a PDC in Python and our PMU")
{
    if (!has_websocket_python()) {
        return;
    }
    Server pmu(moonwire_run({"pmu/websocket", "pmu", "--port", "0", "--count", "12", "--flood-size", "300000"}));
    const auto pdc = [&](const char* command) {
        const Finished finished = run(websocket_python("WebSocket_PDC.py", {"localhost", pmu.port, command}));
        INFO(finished.error);
        CHECK(finished.status == 0);
        return finished.output;
    };
    CHECK(pdc("CMD_short:0") == messages(12));
    CHECK(pdc("CMD_short:0.01") == messages(12));
    const std::string flood = pdc("CMD_floodme");
    CHECK(flood.size() == 300001);
    CHECK_THAT(flood, StartsWith("00000001 This is one flood"));
    CHECK(pdc("CMD_dance") == "ERROR: unknown command: CMD_dance\n");
}

TEST_CASE("pmu/websocket: our PDC and a PMU in Python")
{
    if (!has_websocket_python()) {
        return;
    }
    Server pmu(websocket_python("WebSocket_PMU.py", {"0", "12", "300000"}));
    const auto pdc = [&](const char* command) {
        return run_moonwire({"run", "pmu/websocket", "pdc", "localhost", pmu.port, command});
    };
    for (const char* command : {"CMD_short:0", "CMD_short:0.01"}) {
        const Finished heard = pdc(command);
        INFO(heard.error);
        CHECK(heard.status == 0);
        CHECK(heard.output == messages(12));
    }
    const Finished flooded = pdc("CMD_floodme");
    CHECK(flooded.status == 0);
    CHECK(flooded.output.size() == 300001);
    CHECK_THAT(flooded.output, StartsWith("01234567890123") && EndsWith("56789\n"));
    const Finished refused = pdc("CMD_dance");
    CHECK(refused.status == 1);
    CHECK(refused.output.empty());
    CHECK_THAT(refused.error, Contains("no message from the PMU: ERROR: unknown command"));
}

TEST_CASE("pmu/websocket: over TLS with Python, both ways")
{
    if (!has_websocket_python()) {
        return;
    }
    const Files files;
    SECTION("a PDC in Python and our PMU")
    {
        Server pmu(moonwire_run({"pmu/websocket", "pmu", "--port", "0", "--secure", "--certificate", files("pmu.crt"),
                                 "--key", files("pmu_key.pem")}));
        const Finished heard =
            run(websocket_python("WebSocket_PDC.py", {"localhost", pmu.port, "CMD_short:0", files("ca.crt")}));
        INFO(heard.error);
        CHECK(heard.output == messages(10));
    }
    SECTION("our PDC and a PMU in Python")
    {
        Server pmu(websocket_python("WebSocket_PMU.py", {"0", "12", "300000", files("pmu.crt"), files("pmu_key.pem")}));
        const Finished heard = run_moonwire(
            {"run", "pmu/websocket", "pdc", "localhost", pmu.port, "CMD_short:0", "--secure", "--ca", files("ca.crt")});
        INFO(heard.error);
        CHECK(heard.status == 0);
        CHECK(heard.output == messages(12));
    }
}

TEST_CASE("console: the lab's client in Python and our server")
{
    if (!has_websocket_python()) {
        return;
    }
    Server server(moonwire_run({"console", "server", "--port", "0"}));
    Process client(websocket_python("console_client.py", {server.port}));
    client.write("Hello, server!\n");
    CHECK(server.process.wait_for_output("Received") == "Received message from client: Hello, server!");
    server.process.write("Hello, client!\n");
    CHECK_THAT(client.wait_for_output("Received"), EndsWith("Received response from server: Hello, client!"));
    client.write("Do you hear me?\n");
    CHECK(server.process.wait_for_output("Received") == "Received message from client: Do you hear me?");
}

TEST_CASE("console: our client and the lab's server in Python")
{
    if (!has_websocket_python()) {
        return;
    }
    Server server(websocket_python("console_server.py", {"0"}));
    Process client(moonwire_run({"console", "client", "localhost", server.port}));
    client.write("Hello, server!\n");
    CHECK(server.process.wait_for_output("Received") == "Received message from client: Hello, server!");
    server.process.write("Hello, client!\n");
    CHECK(client.wait_for_output("Received") == "Received response from server: Hello, client!");
    client.write("quit\n");
    CHECK(client.wait() == 0);
}

TEST_CASE("heartbeat: a client in Python and our server")
{
    if (!has_websocket_python()) {
        return;
    }
    const TemporaryFolder folder;
    folder.write("Status", "0");
    Server server(in_folder(folder, moonwire_run({"heartbeat", "server", "--port", "0", "--poll", "0.02"})));
    Process client(websocket_python("heartbeat_client.py", {"localhost:" + server.port, "0.1"}));
    server.process.wait_for_output("Heartbeat: ");
    server.process.wait_for_output("Heartbeat: ");
    folder.write("Status", "1");
    const std::string status = client.wait_for_output("Status: ");
    CHECK_THAT(status, EndsWith(" - 100 - 1"));
    CHECK_THAT(server.process.wait_for_output("ACK: "), EndsWith(" - 100"));
    server.process.wait_for_output("Round trip of status 100");
    CHECK_THAT(content(folder.path() / "serverLog"), StartsWith("Heartbeat: ") && Contains("\nACK: "));
}

TEST_CASE("heartbeat: our client and a server in Python")
{
    if (!has_websocket_python()) {
        return;
    }
    const TemporaryFolder folder;
    folder.write("Status", "0");
    Server server(in_folder(folder, websocket_python("heartbeat_server.py", {"0", "0.02"})));
    Process client(moonwire_run({"heartbeat", "client", "localhost", server.port, "--period", "0.1", "--stay", "2"}));
    server.process.wait_for_output("Heartbeat: ");
    server.process.wait_for_output("Heartbeat: ");
    folder.write("Status", "1");
    CHECK_THAT(client.wait_for_output("Status: "), EndsWith(" - 100 - 1"));
    CHECK_THAT(server.process.wait_for_output("ACK: "), EndsWith(" - 100"));
    folder.write("Status", "0");
    CHECK_THAT(client.wait_for_output("Status: "), EndsWith(" - 101 - 0"));
    CHECK(client.wait() == 0);
    CHECK_THAT(client.error(), Contains("to disconnect ..."));
    CHECK_THAT(content(folder.path() / "serverLog"), Contains(" - 100\n") && Contains(" - 101\n"));
}
