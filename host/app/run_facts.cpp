#include "host/app/run_facts.hpp"

#include "host/app/command_line.hpp"

#include <fmt/format.h>

namespace moonwire::app {

std::string setting_text(const Value& value)
{
    if (const auto* number = std::get_if<double>(&value)) {
        return fmt::format("{}", *number);
    }
    if (const auto* flag = std::get_if<bool>(&value)) {
        return *flag ? "true" : "false";
    }
    const auto* text = std::get_if<std::string>(&value);
    return text != nullptr ? *text : std::string();
}

std::map<std::string, Value> RunFacts::parameters() const
{
    std::map<std::string, Value> values = run.parameters;
    for (const Parameter& parameter : declaration.parameters) {
        values.emplace(parameter.name, parameter.default_value);
    }
    return values;
}

std::string RunFacts::command() const
{
    std::map<std::string, Value> settings = run.parameters;
    std::vector<std::string> behind;
    if (run.role) {
        behind.push_back(*run.role);
        const Role* role = declaration.find_role(*run.role);
        if (role != nullptr && !run.arguments.empty()) {  // they stand behind the role's own, so these must be there
            for (const std::string& name : role->args) {
                behind.push_back(setting_text(parameters().at(name)));
                settings.erase(name);
            }
        }
        behind.insert(behind.end(), run.arguments.begin(), run.arguments.end());
    }
    std::string text = fmt::format("moonwire run {} --seed {}", quoted(declaration.name), seed);
    text += flags.virtual_time ? " --virtual-time" : "";
    text += flags.memory ? " --memory " + quoted(*flags.memory) : "";
    for (const auto& [name, value] : run.impair) {
        text += " --impair " + quoted(name + "=" + setting_text(value));
    }
    for (const Threshold& threshold : run.thresholds) {
        text += " --threshold " + quoted(threshold.figure + ": " + threshold.condition);
    }
    for (const auto& [name, value] : settings) {
        text += " --set " + quoted(name + "=" + setting_text(value));
    }
    for (const std::string& word : behind) {
        text += " " + quoted(word);
    }
    return text;
}

}  // namespace moonwire::app
