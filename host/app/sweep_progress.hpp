#pragma once

#include "host/app/commands.hpp"
#include "host/sweep/plan.hpp"

#include <chrono>
#include <cstddef>
#include <string>

namespace moonwire::app {

/// Tells on standard error how a sweep goes: a line at the beginning and one at the end, the errors of the first runs
/// that fail, and on a terminal how far it is.
class SweepProgress
{
public:
    /// `scenario` and `flags` are as the person gave them. `plan` must outlive this.
    SweepProgress(const sweep::Plan& plan, std::string scenario, const EngineFlags& flags);

    void ended(std::size_t combination, std::size_t repetition, const Result& result);
    void show();
    void clear() const;
    void summarize(bool completed) const;

private:
    void complain(std::size_t combination, std::size_t repetition, const std::string& error) const;

    const sweep::Plan& plan_;
    std::string scenario_;
    std::string flags_;  // that each run has, for the command that plays one again
    std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
    std::size_t ended_ = 0;
    std::size_t failed_ = 0;
    bool terminal_;
};

}  // namespace moonwire::app
