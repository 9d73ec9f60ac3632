#include "host/app/sweep_progress.hpp"

#include "host/app/command_line.hpp"

#include <fmt/format.h>

#include <unistd.h>
#include <cstdio>
#include <utility>

namespace moonwire::app {

namespace {

constexpr std::size_t most_errors = 10;

}  // namespace

SweepProgress::SweepProgress(const sweep::Plan& plan, std::string scenario, const EngineFlags& flags)
    : plan_(plan), scenario_(std::move(scenario)), terminal_(::isatty(STDERR_FILENO) != 0)
{
    flags_ = (flags.virtual_time ? " --virtual-time" : "") + (flags.memory ? " --memory " + quoted(*flags.memory) : "");
    fmt::print(stderr, "moonwire: {} run{} of {}, {} of each combination; --seed {} repeats them\n", plan_.runs(),
               plan_.runs() == 1 ? "" : "s", plan_.scenario, plan_.repeat, plan_.seed);
}

void SweepProgress::ended(std::size_t combination, std::size_t repetition, const Result& result)
{
    ++ended_;
    if (result.outcome != Outcome::done) {
        ++failed_;
        clear();
        complain(combination, repetition, result.error);
    }
}

// The command plays the run again, so that a person sees what it prints.
void SweepProgress::complain(std::size_t combination, std::size_t repetition, const std::string& error) const
{
    if (failed_ > most_errors) {
        return;
    }
    std::string command = "moonwire run " + quoted(scenario_) + (plan_.role ? " " + quoted(*plan_.role) : "");
    for (const auto& [name, value] : plan_.parameters(combination)) {
        command += " --set " + quoted(name + "=" + sweep::text_of(value));
    }
    fmt::print(stderr, "moonwire: a run has failed: {}\n  again: {} --seed {}{}\n", error, command,
               plan_.seed_of(combination, repetition), flags_);
    if (failed_ == most_errors) {
        fmt::print(stderr, "moonwire: further errors are not shown; --json FILE has all\n");
    }
}

void SweepProgress::show()
{
    if (!terminal_ || ended_ == 0) {
        return;
    }
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - began_;
    const auto left = passed.count() / static_cast<double>(ended_) * static_cast<double>(plan_.runs() - ended_);
    fmt::print(stderr, "\r\x1b[K{} of {} runs{}, about {:.0f} s to go", ended_, plan_.runs(),
               failed_ > 0 ? fmt::format(", {} failed", failed_) : "", left);
    std::fflush(stderr);
}

void SweepProgress::clear() const
{
    if (terminal_) {
        fmt::print(stderr, "\r\x1b[K");
    }
}

void SweepProgress::summarize(bool completed) const
{
    if (!completed) {
        fmt::print(stderr, "moonwire: interrupted after {} of {} runs\n", ended_, plan_.runs());
    }
    if (failed_ > 0) {
        fmt::print(stderr, "moonwire: {} of {} runs failed\n", failed_, ended_);
    }
}

}  // namespace moonwire::app
