#include "tests/support/system_processes.hpp"
#include "tests/unit/process/support.hpp"

#include <sys/wait.h>
#include <algorithm>

using namespace moonwire::test;
using moonwire::loop::Loop;
using moonwire::process::Child;
namespace net = moonwire::net;

TEST_CASE("what is written to a child comes back from cat")
{
    Loop loop(system_clock());
    const auto child = start(loop, program("cat"));
    CHECK(child->stream(1)->description() == "standard output of cat (pid " + std::to_string(child->pid()) + ")");
    CHECK(child->running());
    write(*child->stream(0), "hello\n");
    CHECK(read_line(*child) == "hello");
    child->stream(0)->async_shutdown(std::nullopt, [](const net::error_code&) {});
    CHECK(output(*child).empty());
    const auto end = wait(loop, *child);
    CHECK(!end.error);
    CHECK(end.exit.code == 0);
    CHECK(end.exit.signal == 0);
    CHECK(!child->running());
    CHECK(children().empty());
}

TEST_CASE("much data goes both ways at once")
{
    Loop loop(system_clock());
    const auto child = start(loop, program("cat"));
    const std::string data = sample_bytes(8 << 20);
    write(*child->stream(0), data);
    child->stream(0)->async_shutdown(std::nullopt, [](const net::error_code&) {});
    CHECK((output(*child) == data));
}

TEST_CASE("a child's end is told as it was")
{
    Loop loop(system_clock());
    SECTION("an exit code")
    {
        const auto end = wait(loop, *start(loop, shell("exit 7")));
        CHECK(end.exit.code == 7);
        CHECK(end.exit.signal == 0);
    }
    SECTION("a signal")
    {
        const auto end = wait(loop, *start(loop, shell("kill -USR1 $$")));
        CHECK(end.exit.signal == SIGUSR1);
    }
    SECTION("to everyone who waits, also afterwards")
    {
        const auto child = start(loop, shell("read line; exit 3"));
        std::optional<EndOutcome> first;
        std::optional<EndOutcome> second;
        child->async_wait(std::nullopt, note_end(first));
        child->async_wait(std::nullopt, note_end(second));
        write(*child->stream(0), "\n");
        REQUIRE(run_until(loop, [&] { return first && second; }));
        CHECK(first->exit.code == 3);
        CHECK(second->exit.code == 3);
        std::optional<EndOutcome> third;
        child->async_wait(std::nullopt, note_end(third));
        CHECK(!third);
        REQUIRE(run_until(loop, [&] { return third.has_value(); }));
        CHECK(third->exit.code == 3);
    }
}

TEST_CASE("a wait can time out and be cancelled without the child being touched")
{
    Loop loop(system_clock());
    const auto child = start(loop, program("cat"));
    std::optional<EndOutcome> timed;
    std::optional<EndOutcome> cancelled;
    child->async_wait(5ms, note_end(timed));
    child->cancel_wait(child->async_wait(std::nullopt, note_end(cancelled)));
    REQUIRE(run_until(loop, [&] { return timed && cancelled; }));
    CHECK(timed->error == net::errc::timeout);
    CHECK(cancelled->error == net::errc::cancelled);
    CHECK(child->running());
}

TEST_CASE("a child that ends at SIGTERM is not killed")
{
    Loop loop(system_clock());
    const auto child = start(loop, shell("trap 'exit 5' TERM; echo ready; while :; do sleep 0.01; done"));
    CHECK(read_line(*child) == "ready");
    CHECK(terminate(loop, *child, 1min).exit.code == 5);
    // Again, and after the end: nothing happens, and the end is told.
    CHECK(terminate(loop, *child, 1min).exit.code == 5);
}

TEST_CASE("a child that ignores SIGTERM is killed after the time of grace")
{
    Loop loop(system_clock());
    const auto child = start(loop, shell("trap '' TERM; echo ready; while :; do sleep 0.01; done"));
    CHECK(read_line(*child) == "ready");
    const auto before = loop.now();
    CHECK(terminate(loop, *child, 50ms).exit.signal == SIGKILL);
    CHECK(loop.now() - before >= 50ms);
    CHECK(children().empty());
}

TEST_CASE("a second call to terminate shortens the time of grace, and cannot lengthen it")
{
    Loop loop(system_clock());
    const auto child = start(loop, shell("trap '' TERM; echo ready; while :; do sleep 0.01; done"));
    CHECK(read_line(*child) == "ready");
    child->terminate(1min);
    child->terminate(10ms);
    CHECK(terminate(loop, *child, 1min).exit.signal == SIGKILL);
}

TEST_CASE("a child that is stopped can be terminated")
{
    Loop loop(system_clock());
    const auto child = start(loop, program("cat"));
    CHECK(!child->signal(SIGSTOP));
    CHECK(terminate(loop, *child, 1min).exit.signal == SIGTERM);
}

TEST_CASE("what a child has started ends with it")
{
    Loop loop(system_clock());
    SECTION("when it is terminated")
    {
        const auto child = start(loop, shell("sleep 60 & echo $!; wait"));
        const pid_t grandchild = pid_of(read_line(*child));
        CHECK(terminate(loop, *child, 1min).exit.signal == SIGTERM);
        CHECK(!runs(grandchild));
    }
    SECTION("when it ends by itself")
    {
        const auto child = start(loop, shell("sleep 60 & echo $!"));
        const pid_t grandchild = pid_of(read_line(*child));
        CHECK(wait(loop, *child).exit.code == 0);
        CHECK(terminate(loop, *child, 1min).exit.code == 0);
        CHECK(!runs(grandchild));
    }
    SECTION("with its own time of grace, although the child has gone already")
    {
        const auto child =
            start(loop, shell("sh -c 'trap \"echo cleaned up; exit\" TERM; echo ready; while :; do sleep 0.01; done' &"
                              "read line"));
        CHECK(read_line(*child) == "ready");
        child->terminate(1min);
        CHECK(output(*child) == "cleaned up\n");
    }
    SECTION("killed, if it ignores SIGTERM")
    {
        const auto child =
            start(loop, shell("sh -c 'trap \"\" TERM; echo $$; while :; do sleep 0.01; done' & read line"));
        const pid_t grandchild = pid_of(read_line(*child));
        CHECK(terminate(loop, *child, 20ms).exit.signal == SIGTERM);
        CHECK(ends(grandchild));
    }
    SECTION("when its last owner drops it")
    {
        auto child = start(loop, shell("trap '' TERM; sleep 60 & echo $!; wait"));
        const pid_t pid = child->pid();
        const pid_t grandchild = pid_of(read_line(*child));
        child.reset();
        CHECK(::kill(pid, 0) != 0);  // reaped
        CHECK(ends(grandchild));
    }
}

TEST_CASE("a signal goes to all of the group, and to nobody once the child has ended")
{
    Loop loop(system_clock());
    const auto child = start(
        loop,
        shell("trap 'echo child' USR1;"
              "sh -c 'trap \"echo grandchild; exit\" USR1; echo ready; while :; do sleep 0.01; done' & wait; wait"));
    CHECK(read_line(*child) == "ready");
    CHECK(!child->signal(SIGUSR1));
    std::vector<std::string> lines{read_line(*child), read_line(*child)};
    std::sort(lines.begin(), lines.end());
    CHECK(lines == std::vector<std::string>{"child", "grandchild"});
    CHECK(wait(loop, *child).exit.signal == 0);
    CHECK(net::code_word(child->signal(SIGUSR1)) == "ended");
}

TEST_CASE("a hundred children leave no descriptor and no zombie behind")
{
    Loop loop(system_clock());
    wait(loop, *start(loop, program("true")));
    run_for(loop, 1ms);
    const auto before = open_descriptors();
    for (int i = 0; i < 100; ++i) {
        const auto child = start(loop, i % 2 == 0 ? program("true") : program("cat"));
        if (i % 2 == 0) {
            CHECK(wait(loop, *child).exit.code == 0);
        } else {
            CHECK(terminate(loop, *child, 1min).exit.signal == SIGTERM);
        }
    }
    CHECK(open_descriptors() == before);
    CHECK(children().empty());
}

TEST_CASE("a loop that goes takes its children with it")
{
    pid_t running = 0;
    pid_t terminating = 0;
    pid_t left = 0;
    std::weak_ptr<Child> forgotten;
    {
        Loop loop(system_clock());
        const auto child = start(loop, program("cat"));
        running = child->pid();
        child->async_wait(std::nullopt, [child](const net::error_code&, const auto&) {});
        auto stubborn = start(loop, shell("trap '' TERM; echo ready; while :; do sleep 0.01; done"));
        read_line(*stubborn);
        stubborn->terminate(1min);
        terminating = stubborn->pid();
        auto leaving = start(loop, shell("sh -c 'trap \"\" TERM; echo $$; while :; do sleep 0.01; done' & read line"));
        left = pid_of(read_line(*leaving));
        leaving->grace = 1min;
        write(*leaving->stream(0), "\n");
        wait(loop, *leaving);
        forgotten = leaving;
    }
    CHECK(forgotten.expired());
    CHECK(::kill(running, 0) != 0);
    CHECK(::kill(terminating, 0) != 0);
    CHECK(ends(left));
    CHECK(children().empty());
}

TEST_CASE("a child that somebody else has reaped is no riddle")
{
    Loop loop(system_clock());
    const auto child = start(loop, program("true"));
    REQUIRE(::waitpid(child->pid(), nullptr, 0) == child->pid());
    const auto end = wait(loop, *child);
    CHECK(end.error == boost::system::errc::no_child_process);
    CHECK(!child->running());
}

TEST_CASE("virtual time passes as real time does while a child runs")
{
    Loop loop(virtual_clock());
    const auto child = start(loop, shell("read line"));
    std::optional<EndOutcome> timed;
    const auto real = std::chrono::steady_clock::now();
    const auto before = loop.now();
    child->async_wait(30ms, note_end(timed));
    REQUIRE(run_until(loop, [&] { return timed.has_value(); }));
    CHECK(timed->error == net::errc::timeout);
    CHECK(loop.now() - before < 5s);
    CHECK(std::chrono::steady_clock::now() - real >= 25ms);
    child->terminate(1min);
    wait(loop, *child);
    // And jumps again afterwards.
    moonwire::loop::Timer timer(loop);
    bool due = false;
    timer.expires_after(24h, [&] { due = true; });
    CHECK(run_until(loop, [&] { return due; }));
}
