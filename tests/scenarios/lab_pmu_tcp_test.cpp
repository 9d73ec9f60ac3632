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

/// What CMD_floodme brings.
std::string flood(std::size_t size)
{
    std::string text;
    for (int i = 1; text.size() < size; ++i) {
        std::string number = std::to_string(i);
        number.insert(0, 8 - number.size(), '0');
        text += number + " This is one flood, and nothing in it says where it ends.\n";
    }
    return text.substr(0, size);
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
    constexpr std::size_t size = 5 * 1024 * 1024 + 7;
    Pmu pmu({"--flood-size", std::to_string(size)});
    Client client(pmu.port);
    client.send("CMD_floodme");
    CHECK((client.read_all() == flood(size)));  // in brackets: nobody wants to see both
    const Finished pdc = run_moonwire({"run", "pmu/tcp", "pdc", "127.0.0.1", pmu.port, "CMD_floodme"});
    CHECK(pdc.status == 0);
    CHECK((pdc.output == flood(size) + "\n"));
    CHECK_THAT(pdc.error, Contains("bytes received ............... " + std::to_string(size) + " bytes\n"));
}

TEST_CASE("pmu/tcp: an unknown command gets an error and a close")
{
    Pmu pmu;
    for (const char* command : {"CMD_shout:1", "hello", "CMD_short:x", "\xff\xfe", "CMD_floodmee\n", "CMD_short:\n",
                                "CMD_short:-1", "CMD_short:1.2.3", "CMD_short:1e3", "CMD_short:99999999999999999999"}) {
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

TEST_CASE("pmu/tcp: a PDC that never reads its flood does not keep others waiting")
{
    Pmu pmu({"--flood-size", "64M"});
    Client never_reads(pmu.port);
    never_reads.send("CMD_floodme");
    pmu.process.wait_for_error("asks for CMD_floodme");
    Client good(pmu.port);
    good.send("CMD_short:0");
    CHECK(good.read_all() == messages(10, ""));
    never_reads.reset();
    pmu.process.wait_for_error("is gone");
}

TEST_CASE("pmu/tcp: a PDC that vanishes between two messages is noticed")
{
    Pmu pmu({"--count", "100000"});
    Client client(pmu.port);
    client.send("CMD_short:0.001");
    client.read_until("data 3");
    client.reset();
    pmu.process.wait_for_error("is gone");
}

TEST_CASE("pmu/tcp: the PDC prints one message a line, however the stream is cut")
{
    Listener pmu;
    Process pdc(moonwire_run({"pmu/tcp", "pdc", "localhost", pmu.port(), "CMD_short:1"}));
    Client connection = pmu.accept();
    CHECK(connection.read_until("CMD_short:1") == "CMD_short:1");
    SECTION("byte after byte")
    {
        connection.send_bytes_singly(messages(12, ""));
    }
    SECTION("all in one")
    {
        connection.send(messages(12, ""));
    }
    SECTION("in the middle of the words and of the number")
    {
        const std::string text = messages(12, "");
        const std::size_t number = text.rfind("11") + 1;
        connection.send(text.substr(0, 5));
        connection.send(text.substr(5, number - 5));
        pdc.wait_for_output("This is PMU data 10");
        connection.send(text.substr(number));
    }
    connection.end_sending();
    CHECK(pdc.wait() == 0);
    CHECK(pdc.output() == messages(12, "\n"));
}

TEST_CASE("pmu/tcp: the PDC prints a message as soon as the next one begins")
{
    Listener pmu;
    Process pdc(moonwire_run({"pmu/tcp", "pdc", "localhost", pmu.port(), "CMD_short:1"}));
    Client connection = pmu.accept();
    connection.send("This is PMU data 0This is PMU data ");
    CHECK(pdc.wait_for_output("data") == "This is PMU data 0");
    connection.send("1This is PMU dat");
    connection.send("a 2");
    CHECK(pdc.wait_for_output("data") == "This is PMU data 1");
    connection.end_sending();
    CHECK(pdc.wait_for_output("data") == "This is PMU data 2");
    CHECK(pdc.wait() == 0);
}

TEST_CASE("pmu/tcp: the PDC fails when the PMU breaks off, is silent, refuses, or sends something else")
{
    Listener pmu;
    Process pdc(moonwire_run({"pmu/tcp", "pdc", "localhost", pmu.port(), "CMD_short:1", "--idle", "0.2"}));
    Client connection = pmu.accept();
    connection.read_until("CMD_short:1");
    std::string reason;
    SECTION("reset")
    {
        connection.send("This is PMU data 0This is PMU data 1");
        pdc.wait_for_output("data 0");
        connection.reset();
        reason = "reset";
    }
    SECTION("silence")
    {
        connection.send("This is PMU data 0");
        reason = "timed out";
    }
    SECTION("an error")
    {
        connection.send("ERROR: no");
        connection.end_sending();
        reason = "no message from the PMU: ERROR: no";
    }
    SECTION("nothing")
    {
        connection.end_sending();
        reason = "no message from the PMU: ";
    }
    SECTION("bytes without end")
    {
        connection.send("This is PMU data " + std::string(100000, '1'));
        reason = "limit exceeded";
    }
    CHECK(pdc.wait() == 1);
    CHECK_THAT(pdc.error(), Contains(reason));
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
