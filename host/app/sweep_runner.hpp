#pragma once

#include "host/app/own_process.hpp"
#include "host/sweep/plan.hpp"

#include <moonwire/engine.hpp>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace moonwire::app {

/// How a sweep's runs are played.
struct SweepRuns {
    std::filesystem::path file;
    EngineOptions engine;  ///< its seed is each run's own
    std::size_t jobs = 1;
    std::chrono::duration<double> timeout{60};  ///< of a run, in real time
};

/// Plays the runs of a plan, as many at once as there are jobs, each in a process of its own: one that hangs, crashes
/// or calls os.exit is a run that has failed, and nothing more; and each can be interrupted, which one engine a process
/// can. What runs print is discarded. While it works, Ctrl-C (SIGINT) and SIGTERM end the runs in order, a second one
/// ends them at once. The process must have no other threads.
class SweepRunner
{
public:
    /// Is called when a run has ended, in whatever order, and with a result of its own if it could not end by itself.
    using Ended = std::function<void(std::size_t combination, std::size_t repetition, Result result)>;

    SweepRunner(const sweep::Plan& plan, SweepRuns runs, Ended ended);
    ~SweepRunner();
    SweepRunner(const SweepRunner&) = delete;
    SweepRunner& operator=(const SweepRunner&) = delete;

    /// `tick` is called about twice a second. False if it was interrupted before all runs had ended.
    bool run(const std::function<void()>& tick);

private:
    using Clock = std::chrono::steady_clock;

    struct Run {
        std::size_t index;
        pid_t process;
        int output;  // its result comes by it
        Clock::time_point deadline;
        bool timed_out = false;
        std::string bytes{};
    };

    void start(std::size_t index);
    int play(std::size_t index, int output) const;
    void wait();
    void read(Run& run);
    void finish(Run& run);
    void take_signal();
    void enforce_deadlines();
    Result result_of(const Run& run, int status) const;

    const sweep::Plan& plan_;
    SweepRuns options_;
    Ended ended_;
    std::vector<Run> running_;
    EndingSignals signals_;
    bool interrupted_ = false;
};

}  // namespace moonwire::app
