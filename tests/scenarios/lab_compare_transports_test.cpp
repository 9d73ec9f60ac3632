#include "tests/support/process.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <map>
#include <sstream>
#include <string>

using Catch::Matchers::Contains;
using namespace moonwire::test;

namespace {

using Row = std::array<double, 3>;  // TCP, WebSocket, UDP

/// The rows of both tables by their names, those of the second one behind "lossy: ".
std::map<std::string, Row> tables(const std::string& output)
{
    constexpr std::size_t name_width = 44;
    std::map<std::string, Row> rows;
    std::istringstream lines(output);
    std::string path;
    for (std::string line; std::getline(lines, line);) {
        if (line.size() <= name_width) {
            continue;
        }
        std::string name = line.substr(0, name_width);
        name.erase(name.find_last_not_of(' ') + 1);
        if (name == "a lossy path") {
            path = "lossy: ";
        }
        std::istringstream values(line.substr(name_width));
        Row row{};
        std::string unit;
        for (double& value : row) {
            values >> value;
            if (line.find(" ms", name_width) != std::string::npos) {
                values >> unit;
            }
        }
        if (values) {
            rows[path + name] = row;
        }
    }
    return rows;
}

Finished play(const std::vector<std::string>& arguments)
{
    std::vector<std::string> words = {"run", "compare/transports", "--interval", "0.004"};
    words.insert(words.end(), arguments.begin(), arguments.end());
    return run_moonwire(words);
}

}  // namespace

TEST_CASE("compare/transports: what each transport takes, and what a lossy path does to it")
{
    const Finished run = play({"--count", "50", "--seed", "1", "--loss", "0.2", "--resend", "0.05"});
    INFO(run.output << run.error);
    CHECK(run.status == 0);
    auto rows = tables(run.output);
    REQUIRE(rows.size() == 19);
    // One a message; WebSocket's client has asked for the upgrade before.
    CHECK(rows["system calls to send"] == Row{50, 51, 50});
    for (const double calls : rows["system calls to receive"]) {
        CHECK(calls > 0);
        CHECK(calls <= 2 * 50 + 10);
    }
    CHECK(rows["packets to connect"][0] == 3);  // SYN, SYN with acknowledgement, acknowledgement
    CHECK(rows["packets to connect"][1] >= 5);  // and the upgrade
    CHECK(rows["packets to connect"][2] == 0);
    CHECK(rows["packets with messages"] == Row{50, 50, 50});
    CHECK(rows["packets with acknowledgements alone"][0] >= 1);
    CHECK(rows["packets with acknowledgements alone"][0] <= 51);
    CHECK(rows["packets with acknowledgements alone"][2] == 0);
    CHECK(rows["bytes of the messages"] == Row{5000, 5000, 5000});
    const Row bytes = rows["bytes of all packets"];
    CHECK(bytes[0] == 5000 + 52 * (3 + 50 + rows["packets with acknowledgements alone"][0]) + 2 * 8);
    const double acknowledgements = rows["packets with acknowledgements alone"][1];
    CHECK(bytes[1] > 50 * (100 + 6) + 52 * (rows["packets to connect"][1] + 50 + acknowledgements));  // and the upgrade
    CHECK(bytes[2] == 50 * (100 + 28));
    CHECK(rows["messages that arrived"] == Row{50, 50, 50});
    CHECK(rows["of these after a later one"] == Row{0, 0, 0});

    const Row lost = rows["lossy: messages lost"];
    CHECK(lost[0] == 0);
    CHECK(lost[1] == 0);
    CHECK(lost[2] >= 3);
    CHECK(lost[2] <= 20);
    CHECK(rows["lossy: messages that arrived"] == Row{50, 50, 50 - lost[2]});
    CHECK(rows["lossy:   of these after a later one"][0] == 0);
    CHECK(rows["lossy: latency, worst"][0] >= 45);
    CHECK(rows["lossy: latency, worst"][1] >= 45);
    CHECK(rows["lossy: messages more than 5 ms late"][0] >= 1);
    CHECK_THAT(run.output, Contains("TCP lost none and kept the order"));
}

TEST_CASE("compare/transports: the same seed loses the same messages")
{
    const auto lost = [](const std::string& seed) {
        const Finished run = play({"--count", "50", "--seed", seed, "--loss", "0.4", "--resend", "0.001"});
        CHECK(run.status == 0);
        return tables(run.output)["lossy: messages lost"][2];
    };
    const double first = lost("1");
    CHECK(lost("1") == first);
    CHECK((lost("2") != first || lost("3") != first));
}

TEST_CASE("compare/transports: a path that loses nothing, one that loses all")
{
    const Finished clean = play({"--count", "50", "--loss", "0", "--reorder", "0"});
    CHECK(clean.status == 0);
    CHECK(tables(clean.output)["lossy: messages lost"] == Row{0, 0, 0});
    const Finished gone = play({"--count", "3", "--loss", "1", "--resend", "0.01"});
    INFO(gone.error);
    CHECK(gone.status == 0);
    CHECK(tables(gone.output)["lossy: messages lost"] == Row{0, 0, 3});
}
