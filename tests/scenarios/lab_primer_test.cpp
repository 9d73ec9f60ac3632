#include "tests/support/process.hpp"
#include "tests/support/socket.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <tuple>
#include <vector>

using Catch::Matchers::Contains;
using Catch::Matchers::Matches;
using namespace moonwire::test;

TEST_CASE("primer/tcp_hello: all roles, and a client that is not ours")
{
    const Finished run = run_moonwire({"run", "primer/tcp_hello", "--port", "0"});
    CHECK(run.status == 0);
    CHECK_THAT(run.output, Contains("Hello message sent\n") && Contains("Message received: Hello from client\n") &&
                               Contains("Message from server: Hello from server\n"));

    Process server(moonwire_run({"primer/tcp_hello", "server", "--port", "0", "--idle", "0.2"}));
    const std::string port = port_of(server.wait_for_error("ready on"));
    Client silent(port);
    Client(port).reset();
    Client client(port, "::1");
    client.send("Hello from client");
    CHECK(client.read_all() == "Hello from server");
    CHECK(silent.read_all().empty());
}

TEST_CASE("primer/tcp_echo: eight bytes at a time there, sixteen back, and the sockets' states")
{
    const Finished run = run_moonwire({"run", "primer/tcp_echo", "--port", "0", "--virtual-time"});
    CHECK(run.status == 0);
    CHECK_THAT(run.output, Contains("sending: Oh Romeo, Romeo! wherefore art thou Romeo?\n"));
    CHECK_THAT(run.output, Contains("received: Oh Romeo\nreceived: , Romeo!\n"));
    CHECK_THAT(run.output, Contains("received: Oh Romeo, Romeo!\nreceived:  wherefore art t\nreceived: hou Romeo?\n"));
    CHECK_THAT(run.output, Contains("received: \nNo more data from ('127.0.0.1', "));
    const auto during = run.output.find("--- sockets during");
    const auto ended = run.output.find("--- sockets when the client has ended it");
    const auto after = run.output.find("--- sockets after");
    REQUIRE(during < ended);
    REQUIRE(ended < after);
    CHECK_THAT(run.output.substr(0, during), Contains("LISTEN") && !Contains("ESTAB "));
    CHECK_THAT(run.output.substr(during, ended - during), Contains("ESTAB "));
    CHECK_THAT(run.output.substr(ended, after - ended),
               !Contains("ESTAB ") && (Contains("FIN-WAIT-") || Contains("TIME-WAIT")));
    CHECK_THAT(run.output.substr(after), Contains("TIME-WAIT"));
}

TEST_CASE("primer/tcp_echo: without SO_REUSEADDR the port stays taken while a connection is in TIME-WAIT")
{
    std::string port;
    {
        Process server(moonwire_run({"primer/tcp_echo", "server", "--port", "0", "--idle", "0.1"}));
        port = port_of(server.wait_for_error("ready on"));
        Client silent(port);  // the server closes first: its end goes to TIME-WAIT
        silent.read_all();
        server.wait_for_error("timed out");
    }
    const Finished refused = run_moonwire({"run", "primer/tcp_echo", "server", "--port", port, "--no-reuse-address"});
    CHECK(refused.status == 1);
    CHECK_THAT(refused.error, Contains("address already in use"));
    Process server(moonwire_run({"primer/tcp_echo", "server", "--port", port}));
    server.wait_for_error("ready on");
}

TEST_CASE("primer/tcp_echo: a client that is reset does not end the server")
{
    Process server(moonwire_run({"primer/tcp_echo", "server", "--port", "0"}));
    const std::string port = port_of(server.wait_for_error("ready on"));
    Client first(port);
    first.send("0123456789");
    first.read_until("0123456789");
    first.reset();
    server.wait_for_error("reset");
    Client second(port);
    second.send_bytes_singly("abc");
    second.end_sending();
    CHECK(second.read_all() == "abc");
}

TEST_CASE("primer/tcp_echo: over IPv6, with the addresses as Python and ss write them")
{
    const Finished run = run_moonwire({"run", "primer/tcp_echo", "--port", "0", "--family", "ipv6", "--host", "::1"});
    CHECK(run.status == 0);
    CHECK_THAT(run.output, Contains("[::1]:") && Contains("[::]:*") && Contains("No more data from ('::1', ") &&
                               Contains(", 0, 0)\n"));
}

TEST_CASE("primer/tcp_echo: a client that nobody answers gives up")
{
    Listener silent;
    const Finished client =
        run_moonwire({"run", "primer/tcp_echo", "client", "localhost", silent.port(), "--idle", "0.1"});
    CHECK(client.status == 1);
    CHECK_THAT(client.error, Contains("timed out"));
}

TEST_CASE("primer: fifty clients at once, and the servers go on")
{
    const auto [scenario, request, reply] =
        GENERATE(std::make_tuple("primer/tcp_echo", "Oh Romeo, Romeo!", "Oh Romeo, Romeo!"),
                 std::make_tuple("primer/tcp_hello", "Hello from client", "Hello from server"));
    Process server(moonwire_run({scenario, "server", "--port", "0"}));
    const std::string port = port_of(server.wait_for_error("ready on"));
    Client silent(port);
    std::vector<std::unique_ptr<Client>> clients;
    for (int i = 0; i < 50; ++i) {
        clients.push_back(std::make_unique<Client>(port));
    }
    for (auto client = clients.rbegin(); client != clients.rend(); ++client) {
        (*client)->send(request);
        CHECK((*client)->read_until(reply) == reply);
    }
}
