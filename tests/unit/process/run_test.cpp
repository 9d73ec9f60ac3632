#include "host/process/run.hpp"

#include "tests/support/system_processes.hpp"
#include "tests/unit/process/support.hpp"

using namespace moonwire::test;
using Catch::Matchers::Contains;
using moonwire::loop::Loop;
using moonwire::process::async_run;
using moonwire::process::RunRequest;
using moonwire::process::RunResult;
namespace net = moonwire::net;

namespace {

struct RunOutcome {
    net::Failure failure;
    RunResult result;
};

RunRequest request(std::string script)
{
    RunRequest run;
    run.start = shell(std::move(script));
    return run;
}

RunOutcome run(Loop& loop, RunRequest run_request)
{
    std::optional<RunOutcome> outcome;
    async_run(loop, std::move(run_request), [&](net::Failure failure, RunResult result) {
        outcome = RunOutcome{std::move(failure), std::move(result)};
    });
    CHECK(!outcome);
    REQUIRE(run_until(loop, [&] { return outcome.has_value(); }));
    return std::move(*outcome);
}

}  // namespace

TEST_CASE("a program is run to its end")
{
    Loop loop(system_clock());
    auto run_request = request("cat; echo error >&2; exit 3");
    run_request.input = "input";
    const auto [failure, result] = run(loop, run_request);
    CHECK(!failure.error);
    CHECK(result.exit.code == 3);
    CHECK(result.output == "input");
    CHECK(result.error_output == "error\n");
}

TEST_CASE("both outputs and the input at once, each larger than any pipe")
{
    Loop loop(system_clock());
    auto run_request = request("tee /dev/stderr");
    run_request.input = sample_bytes(4 << 20);
    const auto [failure, result] = run(loop, run_request);
    CHECK(!failure.error);
    CHECK((result.output == run_request.input));
    CHECK((result.error_output == run_request.input));
}

TEST_CASE("input that a program does not read is no failure")
{
    const auto before = std::signal(SIGPIPE, SIG_DFL);
    Loop loop(system_clock());
    auto run_request = request("exec <&-; echo done");
    run_request.input = std::string(1 << 20, 'x');
    const auto [failure, result] = run(loop, run_request);
    CHECK(!failure.error);
    CHECK(result.output == "done\n");
    std::signal(SIGPIPE, before);
}

TEST_CASE("a program that cannot be started is reported like every other failure")
{
    Loop loop(system_clock());
    RunRequest run_request;
    run_request.start = program("no-such-program-anywhere");
    const auto [failure, result] = run(loop, run_request);
    CHECK(net::code_word(failure.error) == "no_such_file");
}

TEST_CASE("a flood of output ends the program, and what has arrived is kept")
{
    Loop loop(system_clock());
    RunRequest run_request;
    run_request.max_output = 100000;
    SECTION("of a program that never ends")
    {
        run_request.start = program("yes");
        const auto [failure, result] = run(loop, run_request);
        CHECK(failure.error == net::errc::too_long);
        CHECK_THAT(failure.message, Contains("more than 100000 bytes to its standard output"));
        CHECK(result.output.size() == 100000);
        CHECK(result.exit.signal == SIGTERM);
    }
    SECTION("of a program that has ended meanwhile")
    {
        run_request.max_output = 1000;
        run_request.start = shell("head -c 20000 /dev/zero >&2");
        const auto [failure, result] = run(loop, run_request);
        CHECK(failure.error == net::errc::too_long);
        CHECK_THAT(failure.message, Contains("standard error"));
        CHECK(result.error_output.size() == 1000);
    }
    CHECK(children().empty());
}

TEST_CASE("a program that takes too long is ended with all that it has started")
{
    Loop loop(system_clock());
    auto run_request = request("trap '' TERM; sleep 60 & echo $!; wait; while :; do sleep 0.01; done");
    run_request.timeout = 200ms;
    run_request.grace = 20ms;
    const auto [failure, result] = run(loop, run_request);
    CHECK(failure.error == net::errc::timeout);
    CHECK(result.exit.signal == SIGKILL);
    CHECK(children().empty());
    CHECK(ends(pid_of(result.output)));
}

TEST_CASE("a run that is cancelled ends its program first")
{
    Loop loop(system_clock());
    std::optional<RunOutcome> outcome;
    const auto operation = async_run(loop, request("sleep 60"), [&](net::Failure failure, RunResult result) {
        outcome = RunOutcome{std::move(failure), std::move(result)};
    });
    run_for(loop, 5ms);
    operation->cancel();
    REQUIRE(run_until(loop, [&] { return outcome.has_value(); }));
    CHECK(outcome->failure.error == net::errc::cancelled);
    CHECK(children().empty());
}

TEST_CASE("an output that a daemon keeps open is not waited for without end")
{
    Loop loop(system_clock());
    auto run_request =
        request("exec 3>&1; echo daemon $(setsid sh -c 'echo $$; exec >&3; exec sleep 60' &); echo started");
    run_request.grace = 50ms;
    const auto [failure, result] = run(loop, run_request);
    CHECK(!failure.error);
    CHECK_THAT(result.output, Contains("\nstarted\n"));
    const pid_t daemon = pid_of(result.output.substr(0, result.output.find('\n')));
    CHECK(runs(daemon));
    ::kill(daemon, SIGKILL);
}

TEST_CASE("runs leave no descriptors behind")
{
    Loop loop(system_clock());
    run(loop, request("echo"));
    run_for(loop, 1ms);
    const auto before = open_descriptors();
    for (int i = 0; i < 20; ++i) {
        run(loop, request("cat"));
    }
    run_for(loop, 1ms);
    CHECK(open_descriptors() == before);
}
