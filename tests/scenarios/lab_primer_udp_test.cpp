#include "tests/support/process.hpp"
#include "tests/support/udp_peer.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <utility>
#include <vector>

using Catch::Matchers::Contains;
using Catch::Matchers::Matches;
using namespace moonwire::test;

namespace {

const std::string largest(65507, 'x');

std::string from(const UdpPeer& peer)
{
    return "From:  ('127.0.0.1', " + peer.port() + ")\n";
}

}  // namespace

TEST_CASE("primer/udp_hello: all roles")
{
    const Finished run = run_moonwire({"run", "primer/udp_hello", "--port", "0"});
    CHECK(run.status == 0);
    CHECK_THAT(run.output,
               Matches("Message sent\nFrom:  \\('127\\.0\\.0\\.1', [0-9]+\\)\nReceived:  Hello, Romeo! \n"));
    const Finished six = run_moonwire({"run", "primer/udp_hello", "--port", "0", "--family", "ipv6", "--host", "::1"});
    CHECK(six.status == 0);
    CHECK_THAT(six.output, Matches("Message sent\nFrom:  \\('::1', [0-9]+, 0, 0\\)\nReceived:  Hello, Romeo! \n"));
}

TEST_CASE("primer/udp_hello: the receiver shows whatever comes")
{
    Process receiver(moonwire_run({"primer/udp_hello", "receiver", "--port", "0"}));
    const std::string ready = receiver.wait_for_error("ready on");
    CHECK_THAT(ready, Contains("ready on 0.0.0.0:"));
    const std::string port = port_of(ready);
    std::string expected;
    UdpPeer peer;
    for (const auto& [sent, shown] : std::vector<std::pair<std::string, std::string>>{
             {"Hello, Romeo! ", "Hello, Romeo! "},
             {"", ""},
             {largest, largest},
             {"\x1b[2J\xff\xfe" + std::string(1, '\0'), "\\x1b[2J\xff\xfe\\x00"},
             {"two\nlines", "two\nlines"}}) {
        peer.send(sent, port);
        expected += from(peer) + "Received:  " + shown + "\n";
    }
    UdpPeer last;
    last.send("the end", port);
    receiver.wait_for_output("Received:  the end");
    CHECK(receiver.output() == expected + from(last) + "Received:  the end\n");
}

TEST_CASE("primer/udp_hello: the sender does not ask whether anybody is there")
{
    UdpPeer receiver;
    const Finished sender = run_moonwire({"run", "primer/udp_hello", "sender", "localhost", receiver.port()});
    CHECK(sender.status == 0);
    CHECK(sender.output == "Message sent\n");
    CHECK(receiver.receive() == "Hello, Romeo! ");

    std::string closed;
    {
        const UdpPeer gone;
        closed = gone.port();
    }
    const Finished unheard = run_moonwire({"run", "primer/udp_hello", "sender", "127.0.0.1", closed});
    CHECK(unheard.status == 0);
    CHECK(unheard.output == "Message sent\n");

    const Finished nowhere = run_moonwire({"run", "primer/udp_hello", "sender", "no.such.name.invalid"});
    CHECK(nowhere.status == 1);
    CHECK_THAT(nowhere.error, Contains("send to no.such.name.invalid:50007: name not found"));
}

TEST_CASE("primer/udp_ack: all roles")
{
    const Finished run = run_moonwire({"run", "primer/udp_ack", "--port", "0"});
    CHECK(run.status == 0);
    CHECK_THAT(run.output, Contains("UDP Server is up and waiting for messages...\n") &&
                               Contains("Enter a message: Hello from CLIENT\nMessage sent to server.\n") &&
                               Contains("Client: Hello from CLIENT\n\nAcknowledgment sent to client.\n") &&
                               Contains("Server: Message received\n"));
    const Finished six = run_moonwire({"run", "primer/udp_ack", "--port", "0", "--family", "ipv6", "--host", "::1"});
    CHECK(six.status == 0);
    CHECK_THAT(six.output, Contains("Server: Message received\n"));
}

TEST_CASE("primer/udp_ack: the server acknowledges whatever comes, and outlives clients that have gone")
{
    Process server(moonwire_run({"primer/udp_ack", "server", "--port", "0"}));
    const std::string port = port_of(server.wait_for_error("ready on"));
    {
        UdpPeer gone;
        gone.send("gone", port);
    }
    server.wait_for_output("Acknowledgment sent to client.");
    std::string expected = server.output();
    UdpPeer client;
    for (const auto& [sent, shown] : std::vector<std::pair<std::string, std::string>>{
             {"Hello\n", "Hello\n"}, {"", ""}, {largest, largest}, {"\x1b[2J\xff", "\\x1b[2J\xff"}}) {
        client.send(sent, port);
        CHECK(client.receive() == "Message received");
        server.wait_for_output("Acknowledgment sent to client.");
        expected += "Client: " + shown + "\nAcknowledgment sent to client.\n";
    }
    CHECK(server.output() == expected);
    std::vector<std::unique_ptr<UdpPeer>> clients;
    for (int i = 0; i < 50; ++i) {
        clients.push_back(std::make_unique<UdpPeer>());
        clients.back()->send("client " + std::to_string(i), port);
    }
    for (const auto& one : clients) {
        CHECK(one->receive() == "Message received");
    }
}

TEST_CASE("primer/udp_ack: the client sends the line with its end, and shows the answer")
{
    UdpPeer server;
    Process client(moonwire_run({"primer/udp_ack", "client", "localhost", server.port()}));
    client.write("Hello from CLIENT\n");
    CHECK(server.receive() == "Hello from CLIENT\n");
    client.wait_for_output("Message sent to server.");
    server.answer("Message \x1b[2Jreceived");
    CHECK(client.wait() == 0);
    CHECK(client.output() == "Message sent to server.\nServer: Message \\x1b[2Jreceived\n");
}

TEST_CASE("primer/udp_ack: a client that nobody answers says so")
{
    std::string closed;
    {
        const UdpPeer gone;
        closed = gone.port();
    }
    const UdpPeer silent;
    for (const auto& [port, reason] :
         {std::pair<std::string, std::string>{closed, "connection refused"}, {silent.port(), "timed out"}}) {
        const Finished client =
            run_moonwire({"run", "primer/udp_ack", "client", "127.0.0.1", port, "--timeout", "0.2"}, "Hello\n");
        CHECK(client.status == 1);
        CHECK(client.output == "Message sent to server.\n");
        CHECK_THAT(client.error, Contains("no acknowledgment: ") && Contains("127.0.0.1:" + port + ": " + reason));
    }
    const Finished wordless = run_moonwire({"run", "primer/udp_ack", "client", "127.0.0.1", silent.port()});
    CHECK(wordless.status == 1);
    CHECK_THAT(wordless.error, Contains("no message was entered"));
}
