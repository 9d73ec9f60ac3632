#include "tests/support/process.hpp"
#include "tests/support/socket.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <memory>
#include <vector>

using Catch::Matchers::Contains;
using namespace moonwire::test;

namespace {

std::string messages(int count, const std::string& separator)
{
    std::string text;
    for (int i = 0; i < count; ++i) {
        text += "This is PMU data " + std::to_string(i) + separator;
    }
    return text;
}

struct Pmu {
    explicit Pmu(std::vector<std::string> flags = {}) : process(arguments(std::move(flags)))
    {
        port = port_of(process.wait_for_error("ready on"));
    }

    static std::vector<std::string> arguments(std::vector<std::string> flags)
    {
        flags.insert(flags.begin(), {"pmu/tcp", "pmu", "--port", "0"});
        return moonwire_run(std::move(flags));
    }

    Process process;
    std::string port;
};

}  // namespace

TEST_CASE("pmu/tcp: all roles in one process")
{
    const Finished run = run_moonwire({"run", "pmu/tcp", "--port", "0", "--virtual-time", "--count", "12"});
    CHECK(run.status == 0);
    CHECK(run.output == messages(12, "\n"));
}

TEST_CASE("pmu/tcp: messages have no separator on the wire, and the connection ends after them")
{
    Pmu pmu;
    Client client(pmu.port);
    client.send("CMD_short:0");
    CHECK(client.read_all() == messages(10, ""));
}

TEST_CASE("pmu/tcp: a command is understood however it is split")
{
    Pmu pmu({"--count", "3"});
    Client singly(pmu.port);
    singly.send_bytes_singly("CMD_short:0.01");
    CHECK(singly.read_all() == messages(3, ""));
    Client with_newline(pmu.port);
    with_newline.send("CMD_short:0\n");
    CHECK(with_newline.read_all() == messages(3, ""));
    Client half_closed(pmu.port);
    half_closed.send("CMD_short:0");
    half_closed.end_sending();
    CHECK(half_closed.read_all() == messages(3, ""));
}

TEST_CASE("pmu/tcp: a flood arrives whole")
{
    Pmu pmu({"--flood-size", "5M"});
    Client client(pmu.port);
    client.send("CMD_floodme");
    CHECK(client.read_all().size() == 5 * 1024 * 1024);
    const Finished pdc = run_moonwire({"run", "pmu/tcp", "pdc", "127.0.0.1", pmu.port, "CMD_floodme"});
    CHECK(pdc.status == 0);
    CHECK(pdc.output.size() == 5 * 1024 * 1024 + 1);
    CHECK_THAT(pdc.output, Catch::Matchers::StartsWith("All work and no play"));
}

TEST_CASE("pmu/tcp: an unknown command gets an error and a close")
{
    Pmu pmu;
    for (const char* command : {"CMD_shout:1", "hello", "CMD_short:x", "\xff\xfe", "CMD_floodmee\n"}) {
        Client client(pmu.port);
        client.send(command);
        CHECK_THAT(client.read_all(), Contains("ERROR: unknown command"));
    }
}

TEST_CASE("pmu/tcp: the PMU outlives clients that vanish, say nothing, or talk without end")
{
    Pmu pmu({"--idle", "0.2"});
    Client(pmu.port).send("CMD_sh");
    Client reset(pmu.port);
    reset.send("CMD_sh");
    reset.reset();
    Client silent(pmu.port);
    CHECK(silent.read_all().empty());
    pmu.process.wait_for_error("timed out");
    Client endless(pmu.port);
    endless.send(std::string(200, 'x'));
    CHECK_THAT(endless.read_all(), Contains("ERROR: unknown command"));
    Client good(pmu.port);
    good.send("CMD_short:0");
    CHECK(good.read_all() == messages(10, ""));
}

TEST_CASE("pmu/tcp: fifty clients at once are served at once")
{
    Pmu pmu({"--count", "3"});
    std::vector<std::unique_ptr<Client>> clients;
    for (int i = 0; i < 50; ++i) {
        clients.push_back(std::make_unique<Client>(pmu.port));
        clients.back()->send("CMD_short:0.05");
    }
    for (const auto& client : clients) {
        CHECK(client->read_all() == messages(3, ""));
    }
}

TEST_CASE("pmu/tcp: Ctrl-C ends the PMU with status 130")
{
    Pmu pmu;
    pmu.process.signal(SIGINT);
    CHECK(pmu.process.wait() == 130);
}

TEST_CASE("pmu/tcp: the lab's addresses are IPv4")
{
    Pmu pmu;
    CHECK_THROWS(Client(pmu.port, "::1"));
}
