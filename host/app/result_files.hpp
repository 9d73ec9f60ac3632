#pragma once

#include "host/app/run_facts.hpp"

#include <optional>
#include <string>

namespace CLI {
class App;
}

namespace moonwire::app {

/// Where a run's result goes besides the terminal, and what it has to be.
struct ResultFlags {
    std::optional<std::string> json;
    std::optional<std::string> junit;
    std::optional<std::string> report;
    std::vector<std::string> thresholds;  ///< "rtt: p99 < 0.05"

    bool any() const { return json || junit || report || !thresholds.empty(); }

    /// Throws UsageError if one of the files cannot be written: better before the run than behind it.
    void check_files() const;

    /// Writes them. False if a file cannot be written after all; says so on standard error.
    bool write_files(const RunFacts& facts, const Result& result) const;
};

void add_result_flags(CLI::App& app, ResultFlags& flags);

}  // namespace moonwire::app
