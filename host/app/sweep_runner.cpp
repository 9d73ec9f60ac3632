#include "host/app/sweep_runner.hpp"

#include "host/app/exit_status.hpp"
#include "host/app/signals.hpp"
#include "host/sweep/record.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

namespace moonwire::app {

namespace {

constexpr std::chrono::milliseconds tick_interval(500);

// For a run that was asked to end.
constexpr std::chrono::seconds grace(3);

void discard_standard_streams()
{
    const int null = ::open("/dev/null", O_RDWR);
    for (const int descriptor : {0, 1, 2}) {
        ::dup2(null, descriptor);
    }
}

void write_all(int descriptor, std::string_view bytes)
{
    while (!bytes.empty()) {
        const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
        if (written < 0 && errno != EINTR) {
            return;  // nobody reads it any more
        }
        bytes.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(written, 0)));
    }
}

}  // namespace

SweepRunner::SweepRunner(const sweep::Plan& plan, SweepRuns runs, Ended ended)
    : plan_(plan), options_(std::move(runs)), ended_(std::move(ended))
{
}

SweepRunner::~SweepRunner()
{
    for (const Run& run : running_) {
        ::kill(run.process, SIGKILL);
        ::waitpid(run.process, nullptr, 0);
        ::close(run.output);
    }
}

bool SweepRunner::run(const std::function<void()>& tick)
{
    auto next_tick = Clock::now();
    for (std::size_t next = 0; !running_.empty() || (next < plan_.runs() && !interrupted_);) {
        while (running_.size() < options_.jobs && next < plan_.runs() && !interrupted_) {
            start(next++);
        }
        wait();
        enforce_deadlines();
        if (Clock::now() >= next_tick) {
            tick();
            next_tick = Clock::now() + tick_interval;
        }
    }
    return !interrupted_;
}

void SweepRunner::start(std::size_t index)
{
    const OwnProcess process = start_own_process([this, index](int output) { return play(index, output); });
    const auto timeout = std::chrono::duration_cast<Clock::duration>(options_.timeout);
    running_.push_back({index, process.id, process.output, Clock::now() + timeout});
}

// In the run's own process.
int SweepRunner::play(std::size_t index, int output) const
{
    ::setpgid(0, 0);  // Ctrl-C is for the one who sweeps, who passes it on
    discard_standard_streams();
    Result result;
    try {
        ScenarioRun run;
        run.file = options_.file;
        run.role = plan_.role;
        run.parameters = plan_.parameters(index / plan_.repeat);
        EngineOptions options = options_.engine;
        options.seed = plan_.seed_of(index / plan_.repeat, index % plan_.repeat);
        Engine engine(std::move(options));
        const Signals signals(engine);
        result = engine.run_scenario(run);
    } catch (const std::exception& error) {
        result = Result();
        result.outcome = Outcome::failed;
        result.error = error.what();
    }
    write_all(output, sweep::encode(result));
    return done;
}

void SweepRunner::wait()
{
    std::vector<pollfd> waited = {{signals_.descriptor(), POLLIN, 0}};
    for (const Run& run : running_) {
        waited.push_back({run.output, POLLIN, 0});
    }
    if (::poll(waited.data(), waited.size(), static_cast<int>(tick_interval.count() / 5)) <= 0) {
        return;
    }
    if (waited[0].revents != 0) {
        take_signal();
    }
    std::vector<Run> running;
    running.swap(running_);
    for (std::size_t i = 0; i < running.size(); ++i) {
        if (waited[i + 1].revents != 0) {
            read(running[i]);
        }
        if (running[i].output >= 0) {
            running_.push_back(std::move(running[i]));
        }
    }
}

void SweepRunner::read(Run& run)
{
    char bytes[16384];
    const ssize_t size = ::read(run.output, bytes, sizeof bytes);
    if (size > 0) {
        run.bytes.append(bytes, static_cast<std::size_t>(size));
    } else if (size == 0 || errno != EINTR) {
        finish(run);
    }
}

void SweepRunner::finish(Run& run)
{
    int status = 0;
    ::waitpid(run.process, &status, 0);
    ::close(std::exchange(run.output, -1));
    Result result = result_of(run, status);
    const bool stopped = interrupted_ && !run.timed_out && result.outcome != Outcome::done;
    if (!stopped) {
        ended_(run.index / plan_.repeat, run.index % plan_.repeat, std::move(result));
    }
}

Result SweepRunner::result_of(const Run& run, int status) const
{
    const auto sent = sweep::decode(run.bytes);
    if (sent && (sent->outcome == Outcome::done || !sent->error.empty())) {
        return *sent;
    }
    Result result;
    result.outcome = Outcome::failed;
    if (run.timed_out) {
        result.error = fmt::format("it had not ended after {:g} seconds (--timeout)", options_.timeout.count());
    } else if (WIFSIGNALED(status)) {
        result.error =
            fmt::format("its process was ended by the signal {} ({})", WTERMSIG(status), ::strsignal(WTERMSIG(status)));
    } else if (!sent) {
        result.error = fmt::format("its process ended by itself, with status {}", WEXITSTATUS(status));
    } else {
        result.error = "it was interrupted";
    }
    return result;
}

void SweepRunner::take_signal()
{
    if (!signals_.take()) {
        return;
    }
    for (Run& run : running_) {
        ::kill(run.process, interrupted_ ? SIGKILL : SIGINT);
        run.deadline = std::min(run.deadline, Clock::now() + grace);
    }
    interrupted_ = true;
}

void SweepRunner::enforce_deadlines()
{
    const auto now = Clock::now();
    for (Run& run : running_) {
        if (now < run.deadline) {
            continue;
        }
        const bool was_asked = run.timed_out || interrupted_;
        ::kill(run.process, was_asked ? SIGKILL : SIGINT);
        run.timed_out = run.timed_out || !interrupted_;
        run.deadline = now + grace;
    }
}

}  // namespace moonwire::app
