#include "tests/support/process.hpp"
#include "tests/support/system_processes.hpp"

#include <catch2/catch.hpp>

#include <csignal>

using namespace moonwire::test;

namespace {

/// A script that starts a child which prints its number when it is ready, and passes that on.
std::string script(const TemporaryFolder& folder, const std::string& child, const std::string& rest = "child:wait()",
                   double grace = 0.3)
{
    return folder.write("script.lua", R"(
        local process, task = require "moonwire.process", require "moonwire.task"
        local child = assert(process.start("sh", { "-c", [[)" +
                                          child + "]] }, { grace = " + std::to_string(grace) + R"( }))
        task.defer(print, "cleaning up")
        print("child " .. child.stdout:read_line())
        )" + rest);
}

constexpr const char* stubborn = "trap '' TERM INT HUP; echo $$; while :; do sleep 0.01; done";
constexpr const char* counting =
    "trap 'n=$((n+1)); echo $n > count' INT TERM; echo $$; while [ -z \"$n\" ]; do sleep 0.01; done; sleep 0.1";

}  // namespace

TEST_CASE("a host that is killed leaves no child behind")
{
    const TemporaryFolder folder;
    Process host({MOONWIRE_EXECUTABLE, script(folder, stubborn)});
    const pid_t child = pid_of(host.wait_for_output("child "));
    host.signal(SIGKILL);
    CHECK(host.wait() == 128 + SIGKILL);
    CHECK(ends(child));
}

TEST_CASE("an interrupted host ends its children before it goes")
{
    const TemporaryFolder folder;
    Process host({MOONWIRE_EXECUTABLE, script(folder, stubborn)});
    const pid_t child = pid_of(host.wait_for_output("child "));
    host.signal(SIGINT);
    CHECK(host.wait() == 130);
    CHECK(!runs(child));
}

TEST_CASE("a host that is interrupted twice goes at once, and its children with it")
{
    const TemporaryFolder folder;
    Process host({MOONWIRE_EXECUTABLE, script(folder, stubborn, "child:wait()", 60)});
    const pid_t child = pid_of(host.wait_for_output("child "));
    host.signal(SIGINT);
    host.wait_for_output("cleaning up");
    host.signal(SIGINT);
    CHECK(host.wait() == 130);
    CHECK(ends(child));
}

TEST_CASE("a script that ends, or fails, ends its children")
{
    const TemporaryFolder folder;
    const bool fails = GENERATE(false, true);
    Process host({MOONWIRE_EXECUTABLE, script(folder, "sleep 60 & echo $!; wait", fails ? "error 'oh'" : "")});
    const pid_t grandchild = pid_of(host.wait_for_output("child "));
    CHECK(host.wait() == (fails ? 1 : 0));
    CHECK(ends(grandchild));
}

TEST_CASE("a Ctrl-C at the terminal reaches a child once, as SIGTERM")
{
    // script(1) gives the host a terminal; what is written to it is typed there.
    const TemporaryFolder folder;
    const std::string file = script(folder, "cd " + folder.path().string() + "; " + counting, "child:wait()");
    Process terminal({"script", "-qec", std::string(MOONWIRE_EXECUTABLE) + " " + file, "/dev/null"});
    const pid_t child = pid_of(terminal.wait_for_output("child ").erase(terminal.output().find('\r')));
    terminal.write("\x03");
    CHECK(terminal.wait() == 130);
    CHECK(!runs(child));
    const auto count = run({"cat", (folder.path() / "count").string()});
    CHECK(count.output == "1\n");
}

TEST_CASE("standard streams can be handed on to a child")
{
    const TemporaryFolder folder;
    const std::string file = folder.write("script.lua", R"(
        local process = require "moonwire.process"
        local child = assert(process.start("cat", {}, { stdin = "inherit", stdout = "inherit", stderr = "inherit" }))
        print(child.stdin, child.stdout, child.stderr, child:wait().code))");
    const auto finished = run_moonwire({file}, "handed on\n");
    CHECK(finished.output == "handed on\nnil\tnil\tnil\t0\n");
    CHECK(finished.error.empty());
    CHECK(finished.status == 0);
}

TEST_CASE("the end of a child is known although moonwire was started with SIGCHLD ignored")
{
    const TemporaryFolder folder;
    const std::string file =
        folder.write("script.lua", "print(require('moonwire.process').run('sh', { '-c', 'exit 4' }).code)");
    CHECK(run({"sh", "-c", "trap '' CHLD; exec " + std::string(MOONWIRE_EXECUTABLE) + " " + file}).output == "4\n");
}
