#pragma once

#include "host/sweep/plan.hpp"
#include "host/sweep/statistics.hpp"

#include <moonwire/engine.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace moonwire::sweep {

/// What came of a sweep's runs: of all of them, or of those that there was time for.
class Results
{
public:
    /// A figure that runs have reported as a number.
    struct Reported {
        std::string name;
        std::string unit;
    };

    explicit Results(Plan plan) : plan_(std::move(plan)), runs_(plan_.runs()) {}

    const Plan& plan() const { return plan_; }

    void add(std::size_t combination, std::size_t repetition, Result result)
    {
        runs_[combination * plan_.repeat + repetition] = std::move(result);
    }

    /// Nothing while the run has not ended.
    const std::optional<Result>& run(std::size_t combination, std::size_t repetition) const
    {
        return runs_[combination * plan_.repeat + repetition];
    }

    /// In the order of the runs, not of their ends.
    std::vector<Reported> figures() const;

    /// Over the runs that were done. Nothing if none has reported the figure.
    std::optional<Summary> summary(std::size_t combination, const std::string& figure) const;

    std::size_t failures(std::size_t combination) const;
    std::size_t failures() const;

private:
    Plan plan_;
    std::vector<std::optional<Result>> runs_;
};

/// What a run that was done has reported by this name, if it is a number; if it did so more than once, the last time.
std::optional<double> number_of(const Result& result, const std::string& figure);

}  // namespace moonwire::sweep
