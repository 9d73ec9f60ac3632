#pragma once

#include <moonwire/scenario.hpp>

#include <string>

namespace moonwire::app {

/// What `moonwire help SCENARIO` prints.
std::string scenario_help(const Declaration& declaration);

/// "moonwire run pmu/tcp pdc <server> <port> <command>"
std::string usage_line(const Declaration& declaration, const Role& role);

/// A parameter's value as people write it.
std::string value_text(const Value& value);

/// A parameter's flag: "--read-timeout" for read_timeout.
std::string flag_name(const Parameter& parameter);

/// A boolean parameter's other flag: "--no-reuse-address" for reuse_address.
std::string negated_flag_name(const Parameter& parameter);

}  // namespace moonwire::app
