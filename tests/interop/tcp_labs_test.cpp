#include "tests/interop/lab_programs.hpp"
#include "tests/support/process.hpp"

#include <catch2/catch.hpp>

#include <sstream>

using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using Catch::Matchers::Matches;
using Catch::Matchers::StartsWith;
using namespace moonwire::test;

namespace {

const std::string romeo = "Oh Romeo, Romeo! wherefore art thou Romeo?";

std::string messages(int count)
{
    std::string text;
    for (int i = 0; i < count; ++i) {
        text += "This is PMU data " + std::to_string(i) + "\n";
    }
    return text;
}

/// What a program said it received, put together. How it was cut is the network's affair, but never longer than `most`.
std::string received(const std::string& output, std::size_t most)
{
    const std::string label = "received: ";
    std::string text;
    std::istringstream lines(output);
    for (std::string line; std::getline(lines, line);) {
        if (line.rfind(label, 0) == 0) {
            CHECK(line.size() - label.size() <= most);
            text += line.substr(label.size());
        }
    }
    return text;
}

/// Plays Code D, which never ends by itself, until it has everything.
std::string play_code_d(const std::string& port)
{
    Process client(python("CodeD.py", {port}));
    client.wait_for_output("sending: " + romeo);
    while (received(client.output(), 16).size() < romeo.size()) {
        client.wait_for_output("received: ");
    }
    return received(client.output(), 16);
}

}  // namespace

TEST_CASE("primer/tcp_hello and the lab's C programs are interchangeable")
{
    const CProgram c_server("server");
    const CProgram c_client("client");
    const std::string server_says = "Message received: Hello from client\n";
    const std::string client_says = "Hello message sent\nMessage from server: Hello from server\n";

    SECTION("the lab's client and the lab's server")
    {
        Server server(c_server("0"));
        CHECK(run(c_client(server.port)).output == client_says);
        CHECK(server.process.wait() == 0);
        CHECK(server.process.output() == server_says);
    }
    SECTION("our client and the lab's server")
    {
        Server server(c_server("0"));
        const Finished client = run_moonwire({"run", "primer/tcp_hello", "client", "127.0.0.1", server.port});
        CHECK(client.status == 0);
        CHECK(client.output == client_says);
        CHECK(server.process.wait() == 0);
        CHECK(server.process.output() == server_says);
    }
    SECTION("the lab's clients and our server")
    {
        Server server(moonwire_run({"primer/tcp_hello", "server", "--port", "0"}));
        for (int i = 0; i < 3; ++i) {
            CHECK(run(c_client(server.port)).output == client_says);
            server.process.wait_for_output("Message received: Hello from client");
        }
        CHECK(server.process.output() == server_says + server_says + server_says);
    }
}

TEST_CASE("primer/tcp_echo: Code D and our server, which says what Code C says")
{
    Server ours(moonwire_run({"primer/tcp_echo", "server", "--port", "0"}));
    Server code_c(python("CodeC.py", {"0"}));
    for (Server* server : {&ours, &code_c}) {
        CHECK(play_code_d(server->port) == romeo);
        CHECK_THAT(server->process.wait_for_output("No more data"),
                   Matches("No more data from \\('127\\.0\\.0\\.1', [0-9]+\\)"));
        CHECK_THAT(server->process.output(),
                   StartsWith("received: Oh Romeo\nreceived: , Romeo!\nreceived:  wherefo\nreceived: re art t\n"
                              "received: hou Rome\nreceived: o?\nreceived: \nNo more data from ('127.0.0.1', "));
    }
}

TEST_CASE("primer/tcp_echo: our client and Code C")
{
    Server server(python("CodeC.py", {"0"}));
    const Finished client = run_moonwire({"run", "primer/tcp_echo", "client", "localhost", server.port});
    CHECK(client.status == 0);
    CHECK_THAT(client.output, Contains("sending: " + romeo + "\n"));
    CHECK(received(client.output, 16) == romeo);
    server.process.wait_for_output("No more data from ('127.0.0.1', ");
}

TEST_CASE("pmu/tcp: a PDC in Python and our PMU")
{
    Server pmu(moonwire_run({"pmu/tcp", "pmu", "--port", "0", "--count", "12", "--flood-size", "300000"}));
    for (const char* command : {"CMD_short:0", "CMD_short:0.01"}) {
        CHECK(run(python("PDC.py", {"localhost", pmu.port, command})).output == messages(12));
    }
    const std::string flood = run(python("PDC.py", {"127.0.0.1", pmu.port, "CMD_floodme"})).output;
    CHECK(flood.size() == 300001);
    CHECK_THAT(flood, StartsWith("00000001 This is one flood"));
    CHECK_THAT(run(python("PDC.py", {"127.0.0.1", pmu.port, "CMD_dance"})).output,
               Contains("ERROR: unknown command: CMD_dance"));
}

TEST_CASE("pmu/tcp: our PDC and a PMU in Python")
{
    Server pmu(python("PMU.py", {"0", "12", "300000"}));
    for (const char* command : {"CMD_short:0", "CMD_short:0.01"}) {
        const Finished pdc = run_moonwire({"run", "pmu/tcp", "pdc", "localhost", pmu.port, command});
        CHECK(pdc.status == 0);
        CHECK(pdc.output == messages(12));
    }
    const Finished flooded = run_moonwire({"run", "pmu/tcp", "pdc", "localhost", pmu.port, "CMD_floodme"});
    CHECK(flooded.status == 0);
    CHECK(flooded.output.size() == 300001);
    CHECK_THAT(flooded.output, StartsWith("01234567890123") && EndsWith("56789\n"));
    const Finished refused = run_moonwire({"run", "pmu/tcp", "pdc", "localhost", pmu.port, "CMD_dance"});
    CHECK(refused.status == 1);
    CHECK(refused.output.empty());
    CHECK_THAT(refused.error, Contains("ERROR: unknown command"));
}
