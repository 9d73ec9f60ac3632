#include "host/app/impair_flag.hpp"

#include "host/app/command_line.hpp"

#include <moonwire/error.hpp>
#include <moonwire/scenario.hpp>

#include <algorithm>
#include <optional>

namespace moonwire::app {

namespace {

using Type = Parameter::Type;

Parameter option(const char* name, Type type, std::optional<double> min = 0, std::optional<double> max = {})
{
    Parameter parameter;
    parameter.name = name;
    parameter.type = type;
    parameter.min = min;
    parameter.max = max;
    return parameter;
}

// The faults of moonwire.impair, for datagrams and for connections: the relays refuse those of the other kind.
std::vector<Parameter> known_options()
{
    Parameter direction = option("direction", Type::string, {});
    direction.choices = {std::string("both"), std::string("to_target"), std::string("to_client")};
    return {option("drop", Type::number, 0, 1),
            option("duplicate", Type::number, 0, 1),
            option("reorder", Type::number, 0, 1),
            option("hold", Type::duration),
            option("delay", Type::duration),
            option("jitter", Type::duration),
            option("rate", Type::size, 1),
            option("queue", Type::integer, 1, 1000000),
            option("stall", Type::duration),
            option("stall_after", Type::size),
            option("stall_at", Type::duration),
            option("stall_every", Type::size, 1),
            option("cut_after", Type::size),
            option("cut_at", Type::duration),
            direction};
}

Value parse_option(const std::vector<Parameter>& options, const std::string& name, const std::string& value)
{
    const auto found =
        std::find_if(options.begin(), options.end(), [&](const Parameter& known) { return known.name == name; });
    if (found == options.end()) {
        std::vector<std::string> names;
        std::string list;
        for (const Parameter& known : options) {
            names.push_back(known.name);
            list += (list.empty() ? "" : ", ") + known.name;
        }
        const std::string nearest = suggestion(name, names);
        throw UsageError("--impair: there is no '" + name + "'" + (nearest.empty() ? "; there are " + list : nearest));
    }
    try {
        return parse_parameter(*found, value);
    } catch (const UsageError& error) {
        throw UsageError(std::string("--impair: ") + error.what());
    }
}

}  // namespace

std::map<std::string, Value> parse_impair(const std::vector<std::string>& settings)
{
    const auto options = known_options();
    std::map<std::string, Value> result;
    for (const std::string& setting : settings) {
        const auto equals = setting.find('=');
        if (equals == std::string::npos) {
            throw UsageError("--impair: expected name=value, as drop=0.3,delay=50ms, got '" + setting + "'");
        }
        const std::string name = setting.substr(0, equals);
        result[name] = parse_option(options, name, setting.substr(equals + 1));
    }
    const bool placed =
        result.count("stall_after") != 0 || result.count("stall_at") != 0 || result.count("stall_every") != 0;
    if (placed != (result.count("stall") != 0)) {
        throw UsageError(placed ? "--impair: stall=SECONDS has to say how long each stall takes"
                                : "--impair: stall needs stall_after, stall_at or stall_every, which say when");
    }
    return result;
}

}  // namespace moonwire::app
