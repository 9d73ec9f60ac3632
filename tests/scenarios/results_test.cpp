#include "tests/support/process.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <fstream>
#include <iterator>

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using namespace moonwire::test;

namespace {

// Names and texts that try to break out of JSON and XML.
const char* const scenario = R"(
local scenario, report, task = require "moonwire.scenario", require "moonwire.report", require "moonwire.task"
return scenario.define {
  summary = "reports",
  params = { text = { "plain", "any text" }, fails = { false, "it fails" }, pause = { 0, "a pause", type = "duration" } },
  roles = {
    only = { args = { "text", "..." }, run = function(p)
      for i = 1, 100 do
        report.latency("rtt", i / 1000)
      end
      report.count("requests", 20)
      report.value("took", 0.00125, "s")
      report.value("</x>&\"'\195\164\255", 3, "<b>]]>")
      scenario.log("pausing")
      task.sleep(p.pause)
      if p.fails then
        error("boom </error>\0\1 \255 & \"more\"", 0)
      end
    end },
  },
  thresholds = { rtt = { "p99 < 0.2", "max < 0.05" }, requests = "count == 20" },
}
)";

struct Folder {
    TemporaryFolder folder;
    std::string file = folder.write("x.lua", scenario);

    std::string path(const std::string& name) const { return (folder.path() / name).string(); }

    std::string text(const std::string& name) const
    {
        std::ifstream in(path(name));
        return {std::istreambuf_iterator<char>(in), {}};
    }

    Finished run(std::vector<std::string> arguments) const
    {
        arguments.insert(arguments.begin(), {"run", file});
        return run_moonwire(std::move(arguments));
    }

    /// What a Python expression says of the file, read by Python's own parser as `r`.
    std::string ask(const std::string& name, const std::string& expression) const
    {
        const std::string read = name.ends_with(".xml") ? "import xml.etree.ElementTree as e; r = e.parse(p).getroot()"
                                                        : "import json; r = json.load(open(p, encoding='utf-8'))";
        const Finished python =
            moonwire::test::run({"/usr/bin/python3", "-c",
                                 "import sys; p = sys.argv[1]; " + read +
                                     "\nsys.stdout.reconfigure(encoding='utf-8')\nprint(" + expression + ", end='')",
                                 path(name)});
        return python.status == 0 ? python.output : python.error;
    }
};

}  // namespace

TEST_CASE("the figures of a run are summed up on standard error, and a missed threshold is exit status 99")
{
    const Folder folder;
    const Finished run = folder.run({"--virtual-time", "--pause", "2"});
    CHECK(run.status == 99);
    CHECK(run.output.empty());
    CHECK_THAT(run.error,
               Contains("rtt .......... mean 50.5 ms, min 1.00 ms, p50 50.0 ms, p90 90.0 ms, p99 99.0 ms, max 100 ms "
                        "(100 times)\n"));
    CHECK_THAT(run.error, Contains("requests ..... 20 (10/s)\n"));
    CHECK_THAT(run.error, Contains("took ......... 1.25 ms\n"));
    CHECK_THAT(run.error, Contains("✓ requests: count == 20 (20)\n"));
    CHECK_THAT(run.error, Contains("✓ rtt: p99 < 0.2 (0.09"));
    CHECK_THAT(run.error, Contains("✗ rtt: max < 0.05 (0.1)\n"));
    CHECK_THAT(run.error, Contains("moonwire: 1 of 3 thresholds was missed\n"));
    CHECK_THAT(run.error, !Contains("\033"));
}

TEST_CASE("thresholds come from the command line, too")
{
    const Folder folder;
    CHECK(folder.run({"--threshold", "rtt: max <= 0.1"}).status == 0);
    const Finished missed = folder.run({"--threshold", "rtt: max <= 0.1", "--threshold", "rtd: max < 1"});
    CHECK(missed.status == 99);
    CHECK_THAT(missed.error, Contains("✗ rtd: max < 1 ('rtd' was never reported)"));
    const Finished wrong = folder.run({"--threshold", "rtt: mux < 1"});
    CHECK(wrong.status == 2);
    CHECK_THAT(wrong.error, Contains("threshold on 'rtt': 'mux < 1': unknown 'mux'"));
}

TEST_CASE("a script that fails has failed, whatever its thresholds say, and its figures are there")
{
    const Folder folder;
    const Finished run = folder.run({"--fails", "--json", folder.path("r.json"), "--junit", folder.path("r.xml")});
    CHECK(run.status == 1);
    CHECK_THAT(run.error, Contains("✗ rtt: max < 0.05 (0.1)\n") && Contains("moonwire: boom"));
    CHECK(folder.ask("r.json", "r['outcome'], r['exit_status'], r['figures']['rtt']['count'], r['error'][:13]") ==
          "failed 1 100 boom </error>");
    CHECK(folder.ask("r.xml", "r[0][1][0].tag, r[0][1][0].get('message')[:15], r.get('errors'), r.get('failures')") ==
          "error boom </error>?? 1 1");
}

TEST_CASE("records: --json writes what was played and what came of it, whatever texts there are")
{
    const Folder folder;
    const Finished run = folder.run(
        {"--json", folder.path("r.json"), "--seed", "18446744073709551615", "only", "it's \"\\ <ä>", "-x", ""});
    CHECK(run.status == 99);
    CHECK(folder.ask("r.json",
                     "r['role'], r['seed'], r['arguments'], r['parameters']['text'], r['parameters']['fails']") ==
          "only 18446744073709551615 ['-x', ''] it's \"\\ <ä> False");
    CHECK(folder.ask("r.json", "r['outcome'], r['exit_status'], r['error'], r['began'][10], r['seconds'] < 60") ==
          "done 99 None T True");
    CHECK(folder.ask("r.json", "r['figures']['took'], r['figures']['requests']['count']") ==
          "{'kind': 'value', 'value': 0.00125, 'unit': 's'} 20");
    CHECK(folder.ask("r.json", "r['figures']['</x>&\"\\'\?\?\?']") ==
          "{'kind': 'value', 'value': 3, 'unit': '<b>]]>'}");
    CHECK(folder.ask("r.json", "[round(x, 3) for x in r['figures']['rtt']['percentiles'].values()]") ==
          "[0.05, 0.075, 0.09, 0.095, 0.099, 0.1, 0.1, 0.1, 0.1]");
    CHECK(folder.ask("r.json", "sum(b[2] for b in r['figures']['rtt']['histogram'])") == "100");
    CHECK(folder.ask("r.json", "[(t['figure'], t['condition'], t['met']) for t in r['thresholds']]") ==
          "[('requests', 'count == 20', True), ('rtt', 'p99 < 0.2', True), ('rtt', 'max < 0.05', False)]");
    CHECK(folder.ask("r.json", "r['command']") ==
          "moonwire run " + folder.file + " --seed 18446744073709551615 only 'it'\\''s \"\\ <ä>' -x ''");
}

TEST_CASE("the command in the record plays the same again")
{
    const Folder folder;
    folder.run({"--json", folder.path("a.json"), "--virtual-time", "--set", "text=it's", "--pause", "1.5",
                "--threshold", "rtt: max <= 0.1"});
    const std::string command = folder.ask("a.json", "r['command']");
    CHECK_THAT(command, StartsWith("moonwire run " + folder.file + " --seed "));
    const Finished again =
        run({"/bin/sh", "-c", "set -- " + command + R"( ; shift; exec "$0" "$@" --json "$B")", MOONWIRE_EXECUTABLE}, {},
            {"B=" + folder.path("b.json"), "PATH=/usr/bin:/bin"});
    INFO(command + "\n" + again.error);
    CHECK(again.status == 0);
    for (const char* field : {"r['command']", "r['parameters']", "r['seed']", "r['figures']", "r['seconds']"}) {
        CHECK(folder.ask("a.json", field) == folder.ask("b.json", field));
    }
}

TEST_CASE("records: --junit writes a test case for the run and one for each threshold")
{
    const Folder folder;
    const Finished run = folder.run({"--junit", folder.path("r.xml"), "only", "<&>\t\n\x01\x02 \xef\xbf\xbf \xff"});
    CHECK(run.status == 99);
    CHECK(folder.ask("r.xml", "r.tag, r.get('tests'), r.get('failures'), r.get('errors')") == "testsuites 4 1 0");
    CHECK(folder.ask("r.xml", "[(c.get('name'), [f.tag for f in c]) for c in r[0].findall('testcase')]") ==
          "[('run only', []), ('requests: count == 20', []), ('rtt: p99 < 0.2', []), "
          "('rtt: max < 0.05', ['failure'])]");
    CHECK(folder.ask("r.xml", "r.find('.//failure').text") == "rtt: max < 0.05: it is 0.1");
    CHECK(folder.ask("r.xml", "repr(r.find('.//property[@name=\"parameter.text\"]').get('value'))") ==
          "'<&>\\t\\n?? ??? ?'");
}

TEST_CASE("a file that cannot be written is refused before the run starts")
{
    const Folder folder;
    for (const char* flag : {"--json", "--junit"}) {
        const Finished run = folder.run({flag, folder.path("no/such/folder")});
        CHECK(run.status == 2);
        CHECK_THAT(run.error, Contains(std::string(flag) + ": cannot write ") && Contains("No such file or directory"));
        CHECK_THAT(run.error, !Contains("rtt"));
    }
    folder.folder.write("kept.json", "from before");
    CHECK(folder.run({"--json", folder.path("kept.json"), "--threshold", "nonsense"}).status == 2);
    CHECK(folder.text("kept.json") == "from before");
    const Finished full = folder.run({"--json", "/dev/full", "--threshold", "rtt: max < 1"});
    CHECK(full.status == 1);
    CHECK_THAT(full.error, Contains("moonwire: --json: cannot write /dev/full: No space left on device"));
}

TEST_CASE("a run that is interrupted writes its records, too")
{
    const Folder folder;
    Process process(moonwire_run({folder.file, "--pause", "60", "--json", folder.path("r.json")}));
    process.wait_for_error("pausing");
    process.signal(SIGINT);
    CHECK(process.wait() == 130);
    CHECK(folder.ask("r.json", "r['outcome'], r['exit_status']") == "interrupted 130");
}
