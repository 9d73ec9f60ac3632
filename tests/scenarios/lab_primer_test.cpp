#include "tests/support/process.hpp"
#include "tests/support/socket.hpp"

#include <catch2/catch.hpp>

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
    CHECK_THAT(run.output, Contains("No more data from ('127.0.0.1', "));
    const auto during = run.output.find("--- sockets during");
    const auto after = run.output.find("--- sockets after");
    REQUIRE(during < after);
    CHECK_THAT(run.output.substr(0, during), Contains("LISTEN") && !Contains("ESTAB "));
    CHECK_THAT(run.output.substr(during, after - during), Contains("ESTAB "));
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
        server.wait_for_output("No more data");
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
