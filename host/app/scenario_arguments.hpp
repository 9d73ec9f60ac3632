#pragma once

#include <moonwire/scenario.hpp>

#include <map>
#include <string>
#include <vector>

namespace moonwire::app {

/// The values of `--set name=value`, each of which replaces what `values` has. Throws UsageError.
void take_settings(const std::vector<std::string>& settings, const Declaration& declaration,
                   std::map<std::string, Value>& values);

/// Looks a role up; throws UsageError with the nearest right name, and those there are.
const Role& require_role(const Declaration& declaration, const std::string& name);

}  // namespace moonwire::app
