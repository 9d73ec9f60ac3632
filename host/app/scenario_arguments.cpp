#include "host/app/scenario_arguments.hpp"

#include "host/app/command_line.hpp"

#include <fmt/format.h>

namespace moonwire::app {

void take_settings(const std::vector<std::string>& settings, const Declaration& declaration,
                   std::map<std::string, Value>& values)
{
    for (const std::string& setting : settings) {
        const auto equals = setting.find('=');
        if (equals == std::string::npos) {
            throw UsageError("--set: expected name=value, got '" + setting + "'");
        }
        const Parameter& parameter = require_parameter(declaration, setting.substr(0, equals));
        values[parameter.name] = parse_parameter(parameter, setting.substr(equals + 1));
    }
}

const Role& require_role(const Declaration& declaration, const std::string& name)
{
    if (const Role* role = declaration.find_role(name)) {
        return *role;
    }
    std::vector<std::string> names;
    std::string list;
    for (const Role& role : declaration.roles) {
        names.push_back(role.name);
        list += (list.empty() ? "" : ", ") + role.name;
    }
    throw UsageError(fmt::format("scenario {} has no role '{}'{}; its roles are: {}", declaration.name, name,
                                 suggestion(name, names), list));
}

}  // namespace moonwire::app
