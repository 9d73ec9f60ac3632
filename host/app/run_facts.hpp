#pragma once

#include "host/app/commands.hpp"

#include <map>
#include <string>

namespace moonwire::app {

/// What was played, for those who write it down.
struct RunFacts {
    Declaration declaration;
    ScenarioRun run;
    EngineFlags flags;               ///< as they were given
    std::uint64_t seed = 0;          ///< also if it was not given
    std::optional<Ledger> ledger{};  ///< if packets were captured

    /// Of all parameters: what was given, otherwise the default.
    std::map<std::string, Value> parameters() const;

    /// What plays the same again, for a shell: "moonwire run pmu/udp --seed 7 --set loss=0.5 pdc".
    std::string command() const;
};

/// A parameter's value as `--set` takes it, to the last digit.
std::string setting_text(const Value& value);

}  // namespace moonwire::app
