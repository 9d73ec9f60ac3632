#include "tests/support/process.hpp"
#include "tests/bindings/script.hpp"
#include "tests/support/system_processes.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <cstdlib>

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using namespace moonwire::test;

TEST_CASE("a child is fed and read like a connection")
{
    CHECK(output_of(R"(
        local child = assert(process.start("cat"))
        child.stdin:write({ "one\n", "two\n", "rest" })
        child.stdin:close()
        for line in child.stdout:lines() do print(line) end
        print(child:wait().code, child:running(), child.stderr:read_all() == "")
        local line, err = child.stdout:read_line()
        print(line, err.code))") == "one\ntwo\nrest\n0\tfalse\ttrue\nnil\tclosed\n");
    CHECK(children().empty());
}

TEST_CASE("arguments and environment reach a program untouched")
{
    CHECK(output_of(R"(
        print(process.run("printf", { "<%s>", "a b", "$HOME", "*", 8080, "" }).stdout)
        print(process.run("sh", { "-c", "echo $A ${HOME-none} ${PATH:+kept}" },
          { environment = { A = "b c", HOME = false }, directory = "/" }).stdout))") ==
          "<a b><$HOME><*><8080><>\nb c none kept\n\n");
}

TEST_CASE("much data through a child, both ways at once")
{
    CHECK(output_of(R"(
        local child = assert(process.start("cat"))
        local block = ("0123456789abcdef"):rep(65536)
        task.spawn(function()
          for _ = 1, 8 do assert(child.stdin:write(block)) end
          child.stdin:close()
        end)
        print(child.stdout:read_all() == block:rep(8), child:wait().code))") == "true\t0\n");
}

TEST_CASE("a child is piped into another, in C++")
{
    CHECK(output_of(R"(
        local sort = assert(process.start("sort", { "-n" }))
        local echo = assert(process.start("printf", { "10\n9\n8\n" }))
        print(echo.stdout:pipe(sort.stdin), (sort.stdout:read_all():gsub("\n", " "))))") == "7\t8 9 10 \n");
}

TEST_CASE("how a program has ended")
{
    CHECK(output_of(R"(
        local function say(status) print(status.code, status.signal) end
        say(process.run("true"))
        say(process.run("sh", { "-c", "exit 42" }))
        say(process.run("sh", { "-c", "kill -SEGV $$" }))
        local child = assert(process.start("cat"))
        assert(child:kill("INT"))
        say(child:wait())
        local child = assert(process.start("cat"))
        assert(child:kill())
        say(child:wait())
        say(child:terminate())
        print(select(2, child:kill("SIGTERM")).code))") ==
          "0\tnil\n42\tnil\nnil\tSIGSEGV\nnil\tSIGINT\nnil\tSIGKILL\nnil\tSIGKILL\nended\n");
}

TEST_CASE("what cannot be started is returned")
{
    const TemporaryFolder folder;
    const std::string text = folder.write("text", "hello");
    CHECK(output_of("for _, call in ipairs { process.start, process.run } do\n"
                    "  for _, case in ipairs { { 'no-such-program' }, { '" +
                    text + "' }, { 'cat', {}, { directory = '/no/such' } } } do\n" + R"(
            local child, err = call(case[1], case[2], case[3])
            print(child, err.code)
          end
        end)") ==
          "nil\tno_such_file\nnil\taccess_denied\nnil\tno_such_file\n"
          "nil\tno_such_file\nnil\taccess_denied\nnil\tno_such_file\n");
}

TEST_CASE("misuse of processes throws and says what was expected")
{
    const auto error = [](const std::string& call) {
        return output_of("print((select(2, pcall(function() " + call + " end))))");
    };
    CHECK_THAT(error("process.start()"),
               Contains("test.lua:1: bad argument #1 (program) to 'start': expected a string, got nil"));
    CHECK_THAT(error("process.run('a\\0b')"), Contains("#1 (program) to 'run'") && Contains("none of them zero"));
    CHECK_THAT(error("process.start('cat', 'file')"), Contains("#2 (args)") && Contains("a list of strings"));
    CHECK_THAT(error("process.start('cat', { 'a', {} })"), Contains("args[2]: expected a string"));
    CHECK_THAT(error("process.start('cat', {}, { stdot = 'null' })"), Contains("did you mean \"stdout\"?"));
    CHECK_THAT(error("process.start('cat', {}, { stdin = 'stdout' })"), Contains("options.stdin: expected one of"));
    CHECK_THAT(error("process.run('cat', {}, { stdin = 'null' })"), Contains("unknown option \"stdin\""));
    CHECK_THAT(error("process.start('cat', {}, { directory = 'a\\0b' })"), Contains("options.directory"));
    CHECK_THAT(error("process.start('cat', {}, { environment = 'A=b' })"), Contains("options.environment"));
    CHECK_THAT(error("process.start('cat', {}, { environment = { A = 5 } })"),
               Contains("options.environment.A: expected a string") && Contains("got 5"));
    CHECK_THAT(error("process.start('cat', {}, { environment = { ['A=B'] = 'c' } })"), Contains("without '='"));
    CHECK_THAT(error("process.start('cat'):kill('SIGFOO')"), Contains("(signal)") && Contains("\"SIGINT\""));
    CHECK_THAT(error("process.start('cat').stdout:write('x')"), Contains("'write'"));
    CHECK_THAT(error("process.start('cat').stdin:read_line()"), Contains("'read_line'"));
    CHECK_THAT(error("local c = process.start('cat') c.stdout:pipe(c.stderr)"), Contains("can be written to"));
}

TEST_CASE("several tasks wait for one child, one of them not for long and one not to the end")
{
    CHECK(output_of(R"(
        local child = assert(process.start("cat"))
        print(select(2, child:wait(0.01)).code)
        local first = task.spawn(function() return child:wait().code end)
        local second = task.spawn(function() return child:wait().code end)
        local third = task.spawn(function() child:wait() end)
        task.sleep(0)
        third:cancel()
        print(pcall(third.join, third))
        child.stdin:close()
        print(first:join(), second:join(), third:status()))") ==
          "timeout\nfalse\twait: the task was cancelled\n0\t0\tcancelled\n");
}

TEST_CASE("a child ends with the task that started it")
{
    SECTION("which returns")
    {
        CHECK(output_of(R"(
            local child = task.spawn(function() return (assert(process.start("cat"))) end):join()
            print(child:running(), child:wait().signal))") == "false\tSIGTERM\n");
    }
    SECTION("which fails")
    {
        CHECK(output_of(R"(
            local child
            local worker = task.spawn(function() child = assert(process.start("cat")) error("oh") end)
            print((pcall(worker.join, worker)), child:running()))") == "false\tfalse\n");
    }
    SECTION("which is cancelled")
    {
        CHECK(output_of(R"(
            local child
            print(select(2, task.timeout(0.02, function()
              child = assert(process.start("cat"))
              child:wait()
            end)).code)
            print(child:running(), child:wait().signal))") == "timeout\nfalse\tSIGTERM\n");
    }
    SECTION("although a script's own coroutine called")
    {
        CHECK(output_of(R"(
            local child = task.spawn(function()
              return coroutine.wrap(function() return (assert(process.start("cat"))) end)()
            end):join()
            print(child:running()))") == "false\n");
    }
    SECTION("which is the whole script")
    {
        CHECK(output_of("process.start('cat') process.start('sleep', { 60 })").empty());
    }
    CHECK(children().empty());
}

TEST_CASE("a child whose handle is dropped lives as long as its task")
{
    CHECK(output_of(R"(
        local pid = process.start("sleep", { 60 }):pid()
        collectgarbage() collectgarbage()
        print(process.run("kill", { "-0", pid }).code))") == "0\n");
}

TEST_CASE("the children of a task that ends have their time of grace together")
{
    CHECK(output_of(R"(
        local before = clock.now()
        task.spawn(function()
          for _ = 1, 5 do
            local child = process.start("sh", { "-c", "trap '' TERM; echo; while :; do sleep 0.01; done" },
              { grace = 0.2 })
            child.stdout:read_line()
          end
          before = clock.now()
        end):join()
        local took = clock.now() - before
        print(took >= 0.2, took < 0.9 or took))") == "true\ttrue\n");
}

TEST_CASE("many children of one task are not kept")
{
    CHECK(output_of(R"(
        local handles = setmetatable({}, { __mode = "k" })
        for _ = 1, 50 do
          local child = assert(process.start("true"))
          handles[child] = true
          child:wait()
        end
        collectgarbage() collectgarbage()
        local kept = 0
        for _ in pairs(handles) do kept = kept + 1 end
        print(kept <= 2 or kept))") == "true\n");
}

TEST_CASE("a hundred children leave no descriptors and no zombies")
{
    const auto before = open_descriptors();
    CHECK(output_of(R"(
        for i = 1, 100 do
          local child = assert(process.start("cat"))
          child.stdin:write("x")
          child.stdin:close()
          assert(child.stdout:read_all() == "x")
          child:wait()
        end)")
              .empty());
    CHECK(open_descriptors() == before);
    CHECK(children().empty());
}

TEST_CASE("run reads both outputs, whatever their size, and feeds the program")
{
    CHECK(output_of(R"(
        local data = ("x"):rep(1000000)
        local result = assert(process.run("tee", { "/dev/stderr" }, { input = data }))
        print(result.code, result.stdout == data, result.stderr == data)
        local result = assert(process.run("sh", { "-c", "cat; echo out; echo err >&2" }, { stderr = "stdout" }))
        print(result.stdout:gsub("\n", " "), result.stderr)
        print(process.run("echo", { "hidden" }, { stdout = "null" }).stdout))") ==
          "0\ttrue\ttrue\nout err \tnil\nnil\n");
}

TEST_CASE("run is bounded in size and time, and tells what there was")
{
    CHECK(output_of(R"(
        local result, err = process.run("yes", {}, { max_output = 1000 })
        print(result, err.code, #err.stdout)
        local result, err = process.run("sh", { "-c", "echo begun; sleep 60" }, { timeout = 0.2 })
        print(result, err.code, err.stdout, err.stderr == ""))") ==
          "nil\ttoo_long\t1000\nnil\ttimeout\tbegun\n\ttrue\n");
    CHECK(children().empty());
}

TEST_CASE("a run that is cancelled has ended its program when its task ends")
{
    CHECK(output_of(R"(
        local result, err = task.timeout(0.05, process.run, "sleep", { 60 })
        print(result, err.code))") == "nil\ttimeout\n");
    CHECK(children().empty());
}

TEST_CASE("a program that does not read costs the script an error, and the host nothing")
{
    const auto before = std::signal(SIGPIPE, SIG_DFL);
    CHECK(output_of(R"(
        local child = assert(process.start("sh", { "-c", "exec <&-; echo closed; sleep 60" }))
        child.stdout:read_line()
        child.stdin:write("x")
        local sent, err = child.stdin:flush()
        print(sent, err.code, err.message))")
              .find("nil\tclosed\twrite to standard input of sh (pid ") == 0);
    CHECK(output_of(R"(
        local child = assert(process.start("sleep", { 60 }, { write_timeout = 0.05 }))
        print(select(2, child.stdin:write(("x"):rep(1000000))).code))") == "timeout\n");
    std::signal(SIGPIPE, before);
}

TEST_CASE("virtual time neither jumps nor stands still while a child runs")
{
    CHECK(output_of(R"(
        local before = clock.now()
        local result, err = process.run("sleep", { 0.1 }, { timeout = 3600 })
        print(result.code, clock.now() - before < 60)
        local child = process.start("cat")
        task.sleep(0.05)
        print(child:running()))") == "0\ttrue\ntrue\n");
}
