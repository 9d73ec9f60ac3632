#include "tests/support/process.hpp"
#include "tests/support/socket.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <memory>
#include <vector>

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using namespace moonwire::test;

namespace {

struct Console {
    Console()
        : process(moonwire_run({"console", "server", "--port", "0"})), port(port_of(process.wait_for_error("ready on")))
    {
    }

    std::vector<std::string> client(std::vector<std::string> flags = {}) const
    {
        flags.insert(flags.begin(), {"console", "client", "localhost", port});
        return moonwire_run(std::move(flags));
    }

    Process process;
    std::string port;
};

}  // namespace

TEST_CASE("console: all roles play a short conversation")
{
    const Finished run = run_moonwire({"run", "console", "--port", "0"});
    INFO(run.error);
    CHECK(run.status == 0);
    CHECK_THAT(run.output, StartsWith("Server started at ws://localhost:"));
    CHECK(run.output.substr(run.output.find('\n') + 1) ==
          "Enter message to send to server: Hello, server!\n"
          "Received message from client: Hello, server!\n"
          "Enter response to client: Hello, client!\n"
          "Received response from server: Hello, client!\n"
          "Enter message to send to server: Do you hear me?\n"
          "Received message from client: Do you hear me?\n"
          "Enter response to client: Every word.\n"
          "Received response from server: Every word.\n");
}

TEST_CASE("console: another conversation, which the client ends")
{
    const Finished run = run_moonwire({"run", "console", "--port", "0", "--demo", "ping;pong;Bye."});
    CHECK(run.status == 0);
    CHECK_THAT(run.output, Contains("Received response from server: pong\n"
                                    "Enter message to send to server: Bye.\n"
                                    "Received message from client: Bye.\n"));
}

TEST_CASE("console: what one side types the other one sees, at any time")
{
    Console server;
    Process client(server.client());
    client.write("Hello\nAre you there?\n");
    CHECK(server.process.wait_for_output("Received") == "Received message from client: Hello");
    CHECK(server.process.wait_for_output("Received") == "Received message from client: Are you there?");
    server.process.write(
        "Yes.\n\nGr\xc3\xbc\xc3\x9f"
        "e\n");
    CHECK(client.wait_for_output("Received") == "Received response from server: Yes.");
    CHECK(client.wait_for_output("Received") == "Received response from server: ");
    CHECK(client.wait_for_output("Received") ==
          "Received response from server: Gr\xc3\xbc\xc3\x9f"
          "e");
}

TEST_CASE("console: several clients, each seen by the server, and all see what it says")
{
    Console server;
    std::vector<std::unique_ptr<Process>> clients;
    for (int i = 0; i < 5; ++i) {
        clients.push_back(std::make_unique<Process>(server.client()));
        const std::string text = "I am " + std::to_string(i);
        clients.back()->write(text + "\n");
        CHECK(server.process.wait_for_output("Received") == "Received message from client: " + text);
    }
    server.process.write("Welcome\n");
    for (const auto& client : clients) {
        CHECK(client->wait_for_output("Received") == "Received response from server: Welcome");
    }
}

TEST_CASE("console: the client quits, or its input ends, and the server goes on")
{
    Console server;
    Process client(server.client());
    client.write("Hello\n");
    SECTION("quit")
    {
        client.write("quit\nnever seen\n");
    }
    SECTION("the end of the input")
    {
        client.close_input();
    }
    CHECK(client.wait() == 0);
    CHECK_THAT(server.process.wait_for_error("is gone"), Contains("the client has quit"));
    Process next(server.client());
    next.write("next\n");
    server.process.wait_for_output("Received message from client: next");
    CHECK_THAT(server.process.output(), !Contains("never"));
}

TEST_CASE("console: the server quits, or its input ends, and all clients learn it")
{
    Console server;
    Process first(server.client());
    Process second(server.client());
    for (Process* client : {&first, &second}) {
        client->write("Hello\n");
        server.process.wait_for_output("Received");
    }
    SECTION("quit")
    {
        server.process.write("Bye\nquit\n");
    }
    SECTION("the end of the input")
    {
        server.process.write("Bye\n");
        server.process.close_input();
    }
    for (Process* client : {&first, &second}) {
        CHECK(client->wait() == 0);
        CHECK_THAT(client->output(), Contains("Received response from server: Bye\n"));
        CHECK_THAT(client->error(), Contains("the connection is closed: the server has quit"));
    }
    CHECK(server.process.wait() == 0);
}

TEST_CASE("console: a server that vanishes is no good end")
{
    Console server;
    Process client(server.client());
    client.write("Hello\n");
    server.process.wait_for_output("Received");
    server.process.signal(SIGKILL);
    CHECK(client.wait() == 1);
    CHECK_THAT(client.error(), Contains("without a close frame") || Contains("reset"));
}

TEST_CASE("console: strangers, long messages and control characters harm nobody")
{
    Console server;
    Process good(server.client());
    Client plain(server.port);
    plain.send("hello\r\n\r\n");
    CHECK_THAT(plain.read_all(), StartsWith("HTTP/1.1 400 "));
    Process endless(server.client());
    endless.write(std::string(65000, 'x') + "\n");
    server.process.wait_for_output(std::string(65000, 'x'));
    endless.signal(SIGKILL);
    CHECK(endless.wait() == 128 + SIGKILL);
    server.process.wait_for_error("is gone");
    good.write("\x1b[2J\n");
    CHECK(server.process.wait_for_output("Received") == "Received message from client: \\x1b[2J");
    good.write("\xff\n");
    good.wait_for_output("Warning: this is not UTF-8");
    server.process.write("\xff\n");
    server.process.wait_for_output("Warning: this is not UTF-8");
    good.write("still here\n");
    server.process.wait_for_output("Received message from client: still here");
}
