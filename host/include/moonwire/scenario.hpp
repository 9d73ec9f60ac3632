#pragma once

#include <moonwire/figures.hpp>
#include <moonwire/value.hpp>

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace moonwire {

/// A parameter as a scenario declares it.
struct Parameter {
    enum class Type { string, number, integer, boolean, duration, port, size, file };

    std::string name;
    Type type = Type::string;
    Value default_value;
    std::string help;
    std::string unit;            ///< for people; empty if there is none
    std::optional<double> min;   ///< smallest number allowed (a duration in seconds, a size in bytes)
    std::optional<double> max;   ///< largest number allowed
    std::vector<Value> choices;  ///< the only values allowed; empty: any
    bool live = false;           ///< may change during the run
};

/// "string", "number", … as scenarios write it.
std::string_view to_string(Parameter::Type type);

struct Role {
    std::string name;
    std::string help;
    std::vector<std::string> args;   ///< parameters that may be given by position when this role is run alone
    std::vector<std::string> after;  ///< roles that must be ready before this one starts
    bool takes_more = false;         ///< "..." stands behind the args: any number of words may follow, as they are
};

/// What a scenario's file says of itself.
struct Declaration {
    std::string name;  ///< "pmu/tcp"; for a file outside the search path, its path
    std::filesystem::path file;
    std::string summary;
    std::string description;
    std::vector<Parameter> parameters;  ///< by name
    std::vector<Role> roles;            ///< those that serve first, otherwise by name
    std::vector<Threshold> thresholds;  ///< by the name of the figure

    const Parameter* find_parameter(std::string_view name) const;
    const Role* find_role(std::string_view name) const;
};

/// Turns text (a flag's value, say) into the parameter's type and checks range and choices.
/// Throws UsageError, which says what was expected.
Value parse_parameter(const Parameter& parameter, std::string_view text);

/// The same for a value that has a type already (from TOML or Lua).
Value check_parameter(const Parameter& parameter, const Value& value);

/// Looks a parameter up; throws UsageError with the nearest right name if there is none.
const Parameter& require_parameter(const Declaration& declaration, std::string_view name);

/// The name among `candidates` that `name` was probably meant to be: at most two edits away (one for short names,
/// none for a single letter).
std::optional<std::string> nearest_name(std::string_view name, const std::vector<std::string>& candidates);

/// Where scenarios are looked for, in order: MOONWIRE_PATH (folders separated by ':'),
/// $XDG_DATA_HOME/moonwire/scenarios, share/moonwire/scenarios below the prefix that the program is installed in, the
/// source tree it was built from.
std::vector<std::filesystem::path> scenario_path();

/// Finds "pmu/tcp" on the path, or takes an existing file's path as it is.
/// Throws UsageError with the nearest right name, or with where it has looked.
std::filesystem::path find_scenario(std::string_view name, const std::vector<std::filesystem::path>& path);

struct ScenarioEntry {
    std::string name;
    std::filesystem::path file;
};

/// Every scenario on the path, by name; the first folder that has a name wins. Files below a folder named `lib` are not
/// scenarios.
std::vector<ScenarioEntry> list_scenarios(const std::vector<std::filesystem::path>& path);

}  // namespace moonwire
