#pragma once

#include <moonwire/value.hpp>

#include <map>
#include <string>
#include <vector>

namespace moonwire::app {

/// The options of the relays that --impair asks for, each "name=value". Throws UsageError.
std::map<std::string, Value> parse_impair(const std::vector<std::string>& settings);

}  // namespace moonwire::app
