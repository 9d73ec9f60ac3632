// `moonwire sweep`.
#include "tests/support/files.hpp"
#include "tests/support/process.hpp"
#include "tests/support/terminal.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <filesystem>
#include <iterator>
#include <map>
#include <sstream>
#include <string>
#include <vector>

using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using Catch::Matchers::Matches;
using Catch::Matchers::StartsWith;
using namespace moonwire::test;

namespace {

using Arguments = std::vector<std::string>;

Arguments sweep_arguments(const std::string& scenario, Arguments flags)
{
    Arguments arguments = {"sweep", scenario, "--seed", "1"};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    return arguments;
}

Finished sweep(const std::string& scenario, Arguments flags)
{
    return run_moonwire(sweep_arguments(scenario, std::move(flags)));
}

/// A scenario of one role, which does this with its parameter `p.x`.
std::string scenario(const TemporaryFolder& folder, const std::string& body)
{
    return folder.write("lab.lua", R"(
local scenario, task = require "moonwire.scenario", require "moonwire.task"
local random, report = require "moonwire.random", require "moonwire.report"
return scenario.define {
  summary = "a test",
  params = {
    x = { 0, "what is swept", min = 0, max = 100 },
    port = { 5000, "a port that others have, too", type = "port" },
  },
  roles = {
    a = function(p)
)" + body + R"(
    end,
    b = function() report.value("b plays", 1) end,
  },
}
)");
}

/// The lines of a figure's table behind its heading, as numbers: { loss, n, mean, deviation, low, high }.
std::vector<std::vector<double>> rows_of(const std::string& output, const std::string& figure)
{
    std::istringstream lines(output.substr(output.find(figure)));
    std::string line;
    std::getline(lines, line);
    std::getline(lines, line);
    std::vector<std::vector<double>> rows;
    while (std::getline(lines, line) && !line.empty()) {
        std::istringstream cells(line);
        rows.emplace_back(std::istream_iterator<double>(cells), std::istream_iterator<double>());
    }
    return rows;
}

}  // namespace

TEST_CASE("sweep: the trial of pmu/udp takes 1/(1 - loss) requests a run")
{
    const Finished finished = sweep(
        "pmu/udp", {"--param", "loss=0:0.9:0.1", "--repeat", "8", "--set", "runs=30", "--virtual-time", "--jobs", "8"});
    CHECK(finished.status == 0);
    CHECK(finished.error == "moonwire: 80 runs of pmu/udp, 8 of each combination; --seed 1 repeats them\n");
    const auto rows = rows_of(finished.output, "requests a run, on average (requests)");
    REQUIRE(rows.size() == 10);
    int inside = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        CAPTURE(rows[i]);
        REQUIRE(rows[i].size() == 6);
        CHECK(rows[i][0] == Approx(static_cast<double>(i) / 10));
        CHECK(rows[i][1] == 8);
        const double expected = 1 / (1 - rows[i][0]);
        CHECK(rows[i][2] == Approx(expected).epsilon(0.2));
        inside += rows[i][4] <= expected && expected <= rows[i][5] ? 1 : 0;
    }
    CHECK(inside >= 9);  // of ten intervals with 95 % each
}

TEST_CASE("sweep: the same seed gives the same result, whatever the number of jobs, and another seed another one")
{
    const TemporaryFolder folder;
    const std::string csv = (folder.path() / "runs.csv").string();
    const auto with = [&](const std::string& seed, const std::string& jobs) {
        const Finished finished =
            run_moonwire({"sweep", "pmu/udp", "--param", "loss=0.5,0.8", "--param", "family=ipv4,ipv6", "--repeat", "3",
                          "--set", "runs=10", "--virtual-time", "--seed", seed, "--jobs", jobs, "--csv", csv});
        CHECK(finished.status == 0);
        return finished.output + text_of(csv);
    };
    const std::string first = with("7", "1");
    CHECK_THAT(first, Contains("  loss  family  n") && Contains("   0.8    ipv6  3"));
    CHECK(with("7", "3") == first);
    CHECK(with("8", "3") != first);
}

TEST_CASE("sweep: without a seed it says which one repeats it")
{
    const TemporaryFolder folder;
    const std::string lab = scenario(folder, "report.value('number', random.integer(1, 1e9))");
    const Finished first = run_moonwire({"sweep", lab, "--param", "x=1,2"});
    const auto at = first.error.find("--seed ") + 7;
    const std::string seed = first.error.substr(at, first.error.find(' ', at) - at);
    CHECK(run_moonwire({"sweep", lab, "--param", "x=1,2", "--seed", seed}).output == first.output);
}

TEST_CASE("sweep: what runs print is discarded, and ports that nobody has set are free ones")
{
    const TemporaryFolder folder;
    const std::string lab = scenario(folder, R"(
      print("print") io.stdout:write("stdout\n") io.stdout:flush() io.stderr:write("stderr\n") scenario.log("log")
      report.value("port", p.port))");
    const Finished finished = sweep(lab, {"--param", "x=1:1:1", "--repeat", "1"});
    CHECK(finished.output ==
          "port\n  x  n  mean  deviation  95 % from  to\n  1  1     0          –          –   –\n\n"
          "b plays\n  x  n  mean  deviation  95 % from  to\n  1  1     1          –          –   –\n\n");
    CHECK(finished.error == "moonwire: 1 run of " + lab + ", 1 of each combination; --seed 1 repeats them\n");
    CHECK_THAT(sweep(lab, {"--param", "x=1", "--repeat", "1", "--set", "port=80"}).output, Contains("  1  1    80"));
}

TEST_CASE("sweep: one role alone is played with its parameters as they are")
{
    const TemporaryFolder folder;
    const std::string lab = scenario(folder, "report.value('port', p.port)");
    const Finished finished = run_moonwire({"sweep", lab, "a", "--param", "x=1", "--repeat", "2", "--seed", "1"});
    CHECK(finished.status == 0);
    CHECK_THAT(finished.output, Contains("  1  2  5000") && !Contains("b plays"));
}

TEST_CASE("sweep: a run that fails is shown with a command that plays it again, and the sweep goes on")
{
    const TemporaryFolder folder;
    const std::string lab = scenario(folder, R"(
      if p.x == 2 then error("x is " .. p.x .. ", drawn " .. random.integer(1, 1e9)) end
      report.value("x", p.x))");
    const Finished finished = sweep(lab, {"--param", "x=1:3:1", "--repeat", "2"});
    CHECK(finished.status == 1);
    CHECK_THAT(finished.output, Contains("\n  2  0     –          –          –   –\n  3  2     3") &&
                                    EndsWith("  x  failed  of\n  1       0   2\n  2       2   2\n  3       0   2\n\n"));
    CHECK_THAT(finished.error, Contains("moonwire: 2 of 6 runs failed\n"));
    const auto at = finished.error.find("again: moonwire run ") + 16;
    std::istringstream words(finished.error.substr(at, finished.error.find('\n', at) - at));
    const Arguments command{std::istream_iterator<std::string>(words), std::istream_iterator<std::string>()};
    const std::string error = run_moonwire(command).error;
    const auto drawn = error.find("x is 2, drawn ");
    REQUIRE(drawn != std::string::npos);
    CHECK_THAT(finished.error,
               Contains("a run has failed: ") && Contains(error.substr(drawn, error.find('\n', drawn) - drawn)));
}

TEST_CASE("sweep: a run that hangs, or leaves the process, or is killed, fails alone")
{
    const TemporaryFolder folder;
    const std::string lab = scenario(folder, R"(
      if p.x == 1 then while true do end end
      if p.x == 2 then task.sleep(1000) end
      if p.x == 3 then
        local ffi = require "ffi"  -- not os.exit, after which a sanitizer would change the status
        ffi.cdef "void _exit(int);"
        ffi.C._exit(7)
      end
      if p.x == 4 then os.execute("kill -9 $PPID") end
      report.value("x", p.x))");
    const Finished finished = sweep(lab, {"--param", "x=0:5:1", "--repeat", "1", "--timeout", "3s", "--jobs", "6"});
    CHECK(finished.status == 1);
    CHECK_THAT(finished.error, Contains("failed: its process ended by itself, with status 7\n") &&
                                   Contains("failed: its process was ended by the signal 9 (Killed)\n") &&
                                   Contains("moonwire: 4 of 6 runs failed\n"));
    CHECK_THAT(finished.error,
               Matches("(.*\n)*.*failed: it had not ended after 3 seconds \\(--timeout\\)\n.*x=1 (.*\n)*"));
    CHECK_THAT(finished.error,
               Matches("(.*\n)*.*failed: it had not ended after 3 seconds \\(--timeout\\)\n.*x=2 (.*\n)*"));
    CHECK_THAT(finished.output, Contains("\n  0  1     0 ") && Contains("\n  5  1     5 "));
}

TEST_CASE("sweep: a run that cannot be interrupted is killed")
{
    const TemporaryFolder folder;
    // Exponential, and all in one call.
    const std::string lab = scenario(folder, R"(local a = ("a"):rep(60) a:find(("a?"):rep(60) .. a .. "b"))");
    const Finished finished = sweep(lab, {"--param", "x=1", "--repeat", "1", "--timeout", "0.1"});
    CHECK(finished.status == 1);
    CHECK_THAT(finished.error, Contains("it had not ended after 0.1 seconds"));
}

TEST_CASE("sweep: Ctrl-C ends the runs in order, and prints what there is")
{
    const TemporaryFolder folder;
    const std::string cleaned = (folder.path() / "cleaned").string();
    const std::string lab = scenario(folder, R"(
      if p.x == 1 then error("the one before the last") end
      if p.x == 2 then
        task.defer(function() io.open(")" + cleaned +
                                                 R"(", "w"):write("yes"):close() end)
        task.sleep(1000)
      end
      report.value("x", p.x))");
    Arguments arguments = sweep_arguments(lab, {"--param", "x=0:3:1", "--repeat", "1"});
    arguments.insert(arguments.begin(), MOONWIRE_EXECUTABLE);
    Terminal terminal(arguments);
    terminal.wait_for("2 of 4 runs, 1 failed");
    terminal.type("\x03");
    CHECK(terminal.wait() == 130);
    terminal.wait_for("interrupted after 2 of 4 runs");
    terminal.wait_for("0  1     0");
    CHECK(text_of(cleaned) == "yes");
}

TEST_CASE("sweep: where there is no terminal there is no progress, and SIGTERM is Ctrl-C")
{
    const TemporaryFolder folder;
    const std::string lab = scenario(folder, "if p.x == 0 then error('first') end task.sleep(1000)");
    Arguments arguments = sweep_arguments(lab, {"--param", "x=0:1:1", "--repeat", "1"});
    arguments.insert(arguments.begin(), MOONWIRE_EXECUTABLE);
    Process process(arguments);
    process.wait_for_error("a run has failed");
    process.signal(SIGTERM);
    CHECK(process.wait() == 130);
    CHECK_THAT(process.error(), EndsWith("moonwire: interrupted after 1 of 2 runs\nmoonwire: 1 of 1 runs failed\n"));
    CHECK_THAT(process.error(), !Contains("\r"));
}

TEST_CASE("sweep: the files have what the table has")
{
    const TemporaryFolder folder;
    const std::string lab = scenario(folder, "report.value('twice x', 2 * p.x, 'apples')");
    const std::string csv = (folder.path() / "a.csv").string();
    const std::string json = (folder.path() / "a.json").string();
    const std::string html = (folder.path() / "a.html").string();
    const Finished finished =
        sweep(lab, {"--param", "x=1,2", "--repeat", "2", "--csv", csv, "--json", json, "--html", html});
    CHECK(finished.status == 0);
    CHECK_THAT(finished.error,
               EndsWith("moonwire: wrote " + csv + "\nmoonwire: wrote " + json + "\nmoonwire: wrote " + html + "\n"));
    CHECK_THAT(text_of(csv),
               StartsWith("x,repetition,seed,outcome,twice x,b plays\r\n1,1,") && Contains(",done,4,1\r\n"));
    CHECK_THAT(text_of(html), StartsWith("<!DOCTYPE html>") && Contains("<h2>twice x (apples)</h2>") &&
                                  Contains(R"("mean":[2E0,4E0])"));
    const Finished read = run_moonwire({"-e", R"(
        local sweep = assert(json.decode(assert(io.open(arg[1])):read("*a")))
        local second = sweep.combinations[2]
        local figure = second.figures[1]
        print(sweep.seed, sweep["repeat"], sweep.set.port, sweep.swept[1].name, sweep.swept[1].values[2])
        print(second.parameters.x, second.failed, figure.name, figure.unit, figure.n, figure.mean, figure.deviation, figure.low)
        print(#second.runs, second.runs[2].repetition, second.runs[2].outcome, second.runs[2].figures["twice x"]))",
                                        json});
    CHECK(read.error == "");
    CHECK(read.output == "1\t2\t0\tx\t2\n2\t0\ttwice x\tapples\t2\t4\t0\t4\n2\t2\tdone\t4\n");
}

TEST_CASE("sweep: what cannot be swept is refused before anything starts")
{
    const auto refused = [](Arguments arguments) {
        arguments.insert(arguments.begin(), "sweep");
        const Finished finished = run_moonwire(arguments);
        CHECK(finished.status == 2);
        CHECK(finished.output == "");
        return finished.error;
    };
    CHECK_THAT(refused({}), Contains("sweep: which scenario?"));
    CHECK_THAT(refused({"pmu/upd"}), Contains("no scenario 'pmu/upd' (did you mean 'pmu/udp'?)"));
    CHECK_THAT(refused({"pmu/udp"}), Contains("sweep: which parameter? --param name=from:to:step"));
    CHECK_THAT(refused({"pmu/udp", "trail", "--param", "loss=0.5"}),
               Contains("no role 'trail' (did you mean 'trial'?)"));
    CHECK_THAT(refused({"pmu/udp", "trial", "x", "--param", "loss=0.5"}), Contains("got 'x' too"));
    CHECK_THAT(refused({"pmu/udp", "--param", "loss=0:2:0.1"}), Contains("expected a number from 0 to 1, got '2'"));
    CHECK_THAT(refused({"pmu/udp", "--param", "los=0:1:0.1"}), Contains("(did you mean 'loss'?)"));
    CHECK_THAT(refused({"pmu/udp", "--param", "loss=0.1", "--param", "loss=0.2"}),
               Contains("--param loss: given twice"));
    CHECK_THAT(refused({"pmu/udp", "--param", "loss=0.1", "--set", "loss=0.2"}), Contains("is set, too"));
    CHECK_THAT(refused({"pmu/udp", "--param", "loss=0.1", "--set", "lost=0.2"}), Contains("(did you mean 'loss'?)"));
    CHECK_THAT(refused({"pmu/udp", "--param", "loss=0:1:0.000001"}), Contains("more than 10000 values"));
    CHECK_THAT(refused({"pmu/udp", "--param", "loss=0:1:0.01", "--param", "runs=1:100:1"}),
               Contains("more than 10000 runs (--max-runs N permits more)"));
    CHECK_THAT(refused({"pmu/udp", "--param", "loss=0.1", "--repeat", "0"}), Contains("--repeat"));
    CHECK_THAT(refused({"pmu/udp", "--param", "loss=0.1", "--jobs", "many"}), Contains("--jobs"));
    CHECK_THAT(refused({"pmu/udp", "--param", "loss=0.1", "--timeout", "0"}), Contains("--timeout"));
    CHECK_THAT(refused({"pmu/udp", "--param", "loss=0.1", "--seed", "x"}), Contains("--seed: expected a whole number"));
    CHECK_THAT(refused({"pmu/udp", "--param", "loss=0.1", "--job", "2"}),
               Contains("unknown flag '--job' (did you mean '--jobs'?)"));
    CHECK_THAT(refused({"pmu/udp", "--param", "loss=0.1", "--pcap", "a.pcap"}), Contains("unknown flag '--pcap'"));
    CHECK_THAT(refused({"pmu/udp", "--param", "loss=0.1", "--csv", "/no/such/folder/a.csv"}),
               Contains("--csv: cannot write '/no/such/folder/a.csv': No such file or directory"));
}

TEST_CASE("sweep: help is there, and the commands know it")
{
    const Finished help = run_moonwire({"sweep", "--help"});
    CHECK(help.status == 0);
    CHECK_THAT(help.output, StartsWith("moonwire sweep SCENARIO [ROLE] --param") && Contains("--jobs K"));
    CHECK(run_moonwire({"help", "sweep"}).output == help.output);
    CHECK_THAT(run_moonwire({"help"}).output, Contains("moonwire sweep SCENARIO"));
    CHECK_THAT(run_moonwire({"swep"}).error, Contains("did you mean `moonwire sweep`?"));
}
