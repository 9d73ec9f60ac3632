// `moonwire run … --watch` and `moonwire --watch FILE.lua`.
#include "tests/support/process.hpp"
#include "tests/support/terminal.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

using Catch::Matchers::Contains;
using namespace moonwire::test;

namespace {

namespace fs = std::filesystem;

std::string scenario(const std::string& body)
{
    return R"(
local scenario, task = require "moonwire.scenario", require "moonwire.task"
return scenario.define {
  summary = "a test",
  params = { x = { 0, "a number" } },
  roles = { a = { args = { "..." }, run = function(p, ...)
)" + body + R"(
  end } },
}
)";
}

/// A scenario under `--watch`.
struct Watched {
    explicit Watched(const std::string& text, const std::string& flag = "--watch")
        : file(folder.write("lab.lua", text)),
          process({MOONWIRE_EXECUTABLE, "run", file, "--x", "7", flag},
                  {"LUA_PATH=" + (folder.path() / "?.lua").string() + ";;"})
    {
    }

    /// As an editor saves that does not want to lose what was there. One change, however slow the machine.
    void change(const std::string& text) const { replace("lab.lua", text); }

    void replace(const std::string& name, const std::string& text) const
    {
        const std::string saved = folder.write(name + ".new", text);
        fs::rename(saved, folder.path() / name);
    }

    TemporaryFolder folder;
    std::string file;
    Process process;
};

}  // namespace

TEST_CASE("watch: a scenario is run again when its file changes, until Ctrl-C")
{
    Watched lab(scenario("print('first', p.x)"));
    lab.process.wait_for_output("first\t7");
    lab.process.wait_for_error("the run has ended with status 0; a change of " + lab.file);
    lab.change(scenario("print('second', p.x)"));
    lab.process.wait_for_error("moonwire: " + lab.file + " has changed");
    lab.process.wait_for_error("moonwire: running " + lab.file + " again");
    lab.process.wait_for_output("second\t7");
    lab.process.wait_for_error("has ended with status 0");
    lab.change(scenario("print('third', p.x)"));
    lab.process.wait_for_output("third\t7");
    lab.process.wait_for_error("has ended with status 0");
    lab.process.signal(SIGINT);
    CHECK(lab.process.wait() == 130);
    CHECK(lab.process.output() == "first\t7\nsecond\t7\nthird\t7\n");
}

TEST_CASE("watch: what cannot be read is shown, and mended under the watch")
{
    Watched lab("return return");
    lab.process.wait_for_error(":1: unexpected symbol near 'return'");
    lab.process.wait_for_error("has ended with status 2");
    lab.change(scenario("error('not yet')"));
    lab.process.wait_for_error("not yet");
    lab.process.wait_for_error("has ended with status 1");
    fs::remove(lab.file);
    lab.process.wait_for_error("cannot open " + lab.file);
    lab.process.wait_for_error("has ended with status 2");
    lab.change(scenario("print('now')"));
    lab.process.wait_for_output("now");
}

TEST_CASE("watch: a change of what is required counts, also of what is not there yet or has a mistake")
{
    Watched lab("local part = require 'part'\n" + scenario("print(part)"));
    lab.process.wait_for_error("module 'part' not found");
    lab.process.wait_for_error("has ended with status 2");
    lab.folder.write("part.lua", "return +");
    lab.process.wait_for_error("part.lua:1: unexpected symbol");
    lab.process.wait_for_error("has ended with status 2");
    lab.replace("part.lua", "return 'one'");
    lab.process.wait_for_error("part.lua has changed");
    lab.process.wait_for_output("one");
    lab.process.wait_for_error("has ended with status 0");
    lab.folder.write("part.lua", "return 'two'");
    lab.process.wait_for_output("two");
}

TEST_CASE("watch: a run that is under way is ended in order before the next one starts")
{
    const std::string waits = "task.defer(function() print('cleaned') end) print('started') task.sleep(1000)";
    Watched lab(scenario(waits));
    lab.process.wait_for_output("started");
    lab.change(scenario("print('next')"));
    lab.process.wait_for_error(lab.file + " has changed, stopping the run");
    lab.process.wait_for_output("next");
    CHECK(lab.process.output() == "started\ncleaned\nnext\n");
}

TEST_CASE("watch: a run that never waits, and one that ends its process, do not end the watch")
{
    Watched lab(scenario("io.stderr:write('loops\\n') while true do end"));
    lab.process.wait_for_error("loops");
    // Not os.exit, after which a sanitizer would change the status.
    lab.change(scenario("local ffi = require 'ffi' ffi.cdef 'void _exit(int);' ffi.C._exit(5)"));
    lab.process.wait_for_error("has ended with status 5");
    lab.change(scenario("print('next')"));
    lab.process.wait_for_output("next");
}

TEST_CASE("watch: SIGTERM during a run ends it in order, and the watch")
{
    Watched lab(scenario("task.defer(function() print('cleaned') end) print('started') task.sleep(1000)"));
    lab.process.wait_for_output("started");
    lab.process.signal(SIGTERM);
    CHECK(lab.process.wait() == 130);
    CHECK(lab.process.output() == "started\ncleaned\n");
}

TEST_CASE("watch: Ctrl-C at a terminal ends the run in order, once, and the watch")
{
    const TemporaryFolder folder;
    const std::string file = folder.write(
        "lab.lua",
        scenario("task.defer(function() task.sleep(0.2) print('cleaned') end) print('started') task.sleep(1000)"));
    Terminal terminal({MOONWIRE_EXECUTABLE, "run", file, "--watch"});
    terminal.wait_for("started");
    terminal.type("\x03");
    terminal.wait_for("cleaned");
    CHECK(terminal.wait() == 130);
}

TEST_CASE("watch: a script is run again with its arguments")
{
    const TemporaryFolder folder;
    const std::string file = folder.write("a.lua", "print('one', ...)");
    Process process({MOONWIRE_EXECUTABLE, "--watch", file, "--watch", "b"});
    process.wait_for_output("one\t--watch\tb");
    process.wait_for_error("has ended with status 0");
    folder.write("a.lua", "print('two', ...)");
    process.wait_for_output("two\t--watch\tb");
}

TEST_CASE("watch: the word is the role's own behind its arguments")
{
    const TemporaryFolder folder;
    const std::string file = folder.write("lab.lua", scenario("print(...)"));
    const Finished finished = run_moonwire({"run", file, "a", "b", "--watch"});
    CHECK(finished.status == 0);
    CHECK(finished.output == "b\t--watch\n");
}

TEST_CASE("watch: a wrong command line is refused at once")
{
    const TemporaryFolder folder;
    const std::string file = folder.write("lab.lua", scenario("print(...)"));
    CHECK(run_moonwire({"run", file, "--watch", "--xx", "1"}).status == 2);
    CHECK_THAT(run_moonwire({"run", file, "--watch", "--repl"}).error, Contains("--watch does not go with --repl"));
    CHECK_THAT(run_moonwire({"run", file, "--wach"}).error, Contains("did you mean '--watch'?"));
    CHECK_THAT(run_moonwire({"--watch", "-e", "print(1)"}).error, Contains("--watch needs a script that is a file"));
    CHECK(run_moonwire({"--watch", "/no/such/file.lua"}).status == 2);
    CHECK_THAT(run_moonwire({"run", file, "--watch", "--help"}).output, Contains("a test"));
}
