#include "tests/support/process.hpp"
#include "tests/support/udp_peer.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <vector>

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using namespace moonwire::test;

namespace {

const std::string group = "224.1.1.1";

/// A receiver on the loopback interface.
struct Receiver {
    explicit Receiver(const std::string& at_port, std::vector<std::string> flags = {})
        : process(arguments(at_port, std::move(flags))), port(port_of(process.wait_for_error("ready on 224.1.1.1:")))
    {
    }

    static std::vector<std::string> arguments(const std::string& at_port, std::vector<std::string> flags)
    {
        flags.insert(flags.begin(), {"multicast/tv", "receiver", group, at_port, "--interface", "lo"});
        return moonwire_run(std::move(flags));
    }

    Process process;
    std::string port;
};

}  // namespace

TEST_CASE("multicast/tv: all roles on one machine, nothing lost")
{
    const Finished run = run_moonwire({"run", "multicast/tv", "--port", "0", "--seconds", "0", "--ids"});
    CHECK(run.status == 0);
    CHECK_THAT(run.output, StartsWith("swcmTV: ROMEO AND JULIET, by William Shakespeare."));
    CHECK_THAT(run.output, Contains("\nswcmTV: JULIET: O Romeo, Romeo! wherefore art thou Romeo?\n") &&
                               Contains("\nswcmTV: Had I it written, I would tear the word.\n") &&
                               Contains("123456: O happy dagger!\n123456: Boo!\n"));
    CHECK_THAT(run.error, Contains("messages broadcast ... 63") && Contains("messages received .... 65"));
}

TEST_CASE("multicast/tv: the broadcaster plays a file to several receivers on one machine")
{
    const TemporaryFolder folder;
    const std::string file = folder.write("play.txt", "first line\n\n third line\r\n\x1b[2J\nlast line");
    std::vector<std::unique_ptr<Receiver>> receivers;
    receivers.push_back(std::make_unique<Receiver>("0"));
    const std::string port = receivers[0]->port;
    for (int i = 0; i < 4; ++i) {
        receivers.push_back(std::make_unique<Receiver>(port));
    }
    const Finished broadcaster =
        run_moonwire({"run", "multicast/tv", "broadcaster", group, port, file, "0.01", "--interface", "127.0.0.1"});
    CHECK(broadcaster.status == 0);
    CHECK(broadcaster.output.empty());
    for (const auto& receiver : receivers) {
        receiver->process.wait_for_output("last line");
        CHECK(receiver->process.output() == "first line\n\n third line\n\\x1b[2J\nlast line\n");
    }
}

TEST_CASE("multicast/tv: datagrams on the wire, and what is no message")
{
    Receiver receiver("0");
    UdpPeer peer;
    for (const std::string junk : {"", "short", "\x1b[2J, World", "no ID here"}) {
        peer.send(junk, receiver.port, group);
        receiver.process.wait_for_error("127.0.0.1:" + peer.port() + " sent " + std::to_string(junk.size()) +
                                        " bytes that do not begin with an ID");
    }
    const std::string long_line(65501, 'x');
    peer.send("654321" + long_line, receiver.port, group);
    for (const std::string text : {"", "with its end\n", "in two\nlines", "the end"}) {
        peer.send("654321" + text, receiver.port, group);
    }
    receiver.process.wait_for_output("the end");
    CHECK(receiver.process.output() == long_line + "\n\nwith its end\nin two\\x0alines\nthe end\n");
}

TEST_CASE("multicast/tv: what the sender is told goes to the group behind its ID")
{
    Receiver receiver("0", {"--ids"});
    Process sender(moonwire_run({"multicast/tv", "sender", group, receiver.port, "314159", "--interface", "lo"}));
    sender.write("Bravo!\n");
    receiver.process.wait_for_output("314159: Bravo!");
    sender.write("\nDa capo\n");
    receiver.process.wait_for_output("314159: Da capo");
    sender.close_input();
    CHECK(sender.wait() == 0);
    CHECK(sender.output().empty());
    CHECK(receiver.process.output() == "314159: Bravo!\n314159: \n314159: Da capo\n");
    for (const std::string id : {"12345", "1234567", "12 456", ""}) {
        const Finished refused = run_moonwire({"run", "multicast/tv", "sender", group, "10505", id}, "x\n");
        CHECK(refused.status == 1);
        CHECK_THAT(refused.error, Contains("the ID must be six letters or digits, not '" + id + "'"));
    }
}

TEST_CASE("multicast/tv: one source only, and a broadcaster that its own machine does not hear")
{
    Receiver from_any("0");
    Receiver from_two(from_any.port, {"--source", "127.0.0.2"});
    UdpPeer one("127.0.0.1");
    UdpPeer two("127.0.0.2");
    one.send("111111one", from_any.port, group);
    two.send("222222two", from_any.port, group);
    from_two.process.wait_for_output("two");
    CHECK(from_two.process.output() == "two\n");
    from_any.process.wait_for_output("two");
    CHECK(from_any.process.output() == "one\ntwo\n");
}

TEST_CASE("multicast/tv: a silent group, a missing text, an interface that is not there")
{
    const Finished silent =
        run_moonwire({"run", "multicast/tv", "receiver", "224.7.8.9", "0", "--interface", "lo", "--idle", "0.1"});
    CHECK(silent.status == 1);
    CHECK(silent.output.empty());
    CHECK_THAT(silent.error, Contains("the group is silent: ") && Contains("timed out"));
    const Finished wordless =
        run_moonwire({"run", "multicast/tv", "broadcaster", group, "10505", "/no/such/text", "1"});
    CHECK(wordless.status == 1);
    CHECK_THAT(wordless.error, Contains("/no/such/text: No such file"));
    const Finished nowhere = run_moonwire({"run", "multicast/tv", "receiver", "--interface", "none0"});
    CHECK(nowhere.status == 1);
    CHECK_THAT(nowhere.error, Contains("no such network interface: none0"));
    const Finished unicast = run_moonwire({"run", "multicast/tv", "receiver", "10.0.0.1", "10505"});
    CHECK(unicast.status == 1);
    CHECK_THAT(unicast.error, Contains("expected a multicast address"));
}
