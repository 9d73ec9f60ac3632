// --pcap as its users meet it. What is in the file, the interop tests have tshark say.
#include "tests/support/capture.hpp"
#include "tests/support/pcapng.hpp"
#include "tests/support/process.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <iterator>

using Catch::Matchers::Contains;
using namespace moonwire::test;

namespace {

using Words = std::vector<std::string>;

Words short_run(const std::filesystem::path& file)
{
    return {"run", "pmu/tcp", "--port", "0", "--command", "CMD_short:0", "--settle", "0.01", "--pcap", file.string()};
}

std::vector<PcapngBlock> blocks_of(const std::filesystem::path& path)
{
    std::ifstream file(path, std::ios::binary);
    return read_pcapng(std::string(std::istreambuf_iterator<char>(file), {}));
}

std::size_t packets_in(const std::filesystem::path& path)
{
    const auto blocks = blocks_of(path);
    return static_cast<std::size_t>(
        std::count_if(blocks.begin(), blocks.end(), [](const PcapngBlock& block) { return block.type == 6; }));
}

/// Runs moonwire without the capability CAP_NET_RAW; empty where that cannot be arranged.
Words without_capability(const Words& more)
{
    Words command = {"setpriv", "--bounding-set", "-net_raw"};
    command.insert(command.end(), more.begin(), more.end());
    Words probe = command;
    probe.insert(probe.end(), {"test", "-x", MOONWIRE_EXECUTABLE});
    if (run(probe).status != 0) {
        std::printf("skipped: there is nobody here who may not capture packets\n");
        return {};
    }
    return command;
}

}  // namespace

TEST_CASE("pcap: a run says what it has written, and the file how to repeat it")
{
    if (!may_capture()) {
        return;
    }
    const TemporaryFolder folder;
    const auto file = folder.path() / "run.pcapng";
    const Finished finished = run_moonwire(short_run(file));
    CAPTURE(finished.error);
    CHECK(finished.status == 0);
    CHECK_THAT(finished.error,
               Contains("moonwire: " + file.string() + ": " + std::to_string(packets_in(file)) + " packets (lo"));
    CHECK_THAT(finished.error, Contains("), none lost\n"));
    const auto blocks = blocks_of(file);
    const auto comments = blocks.front().options(16);
    REQUIRE(comments.size() >= 3);
    CHECK_THAT(comments[0].value, Contains("scenario pmu/tcp: "));
    CHECK_THAT(comments[1].value, Contains("command: moonwire run pmu/tcp --port 0 --command CMD_short:0"));
    CHECK_THAT(comments[2].value, Contains("parameters: command=CMD_short:0 count=10"));
    const auto permissions = std::filesystem::status(file).permissions();
    CHECK((permissions & (std::filesystem::perms::group_all | std::filesystem::perms::others_all)) ==
          std::filesystem::perms::none);
}

TEST_CASE("pcap: scripts, lines of Lua and the prompt have it, too")
{
    if (!may_capture()) {
        return;
    }
    const TemporaryFolder folder;
    const std::string code =
        "local u, port = assert(udp.bind { host = '127.0.0.1', port = 0 }) "
        "u:send('hello', '127.0.0.1', u:port()) assert(u:receive())";
    const auto file = folder.path() / "run.pcapng";
    CHECK(run_moonwire({"--pcap", file.string(), "-e", code}).status == 0);
    CHECK(packets_in(file) == 1);
    const std::string script = folder.write("script.lua", "local udp = require 'moonwire.udp' " + code);
    const Finished finished = run_moonwire({"--pcap", file.string(), script});
    CHECK_THAT(finished.error, Contains(": 1 packets (lo), none lost"));
    CHECK(packets_in(file) == 1);
    CHECK_THAT(run_moonwire({"repl", "--pcap", file.string()}, code + "\n" + code).error, Contains(": 2 packets (lo)"));
    CHECK(packets_in(file) == 2);
}

TEST_CASE("pcap: has the packets of a run that is interrupted")
{
    if (!may_capture()) {
        return;
    }
    const TemporaryFolder folder;
    const auto file = folder.path() / "run.pcapng";
    Process server(moonwire_run({"pmu/tcp", "pmu", "--port", "0", "--pcap", file.string()}));
    const std::string port = port_of(server.wait_for_error("ready on"));
    CHECK(run_moonwire({"run", "pmu/tcp", "pdc", "127.0.0.1", port, "CMD_short:0"}).status == 0);
    server.wait_for_error("has got everything");
    server.signal(SIGINT);
    CHECK(server.wait() == 130);
    CHECK(packets_in(file) > 20);
}

TEST_CASE("pcap: a file that cannot be written is refused before anything starts")
{
    const Finished finished = run_moonwire(short_run("/nonexistent/run.pcapng"));
    CHECK(finished.status == 2);
    CHECK(finished.output.empty());
    CHECK(finished.error == "moonwire: write packets to /nonexistent/run.pcapng: No such file or directory\n");
}

TEST_CASE("pcap: a full disk does not end the run")
{
    if (!may_capture()) {
        return;
    }
    const Finished finished = run_moonwire(short_run("/dev/full"));
    CHECK(finished.status == 0);
    CHECK_THAT(finished.error, Contains("moonwire: write /dev/full: No space left on device, so it ends early\n"));
}

TEST_CASE("pcap: without the right to capture a run says how to get it, and goes on")
{
    const TemporaryFolder folder;
    const auto file = folder.path() / "run.pcapng";
    const auto check = [&](Words command, const std::string& advice) {
        if (command.empty()) {
            return;
        }
        command.push_back(MOONWIRE_EXECUTABLE);
        const Words arguments = short_run(file);
        command.insert(command.end(), arguments.begin(), arguments.end());
        const Finished finished = run(command);
        CHECK(finished.status == 0);
        CHECK_THAT(finished.output, Contains("This is PMU data 9"));
        CHECK_THAT(finished.error, Contains("moonwire: no packets are written to " + file.string() +
                                            ": capturing packets takes the capability CAP_NET_RAW"));
        CHECK_THAT(finished.error, Contains(advice));
        CHECK(!std::filesystem::exists(file));
    };
    check(without_capability({}), "docker run --cap-add=NET_RAW");
    std::filesystem::permissions(folder.path(), std::filesystem::perms::all);
    check(without_capability({"--reuid", "65534", "--clear-groups"}),
          std::string("`sudo setcap cap_net_raw+ep ") + MOONWIRE_EXECUTABLE + "`, or run this as root");
}
