// The command line as its users meet it: what it takes, what it refuses and how, and how runs end.
#include "tests/support/process.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <cstdlib>
#include <vector>

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using namespace moonwire::test;

namespace {

using Words = std::vector<std::string>;

/// Prints its parameters, those that do not stand in for themselves.
constexpr const char* knobs = R"(
local scenario = require "moonwire.scenario"
return scenario.define {
  summary = "prints what it was given",
  description = "A parameter of every kind.",
  params = {
    count        = { 3, "how many", type = "integer", min = 1, max = 10, unit = "messages" },
    loss         = { 0.5, "how much is lost", min = 0, max = 1 },
    read_timeout = { 1, "how long to wait", type = "duration" },
    port         = { 5003, "the port", type = "port" },
    buffer       = { "64K", "the buffer", type = "size" },
    host         = { "localhost", "the name" },
    mode         = { "fast", "the speed", choices = { "fast", "slow" } },
    verbose      = { false, "say more" },
  },
  roles = {
    show = {
      help = "prints the parameters", args = { "host", "count" },
      run = function(p)
        print(p.host, p.count, p.loss, p.read_timeout, p.port, p.buffer, p.mode, p.verbose)
      end,
    },
    rest = function() end,
  },
}
)";

/// A folder with scenarios that MOONWIRE_PATH names.
struct Lab {
    Lab() { folder.write("lab/knobs.lua", knobs); }

    Finished operator()(const Words& arguments, std::string_view input = {}) const
    {
        return run_moonwire(arguments, input, environment());
    }

    Words environment() const { return {"MOONWIRE_PATH=" + folder.path().string()}; }

    std::string write(const std::filesystem::path& name, std::string_view text) const
    {
        return folder.write(name, text);
    }

    TemporaryFolder folder;
};

struct Misuse {
    Words arguments;
    std::string message;  // a part of it
};

void check_refused(const Lab& lab, const std::vector<Misuse>& misuses)
{
    for (const auto& [arguments, message] : misuses) {
        std::string line = "moonwire";
        for (const std::string& word : arguments) {
            line += " '" + word + "'";
        }
        CAPTURE(line);
        const Finished finished = lab(arguments);
        CHECK(finished.status == 2);
        CHECK(finished.output.empty());
        CHECK_THAT(finished.error, StartsWith("moonwire: ") && Contains(message) && !Contains("stack traceback"));
    }
}

/// `moonwire run lab/knobs …`
Words knobs_with(Words arguments)
{
    arguments.insert(arguments.begin(), {"run", "lab/knobs"});
    return arguments;
}

/// ThreadSanitizer keeps signals back until the program makes a system call, which a loop never does.
bool signals_come_late()
{
    const bool late = std::getenv("MOONWIRE_TEST_LATE_SIGNALS") != nullptr;
    if (late) {
        WARN("skipped: signals do not interrupt computations here");
    }
    return late;
}

}  // namespace

TEST_CASE("command line: what is not known is refused with the nearest right name")
{
    check_refused(
        Lab(),
        {
            {{"rnu"}, "no command and no file 'rnu' (did you mean `moonwire run`?)"},
            {{"lab/knobs"}, "(`moonwire run lab/knobs` plays a scenario of this name)"},
            {{"nosuch.lua"}, "no command and no file 'nosuch.lua'"},
            {{"--sed", "1", "x.lua"}, "unknown flag '--sed' (did you mean '--seed'?)"},
            {{"-x"}, "unknown flag '-x'\n`moonwire help` shows"},
            {{"run", "lab/knosb"}, "no scenario 'lab/knosb' (did you mean 'lab/knobs'?)"},
            {{"help", "lab/knosb"}, "(did you mean 'lab/knobs'?)"},
            {{"run", "lab"}, "no scenario 'lab'; in this folder there are: lab/knobs"},
            {{"run", "nothing/like/it"}, "looked in "},
            {knobs_with({"shwo"}), "no role 'shwo' (did you mean 'show'?); its roles are: rest, show"},
            {knobs_with({"--cuont", "3"}), "no flag '--cuont' (did you mean '--count'?)\n`moonwire help lab/knobs`"},
            {knobs_with({"--cuont=3"}), "no flag '--cuont' (did you mean '--count'?)"},
            {knobs_with({"--virtualtime"}), "(did you mean '--virtual-time'?)"},
            {knobs_with({"--no-vebose"}), "(did you mean '--no-verbose'?)"},
            {knobs_with({"-x"}), "no flag '-x'"},
            {knobs_with({"--set", "cuont=3"}), "no parameter 'cuont' (did you mean 'count'?)"},
            {knobs_with({"--mode", "fsat"}), "expected one of fast, slow, got 'fsat' (did you mean 'fast'?)"},
            {{"-l", "nosuch", "-e", "x = 1"}, "module 'nosuch' not found"},
        });
}

TEST_CASE("command line: a wrong type or range is refused with what was expected")
{
    check_refused(
        Lab(),
        {
            {knobs_with({"--count", "x"}), "'count': expected a whole number from 1 to 10 messages, got 'x'"},
            {knobs_with({"--count", "1.5"}), "got '1.5'"},
            {knobs_with({"--count", "11"}), "got '11'"},
            {knobs_with({"--count", "-1"}), "got '-1'"},
            {knobs_with({"--count="}), "--count: its value is missing"},
            {knobs_with({"show", "localhost", "x"}), "'count': expected a whole number from 1 to 10 messages, got 'x'"},
            {knobs_with({"--loss", "1.01"}), "'loss': expected a number from 0 to 1, got '1.01'"},
            {knobs_with({"--port", "70000"}), "'port': expected a port from 0 to 65535, got '70000'"},
            {knobs_with({"--read-timeout", "3d"}), "'read_timeout': expected a duration (seconds, or with a unit:"},
            {knobs_with({"--read-timeout", "-1ms"}), "of at least 0, got '-1ms'"},
            {knobs_with({"--buffer", "1T"}), "'buffer': expected a size (bytes, or with a unit: 64K, 10M)"},
            {knobs_with({"--verbose=maybe"}), "'verbose': expected true or false, got 'maybe'"},
            {knobs_with({"--set", "count=x"}), "'count': expected a whole number from 1 to 10 messages, got 'x'"},
            {knobs_with({"--set", "verbose="}), "'verbose': expected true or false, got ''"},
            {knobs_with({"--seed", "x"}), "--seed: expected a whole number of at least 0, got 'x'"},
            {knobs_with({"--seed", "-1"}), "got '-1'"},
            {knobs_with({"--seed", ""}), "got ''"},
            {knobs_with({"--memory", "x"}), "'--memory': expected a size"},
            {knobs_with({"--memory", "1K"}), "from 1048576 to 1099511627776, got '1K'"},
            {knobs_with({"--memory", "1e30G"}), "got '1e30G'"},
            {{"--seed", "1.5", "-e", "x = 1"}, "--seed: expected a whole number of at least 0, got '1.5'"},
            {{"--memory", "1", "-e", "x = 1"}, "'--memory': expected a size"},
        });
}

TEST_CASE("command line: what is missing or too much is refused")
{
    check_refused(
        Lab(),
        {
            {{"run"}, "run: which scenario? (`moonwire list` shows what there is)"},
            {{"run", "--seed", "1"}, "which scenario?"},
            {{"run", "--count", "3", "lab/knobs"}, "the scenario's name comes before its flags, not after '--count'"},
            {{"run", "lab/knobs", "--count"}, "--count: its value is missing"},
            {knobs_with({"--set"}), "--set: its value is missing"},
            {knobs_with({"--set", "count"}), "--set: expected name=value, got 'count'"},
            {knobs_with({"--set", "=3"}), "no parameter ''"},
            {knobs_with({"--params"}), "--params: its value is missing"},
            {knobs_with({"--seed"}), "--seed: its value is missing"},
            {knobs_with({"--memory"}), "--memory: its value is missing"},
            {knobs_with({"--count", "3", "--count", "4"}), "--count: given more than once"},
            {knobs_with({"show", "localhost", "3", "more"}),
             "too many arguments for the role show: 'more'\nusage: moonwire run lab/knobs show <host> <count>"},
            {knobs_with({"rest", "more"}), "too many arguments for the role rest: 'more'"},
            {knobs_with({"show", "here", "--host", "there"}), "'host' is given twice: here and there"},
            {{"list", "more"}, "list takes no arguments, got 'more'"},
            {{"help", "lab/knobs", "more"}, "got 'more' too"},
            {{"-e"}, "-e: its value is missing"},
            {{"-l"}, "-l: its value is missing"},
            {{"-l", "tcp"}, "nothing to run: name a script, or give -e CODE"},
            {{"--seed", "1"}, "nothing to run"},
        });
}

TEST_CASE("command line: a wrong TOML file is refused with its line")
{
    const Lab lab;
    const auto refused = [&](const std::string& text, const std::string& message) {
        const std::string file = lab.write("params.toml", text);
        check_refused(lab, {{knobs_with({"show", "--params", file}), file + ":" + message}});
    };
    refused("count = ", "1: Error while parsing");
    refused("count = 1\ncount = 2\n", "2: Error while parsing");
    refused("\n\ncuont = 1", "3: scenario lab/knobs has no parameter 'cuont' (did you mean 'count'?)");
    refused("[server]\nport = 1", "1: scenario lab/knobs has no parameter 'server'");
    refused("count = 'x'", "1: parameter 'count': expected a whole number from 1 to 10 messages, got 'x'");
    refused("count = 11", "1: parameter 'count': expected a whole number from 1 to 10 messages, got '11'");
    refused("\ncount = [1]", "2: parameter 'count': expected text, a number, true or false, got a TOML array");
    refused("count = 2020-01-01", "1: parameter 'count': expected text, a number, true or false, got a TOML date");
    refused("verbose = 1", "1: parameter 'verbose': expected true or false, got '1'");
    refused("host = 5", "1: parameter 'host': expected text, got '5'");
    check_refused(lab, {{knobs_with({"--params", "/no/such.toml"}), "/no/such.toml: cannot be read"},
                        {knobs_with({"--params", "/"}), "/: is a folder"}});
}

TEST_CASE("command line: a scenario that is none, or declares what no flag can be made of, is refused")
{
    const Lab lab;
    const std::string script = lab.write("plain.lua", "print('plain')");
    const Finished plain = lab({"run", script});
    CHECK(plain.status == 2);
    CHECK_THAT(plain.error, Contains("is no scenario") && Contains("`moonwire " + script + "`"));
    const auto refused = [&](const std::string& params, const std::string& message) {
        const std::string file =
            lab.write("lab/odd.lua", "return require 'moonwire.scenario'.define { summary = 's', params = { " + params +
                                         " }, roles = { a = function() end } }");
        check_refused(lab, {{{"run", "lab/odd"}, message}});
    };
    refused("seed = { 1, 'h' }", "its parameter 'seed' needs the flag --seed, which is taken");
    refused("calm = { true, 'h' }, no_calm = { 1, 'h' }", "needs the flag --no-calm, which is taken");
    refused("x = { 1 }", "odd.lua: scenario.define: params.x[2] (its help) must be a string, not absent");
}

TEST_CASE("command line: flags weigh more than --set, --set more than the file, the file more than the default")
{
    const Lab lab;
    const std::string file = lab.write("params.toml", R"(
        # a comment
        count = 5
        loss = 0.25
        read_timeout = "200ms"
        buffer = "1K"
        host = "file"
        verbose = true)");
    const auto shown = [&](Words arguments) {
        arguments.insert(arguments.begin(), "show");
        const Finished finished = lab(knobs_with(arguments));
        CHECK(finished.error.empty());
        CHECK(finished.status == 0);
        return finished.output;
    };
    CHECK(shown({}) == "localhost\t3\t0.5\t1\t5003\t65536\tfast\tfalse\n");
    CHECK(shown({"--params", file}) == "file\t5\t0.25\t0.2\t5003\t1024\tfast\ttrue\n");
    CHECK(shown({"--set", "count=6", "--set", "host=set", "--params", file}) ==
          "set\t6\t0.25\t0.2\t5003\t1024\tfast\ttrue\n");
    CHECK(shown({"--count", "7", "--set", "count=6", "--params", file, "--no-verbose"}) ==
          "file\t7\t0.25\t0.2\t5003\t1024\tfast\tfalse\n");
    CHECK(shown({"argument", "8", "--set", "count=6", "--params", file}) ==
          "argument\t8\t0.25\t0.2\t5003\t1024\tfast\ttrue\n");
    CHECK(shown({"here", "--host", "here"}) == "here\t3\t0.5\t1\t5003\t65536\tfast\tfalse\n");
    CHECK(shown({"--set", "count=6", "--set", "count=7"}) == "localhost\t7\t0.5\t1\t5003\t65536\tfast\tfalse\n");
}

TEST_CASE("command line: a flag may be written in every usual way, and stand anywhere behind the scenario")
{
    const Lab lab;
    const auto shown = [&](const Words& arguments) {
        const Finished finished = lab(knobs_with(arguments));
        CHECK(finished.error.empty());
        return finished.output;
    };
    const std::string slow = "localhost\t4\t0.5\t0.25\t5003\t65536\tslow\ttrue\n";
    CHECK(shown({"show", "--count", "4", "--mode=slow", "--read-timeout", "250ms", "--verbose"}) == slow);
    CHECK(shown({"--verbose", "--read_timeout=0.25", "--mode", "slow", "--count=4", "show"}) == slow);
    CHECK(shown({"--set", "read_timeout=250ms", "--verbose=yes", "show", "--set=mode=slow", "--count", "4"}) == slow);
    CHECK(shown({"--seed", "1", "--set", "mode=slow", "--virtual-time", "show", "localhost", "--count", "4",
                 "--read-timeout", "0.25", "--set", "verbose=on", "--memory", "64M"}) == slow);
    CHECK(shown({"--no-verbose", "show", "-1"}) == "-1\t3\t0.5\t1\t5003\t65536\tfast\tfalse\n");
    CHECK(lab({"run", "--seed", "1", "lab/knobs", "show"}).status == 0);
    CHECK(lab({"run", (lab.folder.path() / "lab/knobs.lua").string(), "show"}).status == 0);
}

TEST_CASE("command line: help")
{
    const Lab lab;
    const Finished help = lab({"help", "lab/knobs"});
    CHECK(help.status == 0);
    CHECK(help.error.empty());
    for (const char* part :
         {"lab/knobs: prints what it was given\n", "A parameter of every kind.",
          "moonwire run lab/knobs show <host> <count>", "prints the parameters", "--count integer", "how many",
          "default 3 messages; 1 to 10", "--read-timeout duration", "default 1 seconds", "default 65536 bytes",
          "default fast; one of fast slow", "--verbose, --no-verbose", "moonwire help run"}) {
        CHECK_THAT(help.output, Contains(part));
    }
    CHECK(lab({"run", "lab/knobs", "--help"}).output == help.output);
    CHECK(lab({"run", "lab/knobs", "show", "--count", "x", "-h"}).output == help.output);
    CHECK_THAT(lab({"help", "run"}).output, Contains("--set name=value") && Contains("Exit status"));
    CHECK(lab({"run", "--help"}).output == lab({"help", "run"}).output);
    const std::string general = lab({"help"}).output;
    CHECK_THAT(general, Contains("moonwire list") && Contains("moonwire help SCENARIO"));
    for (const Words& words : {Words{}, {"--help"}, {"-h"}, {"help", "list"}, {"help", "--help"}, {"list", "--help"}}) {
        CHECK(lab(words).output == general);
    }
    CHECK_THAT(lab({"--version"}).output, StartsWith("moonwire "));
}

TEST_CASE("command line: list shows every scenario once, and what is wrong with those that cannot be used")
{
    const Lab lab;
    lab.write("first/init.lua", knobs);
    lab.write("lib/shared.lua", "error('not a scenario')");
    lab.write("broken.lua", "return 5");
    const Finished list = lab({"list"});
    CHECK(list.status == 0);
    CHECK_THAT(list.output, Contains("first") && Contains("lab/knobs") && Contains("  prints what it was given\n") &&
                                Contains("pmu/tcp") && !Contains("lib") && !Contains("broken"));
    CHECK_THAT(list.error, Contains("broken cannot be used: ") && Contains("broken.lua is no scenario"));
}

TEST_CASE("command line: MOONWIRE_PATH, and modules that scenarios share")
{
    const TemporaryFolder folder;
    const auto scenario = [](const std::string& what) {
        return "local scenario = require 'moonwire.scenario' return scenario.define { summary = 's', roles = { a = "
               "function() "
               "print(" +
               what + ") end } }";
    };
    folder.write("a/same.lua", scenario("'first'"));
    folder.write("b/same.lua", scenario("'second'"));
    folder.write("b/shares.lua", scenario("require('shared').word, require('more').word"));
    folder.write("b/lib/shared.lua", "return { word = 'shared' }");
    folder.write("b/lib/more/init.lua", "return { word = 'more' }");
    const auto a = (folder.path() / "a").string();
    const auto b = (folder.path() / "b").string();
    CHECK(run_moonwire({"run", "same"}, {}, {"MOONWIRE_PATH=" + a + ":" + b}).output == "first\n");
    CHECK(run_moonwire({"run", "same"}, {}, {"MOONWIRE_PATH=" + b + ":" + a}).output == "second\n");
    CHECK(run_moonwire({"run", "shares"}, {}, {"MOONWIRE_PATH=/nowhere:" + b}).output == "shared\tmore\n");
}

TEST_CASE("command line: scripts from a file, -e and standard input get their arguments and modules")
{
    const Lab lab;
    const std::string file = lab.write("script.lua", "#!/usr/bin/env moonwire\nprint(arg[0], #arg, arg[2], ...)");
    const Finished from_file = lab({file, "a", "--seed", "-e"});
    CHECK(from_file.output == file + "\t3\t--seed\ta\t--seed\t-e\n");
    CHECK(from_file.status == 0);
    CHECK(lab({"-e", "print(arg[0], #arg, arg[1], ...)", "a"}).output == "-e\t1\ta\ta\n");
    CHECK(lab({"-", "a"}, "print(arg[0], #arg, ...)").output == "stdin\t1\ta\n");
    CHECK(lab({"--virtual-time", "-l", "task", "-l", "clock", "-e", "task.sleep(1e6) print(clock.now() >= 1e6)"})
              .output == "true\n");
    CHECK(lab({"-l", "tcp", file}).output == file + "\t0\tnil\n");
    lab.write("mine.lua", "return { word = 'mine' }");
    const Words lua_path = {"LUA_PATH=" + lab.folder.path().string() + "/?.lua;;"};
    CHECK(run_moonwire({"-l", "mine", "-e", "print(mine.word)"}, {}, lua_path).output == "mine\n");
    CHECK(run_moonwire({"-e", "print(require('mine').word)"}, {}, lua_path).output == "mine\n");
}

TEST_CASE("command line: a script that fails ends with status 1 and says where and who")
{
    const Lab lab;
    const auto failure = [&](const std::string& source) {
        const std::string file = lab.write("fails.lua", source);
        const Finished finished = lab({file});
        CHECK(finished.status == 1);
        CHECK(finished.output.empty());
        std::string error = finished.error;
        for (auto at = error.find(file); at != std::string::npos; at = error.find(file)) {
            error.replace(at, file.size(), "FILE");
        }
        return error;
    };
    CHECK_THAT(failure("\nlocal function deep()\n  error('boom')\nend\ndeep()\n"),
               StartsWith("moonwire: FILE:3: boom\nstack traceback:\n") && Contains("FILE:3: in function 'deep'") &&
                   Contains("FILE:5: in main chunk"));
    CHECK_THAT(
        failure("local task = require 'moonwire.task'\nlocal function work()\n  error('boom')\nend\n"
                "task.spawn(function()\n  task.spawn(work)\n  task.sleep(9)\nend)\ntask.sleep(9)"),
        StartsWith("moonwire: FILE:3: boom\n") && Contains("task started at FILE:6\n  by a task started at FILE:5"));
    CHECK_THAT(failure("x x"), StartsWith("moonwire: FILE:1: '=' expected near 'x'"));
    CHECK_THAT(failure("\nnosuch()"), StartsWith("moonwire: FILE:2: attempt to call global 'nosuch'"));
    CHECK_THAT(failure("error({})"), StartsWith("moonwire: (error object is a table value)"));
    CHECK_THAT(failure("error()"), StartsWith("moonwire: (error object is a nil value)"));
    CHECK_THAT(
        failure(
            "local tcp = require 'moonwire.tcp'\nlocal server = assert(tcp.listen { port = 0, host = '127.0.0.1' })\n"
            "local port = server:port()\nserver:close()\nassert(tcp.connect('127.0.0.1', port))"),
        Contains("connection refused") && Contains("FILE:5: in main chunk"));
    CHECK_THAT(failure("require('moonwire.task').sleep('soon')"),
               Contains("FILE:1: bad argument #1 (seconds) to 'sleep'"));
    const std::string folder = lab.folder.path().string();
    const Finished unreadable = lab({folder});
    CHECK(unreadable.status == 1);
    CHECK_THAT(unreadable.error, Contains("cannot read " + folder + ": Is a directory"));
    lab.write(
        "lab/fails.lua",
        "return require 'moonwire.scenario'.define { summary = 's',\nroles = { a = function() error('boom') end } }");
    const Finished scenario = lab({"run", "lab/fails"});
    CHECK(scenario.status == 1);
    CHECK_THAT(scenario.error, StartsWith("moonwire: ") && Contains("fails.lua:2: boom"));
    lab.write("odd.lua", "error({})");
    const Words lua_path = {"LUA_PATH=" + folder + "/?.lua"};
    CHECK(run_moonwire({"-l", "odd", "-e", "x = 1"}, {}, lua_path).status == 2);
}

TEST_CASE("command line: memory that runs out is said so")
{
    const Lab lab;
    const std::string hungry = "local t = {} while true do t[#t + 1] = ('x'):rep(1000) .. #t end";
    lab.write("lab/hungry.lua", "return require 'moonwire.scenario'.define { summary = 's', roles = { a = function() " +
                                    hungry + " end } }");
    const std::string message = "moonwire: not enough memory (the script's limit is 8388608 bytes)";
    for (const Words& words : {Words{"--memory", "8M", "-e", hungry},
                               {"run", "lab/hungry", "--memory", "8M"},
                               {"run", "lab/hungry", "a", "--memory=8192K"}}) {
        const Finished finished = lab(words);
        CHECK(finished.status == 1);
        CHECK_THAT(finished.error, Contains(message));
    }
}

TEST_CASE("command line: a seed repeats the run's random numbers")
{
    const auto numbers = [](const Words& flags) {
        Words words = flags;
        words.insert(words.end(), {"-l", "random", "-e", "print(math.random(1e9), random.integer(1, 1e9))"});
        return run_moonwire(words).output;
    };
    CHECK(numbers({"--seed", "7"}) == numbers({"--seed", "7"}));
    CHECK(numbers({"--seed", "0"}) != numbers({"--seed", "7"}));
    CHECK(numbers({}) != numbers({}));
}

TEST_CASE("command line: Ctrl-C ends a wait, runs the clean-up and exits with 130")
{
    const int signal = GENERATE(SIGINT, SIGTERM);
    Process process({MOONWIRE_EXECUTABLE, "-l", "task", "-e",
                     "task.defer(function() task.sleep(0.01) print('cleaned up') end) print('waits') task.sleep(1000) "
                     "print('not reached')"});
    process.wait_for_output("waits");
    process.signal(signal);
    CHECK(process.wait() == 130);
    CHECK(process.output() == "waits\ncleaned up\n");
    CHECK(process.error() == "moonwire: interrupted\n");
}

TEST_CASE("command line: Ctrl-C gets out of loops that never wait, also of those that catch every error")
{
    if (signals_come_late()) {
        return;
    }
    const std::string loop =
        GENERATE(as<std::string>(), "while true do end", "local n = 0 while true do n = (n + 1) % 7 end",
                 "while true do ('x'):rep(100):gsub('x', 'y') end", "local function f() return f() end f()",
                 "while true do pcall(function() for i = 1, 100 do end end) end",
                 "while true do xpcall(function() while true do end end, function() return 1 end) end",
                 "while true do coroutine.resume(coroutine.create(function() for i = 1, 100 do end end)) end",
                 "task.spawn(function() while true do pcall(function() end) end end) task.sleep(1000)");
    CAPTURE(loop);
    Process process(
        {MOONWIRE_EXECUTABLE, "-l", "task", "-e",
         "task.defer(function() for i = 1, 1e5 do end print('cleaned up') end) print('loops') task.sleep(0) " + loop});
    process.wait_for_output("loops");
    process.signal(SIGINT);
    CHECK(process.wait() == 130);
    CHECK(process.output() == "loops\ncleaned up\n");
}

TEST_CASE("command line: Ctrl-C reaches every role of a scenario, and its tasks")
{
    const Lab lab;
    lab.write("lab/waits.lua", R"(
        local scenario, task = require "moonwire.scenario", require "moonwire.task"
        local function role(name)
          return function()
            task.spawn(function() task.defer(print, name .. "'s task ends") task.sleep(1000) end)
            task.sleep(0)
            print(name .. " waits")
            task.sleep(1000)
          end
        end
        return scenario.define { summary = "s", roles = { a = role("a"), b = role("b") } })");
    Process process(moonwire_run({"lab/waits"}), lab.environment());
    process.wait_for_output(" waits");
    process.wait_for_output(" waits");
    process.signal(SIGINT);
    CHECK(process.wait() == 130);
    CHECK_THAT(process.output(), Contains("a's task ends\n") && Contains("b's task ends\n"));
}

TEST_CASE("command line: a second Ctrl-C ends at once, also a clean-up that does not")
{
    if (signals_come_late()) {
        return;
    }
    const std::string cleanup = GENERATE(as<std::string>(), "task.sleep(1000)", "while true do end");
    Process process({MOONWIRE_EXECUTABLE, "-l", "task", "-e",
                     "task.defer(function() print('cleans up') task.sleep(0) " + cleanup +
                         " end) print('waits') task.sleep(1000)"});
    process.wait_for_output("waits");
    process.signal(SIGINT);
    process.wait_for_output("cleans up");
    process.signal(SIGINT);
    CHECK(process.wait() == 130);
}

TEST_CASE("command line: a reader that has gone ends the run with its clean-up")
{
    const std::string wait = GENERATE(as<std::string>(), "", "task.sleep(0.001)");
    const std::string script =
        "task.defer(function() io.stderr:write('cleaned up\\n') end) while true do print('line') " + wait + " end";
    const Finished head = run(
        {"sh", "-c", "{ \"$0\" -l task -e \"$1\"; echo \"status $?\" >&2; } | head -n 2", MOONWIRE_EXECUTABLE, script});
    CHECK(head.output == "line\nline\n");
    CHECK_THAT(head.error, Contains("cleaned up\nmoonwire: standard output: Broken pipe\nstatus 1\n"));
    CHECK(run({"sh", "-c", "\"$0\" list | head -n 1 >&2", MOONWIRE_EXECUTABLE}).status == 0);
}

TEST_CASE("command line: output that cannot be written is an error, not lost in silence")
{
    const Lab lab;
    for (const char* command : {"\"$0\" -e 'print(1)'", "\"$0\" run lab/knobs show", "\"$0\" list", "\"$0\" help",
                                "\"$0\" -e 'io.stdout:write(1)'"}) {
        CAPTURE(command);
        const Finished full =
            run({"sh", "-c", std::string(command) + " > /dev/full", MOONWIRE_EXECUTABLE}, {}, lab.environment());
        CHECK(full.status == 1);
        CHECK_THAT(full.error, Contains("moonwire: standard output: No space left on device\n"));
    }
}

TEST_CASE("command line: closed standard streams do not become sockets")
{
    const std::string script = R"(
        local tcp = require "moonwire.tcp"
        local server = assert(tcp.listen { port = 0, host = "127.0.0.1" })
        local client = assert(tcp.connect("127.0.0.1", server:port()))
        local peer = assert(server:accept())
        print("to nobody") io.stdout:flush() io.stderr:write("to nobody\n")
        client:write("to the peer\n")
        assert(peer:read_line() == "to the peer"))";
    CHECK(run({"sh", "-c", "\"$0\" -e \"$1\" <&- >&- 2>&-", MOONWIRE_EXECUTABLE, script}).status == 0);
}
