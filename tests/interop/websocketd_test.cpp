// The scenario websocketd with the lab's own programs, and with a client library that is not the lab's.
#include "tests/interop/lab_programs.hpp"
#include "tests/support/process.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <fstream>
#include <sstream>
#include <thread>

using Catch::Matchers::Contains;
using Catch::Matchers::Matches;
using namespace moonwire::test;

namespace {

const std::string system_python = "/usr/bin/python3";  // which has Debian's modules

bool lacks(const std::string& module, const std::string& package)
{
    const bool lacking = run({system_python, "-c", "import " + module}).status != 0;
    if (lacking) {
        WARN("skipped: Python has no module " + module + " (" + package + ", third_party/setup installs it)");
    }
    return lacking;
}

/// One of the labs' programs, with the Python that has the modules.
std::vector<std::string> with_modules(const std::string& name, const std::string& argument)
{
    std::vector<std::string> command = python(name, {argument});
    command.front() = system_python;
    return command;
}

std::string read(const std::filesystem::path& file)
{
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
}

/// Waits until the file has this in it.
std::string wait_for_text(const std::filesystem::path& file, const std::string& part)
{
    const auto deadline = std::chrono::steady_clock::now() + patience();
    std::string text = read(file);
    while (text.find(part) == std::string::npos && std::chrono::steady_clock::now() < deadline) {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        text = read(file);
    }
    CHECK_THAT(text, Contains(part));
    return text;
}

}  // namespace

TEST_CASE("websocketd runs the lab's server program unchanged, for the lab's client")
{
    if (lacks("websocket", "python3-websocket")) {
        return;
    }
    const TemporaryFolder folder;
    folder.write("Status", "0\n");
    folder.write("wsd_server.py", read(python("wsd_server.py", {}).back()));
    std::vector<std::string> command = moonwire_run(
        {"websocketd", "server", "--port=0", "--devconsole", "--grace", "0.2", "python3", "wsd_server.py"});
    command.insert(command.begin(), {"env", "-C", folder.path().string()});
    Server server(command);
    {
        Process client(with_modules("ws_client.py", "localhost:" + server.port));
        wait_for_text(folder.path() / "serverLog", "Heartbeat: ");
        server.process.wait_for_error("the status is 0");
        folder.write("Status", "1\n");
        CHECK_THAT(client.wait_for_output("Status: "),
                   Matches(R"(Status: \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} - 100 - 1)"));
        CHECK_THAT(
            wait_for_text(folder.path() / "serverLog", "ACK: "),
            Matches(R"(Heartbeat: [-0-9]+ [:0-9]+\.\d{3} - \d+\n(Heartbeat.*\n)*ACK: [-0-9]+ [:0-9]+\.\d{3} - 100\n)"));
        client.signal(SIGKILL);
    }
    CHECK_THAT(server.process.wait_for_error("has ended"), Contains("has ended: SIGTERM"));
    CHECK_THAT(server.process.error(), !Contains("Traceback"));
}

TEST_CASE("websocketd and Python's websockets understand each other")
{
    if (lacks("websockets", "python3-websockets")) {
        return;
    }
    Server server(moonwire_run({"websocketd", "server", "--port=0", "cat"}));
    const Finished client = run(with_modules("ws_lines.py", "ws://localhost:" + server.port + "/any/path?x=1"));
    CHECK(client.error.empty());
    CHECK(client.output == "all came back\n");
    CHECK_THAT(server.process.wait_for_error("has ended"), Contains("has ended: exit status 0"));
}
