#include "tests/support/process.hpp"
#include "tests/support/socket.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <vector>

using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;
using namespace moonwire::test;

namespace {

std::string messages(int count)
{
    std::string text;
    for (int i = 0; i < count; ++i) {
        text += "This is PMU data " + std::to_string(i) + "\n";
    }
    return text;
}

struct Pmu {
    explicit Pmu(std::vector<std::string> flags = {})
        : process(arguments(std::move(flags))), port(port_of(process.wait_for_error("ready on")))
    {
    }

    static std::vector<std::string> arguments(std::vector<std::string> flags)
    {
        flags.insert(flags.begin(), {"pmu/websocket", "pmu", "--port", "0"});
        return moonwire_run(std::move(flags));
    }

    Process process;
    std::string port;
};

/// A PMU that does with each connection what the Lua code says: `conn` is the connection.
struct OddPmu {
    explicit OddPmu(const std::string& code)
        : process({MOONWIRE_EXECUTABLE, "-e",
                   "local server = assert(require('moonwire.ws').listen { port = 0 })\n"
                   "io.stderr:write('ready on :', server:port(), '\\n')\n"
                   "server:serve(function(conn) conn:receive()\n" +
                       code + "\nend)"}),
          port(port_of(process.wait_for_error("ready on")))
    {
    }

    Process process;
    std::string port;
};

Finished pdc(const std::string& port, const std::string& command, std::vector<std::string> flags = {})
{
    flags.insert(flags.begin(), {"run", "pmu/websocket", "pdc", "localhost", port, command});
    return run_moonwire(std::move(flags));
}

}  // namespace

TEST_CASE("pmu/websocket: all roles in one process")
{
    const Finished run = run_moonwire({"run", "pmu/websocket", "--port", "0", "--virtual-time", "--count", "12"});
    INFO(run.error);
    CHECK(run.status == 0);
    CHECK(run.output == messages(12));
    CHECK_THAT(run.error, Contains("messages received ............ 12 messages\n") &&
                              Contains("bytes received ............... 218 bytes\n"));
}

TEST_CASE("pmu/websocket: all roles in one process, over TLS")
{
    const Finished run = run_moonwire({"run", "pmu/websocket", "--port", "0", "--virtual-time", "--secure"});
    INFO(run.error);
    CHECK(run.status == 0);
    CHECK(run.output == messages(10));
    CHECK_THAT(run.error, Contains("pdc: TLSv1.3, ") &&
                              Contains("certificate 0: CN=localhost, issued by CN=PMU Lab CA, valid until 20"));
}

TEST_CASE("pmu/websocket: a message a line, whether they come one by one or together")
{
    const Pmu pmu({"--count", "500"});
    for (const char* command : {"CMD_short:0", "CMD_short:0.001"}) {
        const Finished run = pdc(pmu.port, command);
        CHECK(run.status == 0);
        CHECK(run.output == messages(500));
    }
    for (const char* address : {"127.0.0.1", "::1"}) {
        CHECK(run_moonwire({"run", "pmu/websocket", "pdc", address, pmu.port, "CMD_short:0"}).output == messages(500));
    }
}

TEST_CASE("pmu/websocket: a flood arrives whole, in one frame or in many")
{
    constexpr std::size_t size = 5 * 1024 * 1024 + 7;
    const char* fragment = GENERATE("0", "1000");
    const Pmu pmu({"--flood-size", std::to_string(size), "--fragment", fragment});
    const Finished run = pdc(pmu.port, "CMD_floodme");
    CHECK(run.status == 0);
    CHECK(run.output.size() == size + 1);
    CHECK_THAT(run.output, StartsWith("00000001 This is one flood, "));
    CHECK(run.output.find("\n00079000 This is one flood, ") == std::size_t{79000 - 1} * 66 - 1);
    CHECK_THAT(run.error, Contains("messages received ............ 1 messages\n") &&
                              Contains("bytes received ............... " + std::to_string(size) + " bytes\n"));
}

TEST_CASE("pmu/websocket: the PDC refuses a message that is longer than it takes")
{
    Pmu pmu;
    const Finished run = pdc(pmu.port, "CMD_floodme", {"--max-message", "999999"});
    CHECK(run.status == 1);
    CHECK(run.output.empty());
    CHECK_THAT(run.error, Contains("larger than"));
    CHECK(pdc(pmu.port, "CMD_floodme", {"--max-message", "1000000"}).status == 0);
}

TEST_CASE("pmu/websocket: an unknown command gets an error and a close")
{
    Pmu pmu;
    for (const char* command : {"CMD_shout:1", "hello", "CMD_short:x", "CMD_floodmee", "CMD_short:", "CMD_short:-1",
                                "CMD_short:1.2.3", "CMD_short:0\n", "\x1b[2J"}) {
        const Finished run = pdc(pmu.port, command);
        CHECK(run.status == 1);
        CHECK(run.output.empty());
        CHECK_THAT(run.error, Contains("no message from the PMU: ERROR: unknown command: "));
    }
    pmu.process.wait_for_error("asks for \\x1b[2J");
    const Finished endless = pdc(pmu.port, std::string(65, 'x'));
    CHECK(endless.status == 1);
    CHECK_THAT(endless.error, Contains("1009"));
    CHECK(pdc(pmu.port, "CMD_short:0").output == messages(10));
}

TEST_CASE("pmu/websocket: the PDC fails when the PMU breaks off, is silent, or breaks the protocol")
{
    struct Case {
        const char* code;
        const char* reason;
    };
    const Case bad =
        GENERATE(Case{"conn:send('This is PMU data 0') conn:flush() conn:abort()", "without a close frame"},
                 Case{"conn:close(1011, 'the sensor is broken')", "1011 (internal error): the sensor is broken"},
                 Case{"conn:send('This is PMU data 0') conn:receive()", "timed out"},
                 Case{"conn:send('This was PMU data 0') conn:close()", "no message from the PMU: This was PMU data 0"});
    const OddPmu pmu(bad.code);
    const Finished run = pdc(pmu.port, "CMD_short:0", {"--idle", "0.3"});
    CHECK(run.status == 1);
    CHECK_THAT(run.error, Contains(bad.reason) || Contains("reset"));
}

TEST_CASE("pmu/websocket: the PMU outlives those who speak no WebSocket, say nothing, or vanish")
{
    Pmu pmu({"--idle", "0.3", "--count", "100000"});
    Client plain(pmu.port);
    plain.send("CMD_short:0\r\n\r\n");
    CHECK_THAT(plain.read_all(), StartsWith("HTTP/1.1 400 "));
    pmu.process.wait_for_error("turned away");
    Client half(pmu.port);
    half.send("GET / HTTP/1.1\r\n");
    half.reset();
    Client silent(pmu.port);
    silent.send(
        "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    CHECK_THAT(silent.read_until("\r\n\r\n"), Contains("101 "));
    pmu.process.wait_for_error("gave no command");
    Process vanishing(moonwire_run({"pmu/websocket", "pdc", "localhost", pmu.port, "CMD_short:0.001"}));
    vanishing.wait_for_output("data 3");
    vanishing.signal(9);
    CHECK(vanishing.wait() == 128 + 9);
    pmu.process.wait_for_error("is gone");
    Process good(moonwire_run({"pmu/websocket", "pdc", "localhost", pmu.port, "CMD_short:0.001"}));
    good.wait_for_output("data 3");
}

TEST_CASE("pmu/websocket: twenty PDCs at once are served at once")
{
    const Pmu pmu({"--count", "3"});
    std::vector<std::unique_ptr<Process>> pdcs;
    for (int i = 0; i < 20; ++i) {
        pdcs.push_back(
            std::make_unique<Process>(moonwire_run({"pmu/websocket", "pdc", "localhost", pmu.port, "CMD_short:0.05"})));
    }
    for (const auto& process : pdcs) {
        CHECK(process->wait() == 0);
        CHECK(process->output() == messages(3));
    }
}

TEST_CASE("pmu/websocket: over TLS, with files, and the reasons for a refusal")
{
    const TemporaryFolder folder;
    const std::string path = folder.path().string();
    REQUIRE(run_moonwire({"run", "pmu/tls", "ca", path, "--key-type", "p256"}).status == 0);
    const Pmu pmu({"--secure", "--certificate", path + "/pmu.crt", "--key", path + "/pmu_key.pem"});
    CHECK(pdc(pmu.port, "CMD_short:0", {"--secure", "--ca", path + "/ca.crt"}).output == messages(10));
    const Finished other_name =
        run_moonwire({"run", "pmu/websocket", "pdc", "127.0.0.1", pmu.port, "--secure", "--ca", path + "/ca.crt"});
    CHECK(other_name.status == 1);
    CHECK_THAT(other_name.error, Contains("the certificate is another host's"));
    const TemporaryFolder other;
    REQUIRE(run_moonwire({"run", "pmu/tls", "ca", other.path().string(), "--key-type", "p256"}).status == 0);
    const Finished unknown = pdc(pmu.port, "CMD_short:0", {"--secure", "--ca", (other.path() / "ca.crt").string()});
    CHECK(unknown.status == 1);
    CHECK_THAT(unknown.error, Contains("TLS handshake with localhost"));
    CHECK(pdc(pmu.port, "CMD_short:0").status == 1);  // no TLS at all
}
