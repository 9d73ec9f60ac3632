#include "tests/support/process.hpp"
#include "tests/support/system_processes.hpp"
#include "tests/unit/process/support.hpp"

#include <boost/system/errc.hpp>

#include <sys/wait.h>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <thread>

using namespace moonwire::test;
using Catch::Matchers::Contains;
using moonwire::loop::Loop;
using moonwire::process::Child;
using moonwire::process::Stdio;
namespace net = moonwire::net;

namespace {

net::Failure failure_of(const moonwire::process::StartRequest& request)
{
    const auto before = open_descriptors();
    const auto started = moonwire::process::start_program(request);
    REQUIRE(started.has_error());
    CHECK(open_descriptors() == before);
    CHECK(children().empty());
    return started.error();
}

}  // namespace

TEST_CASE("a program is found in PATH and gets its arguments as they are")
{
    Loop loop(system_clock());
    const auto child = start(loop, program("printf", {"<%s>", "a b", "*", "$HOME", ""}));
    CHECK(output(*child) == "<a b><*><$HOME><>");
    CHECK(wait(loop, *child).exit.code == 0);
}

TEST_CASE("a program that cannot be started leaves its reason and nothing else")
{
    const TemporaryFolder folder;
    SECTION("not in PATH")
    {
        const auto failure = failure_of(program("no-such-program-anywhere"));
        CHECK(net::code_word(failure.error) == "no_such_file");
        CHECK_THAT(failure.message, Contains("start no-such-program-anywhere: no such program in PATH ("));
    }
    SECTION("no such path")
    {
        const auto failure = failure_of(program("/no/such/program"));
        CHECK(net::code_word(failure.error) == "no_such_file");
        CHECK_THAT(failure.message, Contains("start /no/such/program: no such file"));
    }
    SECTION("a file that is not executable")
    {
        const auto failure = failure_of(program(folder.write("text", "#!/bin/sh\n")));
        CHECK(net::code_word(failure.error) == "access_denied");
        CHECK_THAT(failure.message, Contains("is it executable?"));
    }
    SECTION("a folder")
    {
        CHECK(net::code_word(failure_of(program(folder.path())).error) == "access_denied");
    }
    SECTION("no program for this system")
    {
        const std::string file = folder.write("text", "echo this must not be handed to a shell\n");
        std::filesystem::permissions(file, std::filesystem::perms::owner_all);
        const auto failure = failure_of(program(file));
        CHECK(net::code_word(failure.error) == "not_executable");
        CHECK_THAT(failure.message, Contains("#!"));
    }
    SECTION("no such directory")
    {
        auto request = program("cat");
        request.directory = (folder.path() / "missing").string();
        const auto failure = failure_of(request);
        CHECK(net::code_word(failure.error) == "no_such_file");
        CHECK(failure.message == "start cat in " + request.directory + ": no such directory");
    }
    SECTION("too many arguments")
    {
        const auto failure = failure_of(program("cat", {std::string(8 << 20, 'x')}));
        CHECK(net::code_word(failure.error) == "too_long");
    }
}

TEST_CASE("a name that may not be executed in one folder of PATH is looked for in the next")
{
    Loop loop(system_clock());
    const TemporaryFolder folder;
    folder.write("first/greet", "#!/bin/sh\necho first\n");
    std::filesystem::permissions(folder.write("second/greet", "#!/bin/sh\necho second\n"),
                                 std::filesystem::perms::owner_all);
    auto request = program("greet");
    request.environment["PATH"] =
        (folder.path() / "first").string() + ":/no/such/folder:" + (folder.path() / "second").string();
    CHECK(output(*start(loop, request)) == "second\n");
    request.environment["PATH"] = (folder.path() / "first").string();
    CHECK(net::code_word(failure_of(request).error) == "access_denied");
}

TEST_CASE("a program runs in its directory, and a relative path begins there")
{
    Loop loop(system_clock());
    const TemporaryFolder folder;
    std::filesystem::permissions(folder.write("where", "#!/bin/sh\npwd -P\n"), std::filesystem::perms::owner_all);
    auto request = program("./where");
    request.directory = folder.path();
    CHECK(output(*start(loop, request)) == std::filesystem::canonical(folder.path()).string() + "\n");
}

TEST_CASE("variables are added, replaced and taken out, and the others inherited")
{
    Loop loop(system_clock());
    ::setenv("MOONWIRE_KEPT", "kept", 1);
    ::setenv("MOONWIRE_REPLACED", "old", 1);
    ::setenv("MOONWIRE_TAKEN", "taken", 1);
    auto request = shell("echo $MOONWIRE_KEPT $MOONWIRE_REPLACED $MOONWIRE_ADDED ${MOONWIRE_TAKEN-nothing}");
    request.environment["MOONWIRE_REPLACED"] = "new";
    request.environment["MOONWIRE_ADDED"] = "added";
    request.environment["MOONWIRE_TAKEN"] = std::nullopt;
    CHECK(output(*start(loop, request)) == "kept new added nothing\n");
    CHECK(std::string(std::getenv("MOONWIRE_TAKEN")) == "taken");
    CHECK(std::getenv("MOONWIRE_ADDED") == nullptr);
}

TEST_CASE("the child inherits no descriptors but its three")
{
    Loop loop(system_clock());
    const int inherited = ::open("/dev/null", O_RDONLY);  // without O_CLOEXEC, as by a library
    REQUIRE(inherited > 2);
    const auto other = start(loop, program("cat"));
    const auto child = start(loop, shell("ls /proc/$$/fd | tr '\\n' ' '"));
    CHECK_THAT(output(*child), Catch::Matchers::StartsWith("0 1 2 ") && !Contains(std::to_string(inherited) + " "));
    ::close(inherited);
}

TEST_CASE("the child has default signal dispositions and an empty mask")
{
    Loop loop(system_clock());
    const auto before = std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGUSR1, SIG_IGN);
    sigset_t mask;
    sigset_t old_mask;
    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR2);
    ::pthread_sigmask(SIG_BLOCK, &mask, &old_mask);
    const auto child = start(loop, program("grep", {"-E", "SigBlk|SigIgn", "/proc/self/status"}));
    sigset_t mask_after;
    ::pthread_sigmask(SIG_SETMASK, &old_mask, &mask_after);
    std::signal(SIGUSR1, SIG_DFL);
    std::signal(SIGPIPE, before);
    CHECK(output(*child) == "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
    CHECK(sigismember(&mask_after, SIGUSR2) == 1);
    CHECK(sigismember(&mask_after, SIGTERM) == 0);
}

TEST_CASE("the child leads a session of its own")
{
    Loop loop(system_clock());
    const auto child = start(loop, program("cat"));
    CHECK(::getsid(child->pid()) == child->pid());
    CHECK(::getpgid(child->pid()) == child->pid());
}

TEST_CASE("streams lead where they were told to")
{
    Loop loop(system_clock());
    SECTION("nowhere")
    {
        auto request = shell("cat; echo out; echo err >&2");
        request.stdio = {Stdio::null, Stdio::null, Stdio::null};
        const auto child = start(loop, request);
        for (const std::size_t number : {0U, 1U, 2U}) {
            CHECK(child->stream(number) == nullptr);
        }
        CHECK(wait(loop, *child).exit.code == 0);
    }
    SECTION("both outputs into one")
    {
        auto request = shell("echo out; echo err >&2; echo out");
        request.stdio[2] = Stdio::same_as_output;
        const auto child = start(loop, request);
        CHECK(child->stream(2) == nullptr);
        CHECK(output(*child) == "out\nerr\nout\n");
    }
    SECTION("where this process's own lead")
    {
        std::array<int, 2> ends{};
        REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
        const int before = ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
        ::dup2(ends[1], STDERR_FILENO);
        auto request = shell("echo inherited >&2");
        request.stdio[2] = Stdio::inherit;
        const auto child = start(loop, request);
        ::dup2(before, STDERR_FILENO);
        ::close(before);
        ::close(ends[1]);
        CHECK(wait(loop, *child).exit.code == 0);
        std::array<char, 64> text{};
        CHECK(::read(ends[0], text.data(), text.size()) == 10);
        CHECK(std::string(text.data()) == "inherited\n");
        ::close(ends[0]);
    }
}

TEST_CASE("a child can be started where the standard streams are closed")
{
    // In a process of its own, whose three lowest descriptors the pipes then get.
    const pid_t pid = ::fork();
    if (pid == 0) {
        for (const int descriptor : {0, 1, 2}) {
            ::close(descriptor);
        }
        Loop loop(system_clock());
        auto child = Child::start(loop, shell("cat; echo err >&2"));
        if (!child) {
            ::_exit(2);
        }
        write(*(*child)->stream(0), "text");
        (*child)->stream(0)->async_shutdown(std::nullopt, [](const net::error_code&) {});
        ::_exit(output(**child) == "text" && output(**child, 2) == "err\n" ? 0 : 1);
    }
    int status = -1;
    REQUIRE(::waitpid(pid, &status, 0) == pid);
    CHECK(status == 0);
}

TEST_CASE("a child dies when the thread that started it ends")
{
    pid_t child = 0;
    std::thread([&] {
        const auto started = moonwire::process::start_program(shell("trap '' TERM HUP; sleep 60; :"));
        REQUIRE(started.has_value());
        child = started->pid;
    }).join();
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == SIGKILL);
}
