// The labs over UDP and multicast with programs that are not ours, and across a cable between two networks.
#include "tests/interop/lab_programs.hpp"
#include "tests/support/networks.hpp"
#include "tests/support/process.hpp"

#include <catch2/catch.hpp>

using Catch::Matchers::Contains;
using Catch::Matchers::Matches;
using namespace moonwire::test;

namespace {

const std::string group = "224.1.1.1";
const std::string time_pattern = "[0-9]{2}:[0-9]{2}:[0-9]{2}\n";

std::vector<std::string> tv(std::vector<std::string> arguments)
{
    arguments.insert(arguments.begin(), "multicast/tv");
    return moonwire_run(std::move(arguments));
}

}  // namespace

TEST_CASE("primer/udp_hello and the lab's Code A and B are interchangeable")
{
    Server ours(moonwire_run({"primer/udp_hello", "receiver", "--port", "0"}));
    Server code_a(python("CodeA.py", {"0"}));
    for (Server* receiver : {&ours, &code_a}) {
        for (const auto& sender : {python("CodeB.py", {receiver->port}),
                                   moonwire_run({"primer/udp_hello", "sender", "localhost", receiver->port})}) {
            CHECK(run(sender).output == "Message sent\n");
            receiver->process.wait_for_output("Received:  Hello, Romeo! ");
        }
        const std::string received = "From:  \\('127\\.0\\.0\\.1', [0-9]+\\)\nReceived:  Hello, Romeo! \n";
        CHECK_THAT(receiver->process.output(), Matches(received + received));
    }
}

TEST_CASE("primer/udp_ack and the lab's C programs are interchangeable")
{
    const CProgram c_server("udp_server");
    const CProgram c_client("udp_client");
    Server ours(moonwire_run({"primer/udp_ack", "server", "--port", "0"}));
    Server theirs(c_server("0"));
    const std::string client_says = "Message sent to server.\nServer: Message received\n";
    for (Server* server : {&ours, &theirs}) {
        CHECK(run(c_client(server->port), "Hello from CLIENT\n").output == "Enter a message: " + client_says);
        server->process.wait_for_output("Acknowledgment sent to client.");
        CHECK(run_moonwire({"run", "primer/udp_ack", "client", "localhost", server->port}, "Hello again\n").output ==
              client_says);
        server->process.wait_for_output("Acknowledgment sent to client.");
        CHECK(server->process.output() ==
              "UDP Server is up and waiting for messages...\n"
              "Client: Hello from CLIENT\n\nAcknowledgment sent to client.\n"
              "Client: Hello again\n\nAcknowledgment sent to client.\n");
    }
}

TEST_CASE("datetime: a client in Python and our server")
{
    Server server(moonwire_run({"datetime", "server", "--port", "0"}));
    const Finished client =
        run(python("DateTimeClient.py", {"localhost", server.port, "6", "SEND_DATE", "SEND_TIME", "SEND_MONEY"}));
    CHECK(client.status == 0);
    const std::string round = "[0-9]{4}-[0-9]{2}-[0-9]{2}\n" + time_pattern +
                              "ERROR: unknown request: SEND_MONEY \\(expected SEND_DATE or SEND_TIME\\)\n";
    CHECK_THAT(client.output, Matches(round + round));
}

TEST_CASE("datetime: our client and a server in Python, which takes IPv4 only")
{
    Server server(python("DateTimeServer.py", {"0"}));
    const Finished client = run_moonwire({"run", "datetime", "client", "localhost", server.port, "--count", "4",
                                          "--min-pause", "0.01", "--max-pause", "0.02"});
    CHECK(client.status == 0);
    const std::string pair = "[0-9]{2} [A-Z][a-z]+ [0-9]{4}\n" + time_pattern;
    CHECK_THAT(client.output, Matches(pair + pair));
    for (const char* request : {"SEND_DATE", "SEND_TIME", "SEND_DATE", "SEND_TIME"}) {
        CHECK(server.process.wait_for_output("Request: ") == std::string("Request: ") + request);
    }
}

TEST_CASE("multicast/tv: stations, receivers and senders in Python and ours hear each other")
{
    const TemporaryFolder folder;
    const std::string file = folder.write("play.txt", "Oh Romeo, Romeo!\nwherefore art thou Romeo?\n");
    Server ours(tv({"receiver", group, "0", "--interface", "lo"}));
    Server theirs(python("receiver.py", {group, ours.port, "127.0.0.1"}));
    const std::string& port = ours.port;
    CHECK(run(tv({"broadcaster", group, port, file, "0.01", "--interface", "lo"})).status == 0);
    CHECK(run(python("p4bot.py", {group, port, file, "0.01", "127.0.0.1"})).status == 0);
    CHECK(run(tv({"sender", group, port, "123456", "--interface", "lo"}), "Bravo!\n").status == 0);
    CHECK(run(python("sender.py", {group, port, "654321", "127.0.0.1"}), "The end\n").status == 0);
    ours.process.wait_for_output("The end");
    theirs.process.wait_for_output("The end");
    const std::string played = "Oh Romeo, Romeo!\nwherefore art thou Romeo?\n";
    CHECK(ours.process.output() == played + played + "Bravo!\nThe end\n");
    // The lab's station sends the lines with their ends.
    CHECK(theirs.process.output() == played + "Oh Romeo, Romeo!\n\nwherefore art thou Romeo?\n\nBravo!\nThe end\n");
}

TEST_CASE("multicast/tv: across a cable, with both IP versions, and unheard on its own machine if so asked")
{
    const Networks networks;
    if (!networks.available()) {
        return;
    }
    const TemporaryFolder folder;
    const std::string file = folder.write("play.txt", "Oh Romeo, Romeo!\nwherefore art thou Romeo?\n");
    for (const char* place : {"224.1.1.1", "ff02::1:5", "ff15::1:5"}) {
        INFO(place);
        Server near(networks.left(tv({"receiver", place, "0", "--interface", "cable"})));
        const std::string& port = near.port;
        Server far(networks.right(tv({"receiver", place, port, "--interface", "cable"})));
        Server another(networks.right(tv({"receiver", place, port, "--interface", "cable"})));
        CHECK(run(networks.left(tv({"broadcaster", place, port, file, "0.01", "--interface", "cable"}))).status == 0);
        CHECK(run(networks.left(tv({"sender", place, port, "123456", "--interface", "cable", "--no-loopback"})),
                  "Not here\n")
                  .status == 0);
        CHECK(run(networks.right(tv({"sender", place, port, "123456", "--interface", "cable"})), "The end\n").status ==
              0);
        for (Server* receiver : {&near, &far, &another}) {
            receiver->process.wait_for_output("The end");
            const std::string played = "Oh Romeo, Romeo!\nwherefore art thou Romeo?\n";
            CHECK(receiver->process.output() == played + (receiver == &near ? "" : "Not here\n") + "The end\n");
        }
    }
    Server theirs(networks.right(python("receiver.py", {group, "0", "10.9.0.2"})));
    CHECK(run(networks.left(tv({"broadcaster", group, theirs.port, file, "0.01", "--interface", "10.9.0.1"}))).status ==
          0);
    theirs.process.wait_for_output("wherefore art thou Romeo?");
}

TEST_CASE("multicast/tv: a run of all roles needs no route, a role alone says what to do without one")
{
    const Networks networks;
    if (!networks.available()) {
        return;
    }
    const Finished all = run(networks.left(tv({"--port", "0", "--seconds", "0"})));
    CHECK(all.status == 0);
    CHECK_THAT(all.output, Contains("JULIET: O Romeo, Romeo! wherefore art thou Romeo?\n"));
    const Finished receiver = run(networks.left(tv({"receiver", group, "0"})));
    CHECK(receiver.status == 1);
    CHECK_THAT(receiver.error, Contains("network is unreachable; give interface = … (lo, cable)"));
    const Finished sender = run(networks.left(tv({"sender", group, "10505", "123456"})), "Bravo!\n");
    CHECK(sender.status == 1);
    CHECK_THAT(sender.error, Contains("network is unreachable; give interface = … (lo, cable)"));
    // Linux has no IPv6 multicast on its loopback interface.
    const Finished six = run(networks.left(tv({"--port", "0", "--seconds", "0", "--group", "ff15::1:5"})));
    CHECK(six.status == 0);
    CHECK_THAT(six.output, Contains("JULIET: O Romeo, Romeo! wherefore art thou Romeo?\n"));
}
