#pragma once

#include <moonwire/engine.hpp>

#include <optional>
#include <string>
#include <vector>

namespace moonwire::app {

/// Lets `help "pmu/udp"` in scripts of this engine tell about scenarios, too.
void offer_scenario_help(Engine& engine);

/// What `help(name)` prints about a function, a type or an error code of the scripts' modules.
std::optional<std::string> api_help(const std::string& name);

/// All names that `api_help` knows, but those of error codes.
std::vector<std::string> api_names();

}  // namespace moonwire::app
