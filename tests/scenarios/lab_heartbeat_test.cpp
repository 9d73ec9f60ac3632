#include "tests/support/process.hpp"
#include "tests/support/socket.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <sstream>
#include <vector>

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using namespace moonwire::test;

namespace {

const std::string time_stamp = "\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d\\.\\d{3}";

int count(const std::string& text, const std::string& line)
{
    const std::regex pattern(line);
    std::istringstream lines(text);
    int found = 0;
    for (std::string one; std::getline(lines, one);) {
        found += std::regex_match(one, pattern) ? 1 : 0;
    }
    return found;
}

/// A figure of the report.
double figure(const std::string& report, const std::string& name)
{
    std::smatch match;
    const std::regex pattern("(?:^|\n)" + name + " \\.+ ([\\d.]+) ");
    return std::regex_search(report, match, pattern) ? std::stod(match[1]) : -1;
}

/// A server with its two files in a folder of its own.
struct Heartbeat {
    explicit Heartbeat(std::vector<std::string> more = {}) : flags(std::move(more)) { start(); }

    void start()
    {
        std::vector<std::string> arguments{"heartbeat", "server", "--port", "0",      "--status",
                                           status(),    "--log",  log(),    "--poll", "0.02"};
        arguments.insert(arguments.end(), flags.begin(), flags.end());
        process = std::make_unique<Process>(moonwire_run(arguments));
        port = port_of(process->wait_for_error("ready on"));
    }

    std::string status() const { return (folder.path() / "Status").string(); }
    std::string log() const { return (folder.path() / "serverLog").string(); }

    std::string logged() const
    {
        std::ifstream file(log());
        return {std::istreambuf_iterator<char>(file), {}};
    }

    std::vector<std::string> client(std::vector<std::string> more = {}) const
    {
        more.insert(more.begin(), {"heartbeat", "client", "localhost", port});
        return moonwire_run(std::move(more));
    }

    TemporaryFolder folder;
    std::vector<std::string> flags;
    std::unique_ptr<Process> process;
    std::string port;
};

}  // namespace

TEST_CASE("heartbeat: all roles under virtual time play a minute, to the packet")
{
    const Finished run = run_moonwire({"run", "heartbeat", "--port", "0", "--virtual-time"});
    INFO(run.output + run.error);
    CHECK(run.status == 0);
    CHECK(count(run.output, "Heartbeat: " + time_stamp + " - \\d+") == 7);  // at 0, 10, … 60 s
    CHECK(count(run.output, "Status: " + time_stamp + " - 100 - 1") == 2);  // as it is sent, and as it is received
    CHECK(count(run.output, "Status: " + time_stamp + " - 101 - 0") == 2);
    CHECK(count(run.output, "Status: " + time_stamp + " - 102 - 1") == 2);
    CHECK(count(run.output, "ACK: " + time_stamp + " - 10[012]") == 3);
    CHECK(count(run.output, "Round trip of status 10[012] to \\S+: 0\\.000 ms") == 3);
    CHECK(figure(run.error, "to connect") >= 5);
    CHECK(figure(run.error, "a minute, messages sent") == Approx(10).margin(1));
    CHECK(figure(run.error, "a minute, messages received") == Approx(3).margin(0.2));
    CHECK(figure(run.error, "to disconnect") >= 5);
}

TEST_CASE("heartbeat: all roles in real time, with short waits")
{
    const bool notify = GENERATE(false, true);
    std::vector<std::string> arguments{"run",    "heartbeat", "--port",   "0",   "--pause",   "0.02",
                                       "--poll", "0.02",      "--period", "0.1", "--changes", "5"};
    if (notify) {
        arguments.emplace_back("--notify");
    }
    const Finished run = run_moonwire(arguments);
    INFO(run.output + run.error);
    CHECK(run.status == 0);
    CHECK(count(run.output, "Status: " + time_stamp + " - 104 - 1") == 2);
    CHECK(count(run.output, "Round trip of status 10\\d to \\S+: \\d+\\.\\d{3} ms") == 5);
    const double packets = figure(run.error, "to connect");
    CHECK(packets >= 5);  // 3 of TCP, a request and an answer, and their acknowledgements
    CHECK(packets <= 8);
    const double bytes = figure(run.error, "to connect, bytes");
    CHECK(bytes > packets * 52 + 200);
    CHECK(bytes < packets * 72 + 400);
    CHECK(figure(run.error, "mean size") > 52);
    CHECK(figure(run.error, "to disconnect") >= 5);
}

TEST_CASE("heartbeat: a change of the file reaches all clients, and their answers the log")
{
    std::vector<std::string> flags;
    if (GENERATE(false, true)) {
        flags.emplace_back("--notify");
    }
    Heartbeat server(flags);
    server.process->wait_for_error("the status is not there yet");
    Process first(server.client());
    Process second(server.client());
    server.process->wait_for_output("Heartbeat: ");
    server.process->wait_for_output("Heartbeat: ");

    server.folder.write("Status", "0\n");
    for (Process* client : {&first, &second}) {
        CHECK_THAT(client->wait_for_output("Status: "), Contains(" - 100 - 0"));
    }
    server.process->wait_for_output("Round trip of status 100");
    server.process->wait_for_output("Round trip of status 100");
    server.folder.write("Status", "0");  // no change of the number
    server.folder.write("Status", "");
    std::filesystem::rename(server.folder.write("new", "1"), server.status());
    CHECK_THAT(first.wait_for_output("Status: "), Contains(" - 101 - 1"));
    server.process->wait_for_output("Round trip of status 101");
    server.process->wait_for_output("Round trip of status 101");
    CHECK(count(server.logged(), "Heartbeat: " + time_stamp + " - \\d+") == 2);
    CHECK(count(server.logged(), "ACK: " + time_stamp + " - 100") == 2);
    CHECK(count(server.logged(), "ACK: " + time_stamp + " - 101") == 2);
}

TEST_CASE("heartbeat: the log grows by whole lines, also over restarts")
{
    Heartbeat server;
    const auto beat = [&] {
        Process client(server.client());
        server.process->wait_for_output("Heartbeat: ");
    };
    beat();
    const std::string before = server.logged();
    server.process->signal(SIGKILL);
    server.process->wait();
    std::ofstream(server.log(), std::ios::app) << "Heartbeat: 2024-11-05 14:0";  // as after a power cut
    server.start();
    beat();
    const std::string after = server.logged();
    CHECK_THAT(after, StartsWith(before + "Heartbeat: 2024-11-05 14:0\nHeartbeat: "));
    CHECK(count(after, "Heartbeat: " + time_stamp + " - \\d+") == 2);
    CHECK(after.back() == '\n');
    server.process->signal(SIGINT);
    server.process->wait();
    server.start();
    CHECK(server.logged() == after);
}

TEST_CASE("heartbeat: a client that is silent is given up, the others are served")
{
    Heartbeat server({"--idle", "0.3"});
    Process good(server.client({"--period", "0.05"}));
    Process silent(server.client({"--period", "60"}));
    CHECK_THAT(server.process->wait_for_error("is gone"), Contains("timed out"));
    CHECK(silent.wait() == 0);
    server.folder.write("Status", "1");
    CHECK_THAT(good.wait_for_output("Status: "), Contains(" - 100 - 1"));
}

TEST_CASE("heartbeat: strangers, vanished clients and unknown acknowledgements harm nobody")
{
    Heartbeat server;
    Client plain(server.port);
    plain.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    CHECK_THAT(plain.read_all(), StartsWith("HTTP/1.1 426 "));
    Process liar(
        {MOONWIRE_EXECUTABLE, "-e",
         "local conn = assert(require('moonwire.ws').connect('ws://localhost:" + server.port + "'))\n" +
             R"(for _, text in ipairs { 'ACK: now - 100', 'ACK: now - 1e9', 'ACK: - ', 'two\nlines', '\27[2J' } do
                             conn:send(text)
                         end
                         conn:receive())"});
    server.process->wait_for_output("\\x1b[2J");
    CHECK(server.logged() == "ACK: now - 100\nACK: now - 1e9\nACK: - \ntwo\\x0alines\n\\x1b[2J\n");
    liar.signal(SIGKILL);
    CHECK(liar.wait() == 128 + SIGKILL);
    server.process->wait_for_error("is gone");
    CHECK_THAT(server.process->output(), !Contains("Round trip"));
    Process good(server.client());
    server.process->wait_for_output("Heartbeat: ");
    server.folder.write("Status", "1");
    CHECK_THAT(good.wait_for_output("Status: "), Contains(" - 100 - 1"));
}

TEST_CASE("heartbeat: the client disconnects in order, and says so when the server vanishes")
{
    Heartbeat server;
    const Finished stayed =
        run_moonwire({"run", "heartbeat", "client", "localhost", server.port, "--stay", "0.3", "--period", "0.1"});
    INFO(stayed.error);
    CHECK(stayed.status == 0);
    CHECK(figure(stayed.error, "to disconnect") >= 5);
    CHECK_THAT(server.process->wait_for_error("is gone"), Contains("enough"));
    Process left_alone(server.client());
    server.process->wait_for_error("is connected");
    server.folder.write("Status", "1");
    left_alone.wait_for_output("Status: ");  // it knows that it is connected
    server.process->signal(SIGKILL);
    CHECK(left_alone.wait() == 1);
    CHECK_THAT(left_alone.error(), Contains("without a close frame") || Contains("reset"));
}

TEST_CASE("heartbeat: a log that cannot be written ends the server before it serves")
{
    const Finished run = run_moonwire({"run", "heartbeat", "server", "--port", "0", "--log", "/no/such/serverLog"});
    CHECK(run.status == 1);
    CHECK_THAT(run.error, Contains("/no/such/serverLog: No such file or directory") && !Contains("ready on"));
}
