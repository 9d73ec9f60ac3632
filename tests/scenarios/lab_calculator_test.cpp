#include "tests/support/process.hpp"
#include "tests/support/socket.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <vector>

using Catch::Matchers::Contains;
using namespace moonwire::test;

namespace {

struct Server {
    explicit Server(const std::string& idle = "300")
        : process(moonwire_run({"calculator", "server", "--port", "0", "--idle", idle})),
          port(port_of(process.wait_for_error("ready on")))
    {
    }

    Process process;
    std::string port;
};

std::string ask(Client& client, const std::string& line)
{
    client.send(line + "\n");
    return client.read_until("\n");
}

}  // namespace

TEST_CASE("calculator: all roles")
{
    const Finished run = run_moonwire({"run", "calculator", "--port", "0"});
    CHECK(run.status == 0);
    CHECK_THAT(run.output, Contains("> 12 + 42\nAda: 12 + 42\n54\n") && Contains("\n-41.76\n") &&
                               Contains("\n-0.75\n") && Contains("\nerror: division by zero\n") &&
                               Contains("\nWarning: ") && Contains("Session ended\n"));
}

TEST_CASE("calculator: a person's client takes lines from standard input and sends no malformed ones")
{
    Server server;
    const Finished client = run_moonwire({"run", "calculator", "client", "localhost", server.port, "Grace"},
                                         "1 + 2\ntwo + 2\n1+2\n0.1 * 3\nq\n");
    CHECK(client.status == 0);
    CHECK_THAT(client.output, Catch::Matchers::StartsWith("3\nWarning: ") && Contains("\n0.3\n"));
    CHECK(server.process.wait_for_output("Grace: 0.1 * 3") == "Grace: 0.1 * 3");
    server.process.wait_for_output("Session ended");
}

TEST_CASE("calculator: the server checks what it gets, and the session lives")
{
    Server server;
    Client client(server.port);
    client.send("Eve\n");
    for (const char* line :
         {"", "1 +", "1 + x", "x / 2", "1 ^ 2", "0x10 + 1", "inf + 1", "nan * 2", "1 + 2 + 3", "\x01\xff"}) {
        CHECK_THAT(ask(client, line), Catch::Matchers::StartsWith("error: "));
    }
    CHECK(ask(client, "1 / 0") == "error: division by zero\n");
    CHECK(ask(client, "1e308 * 10") == "error: the numbers are too large\n");
    CHECK(ask(client, std::string(400, '9') + " + 1") == "error: the numbers are too large\n");
    CHECK(ask(client, "1e999 - 1e999") == "error: the numbers are too large\n");
    CHECK(ask(client, "0 * -1") == "0\n");
    CHECK(ask(client, "12 + 42") == "54\n");
    CHECK(ask(client, "3.24 - 45") == "-41.76\n");
    CHECK(ask(client, "4.5 / -6") == "-0.75\n");
    CHECK(ask(client, ".5 * +2") == "1\n");
    CHECK(ask(client, "-3 - -4") == "1\n");
    CHECK(ask(client, "1e3 / 8") == "125\n");
}

TEST_CASE("calculator: two requests in one segment, and one request in many")
{
    Server server;
    Client client(server.port);
    client.send("Ada\n1 + 1\n2 + 2\r\n3 +");
    CHECK(client.read_until("4\n") == "2\n4\n");
    client.send_bytes_singly(" 3\n");
    CHECK(client.read_until("\n") == "6\n");
}

TEST_CASE("calculator: over-long lines, silence and vanished clients cost their own session only")
{
    Server server("0.2");
    Client endless(server.port);
    endless.send("Eve\n" + std::string(5000, '1'));
    CHECK_THAT(endless.read_all(), Contains("the line is too long"));
    Client vanishing(server.port);
    vanishing.send("Bob\n1 +");
    vanishing.reset();
    Client silent(server.port);
    silent.send("Sam\n");
    CHECK_THAT(silent.read_all(), Contains("silent for too long"));
    Client good(server.port);
    good.send("Ada\n2 * 3\nq\n");
    CHECK(good.read_all() == "6\n");
}

TEST_CASE("calculator: fifty sessions at once, each with its name")
{
    Server server;
    std::vector<std::unique_ptr<Client>> clients;
    for (int i = 0; i < 50; ++i) {
        clients.push_back(std::make_unique<Client>(server.port));
        clients.back()->send("client " + std::to_string(i) + "\n");
    }
    for (int i = 49; i >= 0; --i) {
        CHECK(ask(*clients[static_cast<std::size_t>(i)], std::to_string(i) + " * 2") == std::to_string(2 * i) + "\n");
        CHECK(server.process.wait_for_output("client") ==
              "client " + std::to_string(i) + ": " + std::to_string(i) + " * 2");
    }
}

TEST_CASE("calculator: a client whose server is gone says so")
{
    Listener listener;
    Process client(moonwire_run({"calculator", "client", "localhost", listener.port(), "Ada"}));
    {
        Client connection = listener.accept();
        CHECK(connection.read_until("\n") == "Ada\n");
        client.write("1 + 1\n");
        CHECK(connection.read_until("\n") == "1 + 1\n");
    }
    CHECK(client.wait() == 1);
    CHECK_THAT(client.error(), Contains("closed"));
}
