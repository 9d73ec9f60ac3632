#pragma once

#include <moonwire/scenario.hpp>

#include <filesystem>
#include <map>
#include <string>

namespace moonwire::app {

/// Reads parameters from a TOML file of the form `name = value`. Throws UsageError with file and line for what is no
/// TOML, what the scenario does not declare, and what has the wrong type or range.
std::map<std::string, Value> read_params_file(const std::filesystem::path& file, const Declaration& declaration);

}  // namespace moonwire::app
