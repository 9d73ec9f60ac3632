#pragma once

#include "host/app/commands.hpp"

#include <string>
#include <vector>

namespace moonwire::app {

/// What a file of packets says of the run that it is from: the scenario, the command that repeats the run, all
/// parameters.
std::vector<std::string> describe_run(const Declaration& declaration, const ScenarioRun& scenario,
                                      const Arguments& arguments);

/// Says what is in the file, and what is missing in it, and prints the ledger as asked for (see EngineFlags).
void report_capture(const std::optional<CaptureReport>& report, const std::string& ledger);

}  // namespace moonwire::app
