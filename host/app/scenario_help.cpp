#include "host/app/scenario_help.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace moonwire::app {

std::string value_text(const Value& value)
{
    if (const auto* text = std::get_if<std::string>(&value)) {
        return text->empty() ? "\"\"" : *text;
    }
    if (const auto* number = std::get_if<double>(&value)) {
        return fmt::format("{:.14g}", *number);
    }
    const auto* boolean = std::get_if<bool>(&value);
    return boolean != nullptr && *boolean ? "true" : "false";
}

namespace {

std::string unit_of(const Parameter& parameter)
{
    if (!parameter.unit.empty()) {
        return parameter.unit;
    }
    switch (parameter.type) {
    case Parameter::Type::duration:
        return "seconds";
    case Parameter::Type::size:
        return "bytes";
    default:
        return {};
    }
}

// "default 1 seconds, at least 0"
std::string value_line(const Parameter& parameter)
{
    const std::string unit = unit_of(parameter);
    std::string text = "default " + value_text(parameter.default_value) + (unit.empty() ? "" : " " + unit);
    if (!parameter.choices.empty()) {
        text += "; one of";
        for (const Value& choice : parameter.choices) {
            text += " " + value_text(choice);
        }
    }
    if (parameter.type == Parameter::Type::port) {
        text += "; 0: any free one";
    }
    if (parameter.min && parameter.max) {
        text += fmt::format("; {:.14g} to {:.14g}", *parameter.min, *parameter.max);
    } else if (parameter.min) {
        text += fmt::format("; at least {:.14g}", *parameter.min);
    } else if (parameter.max) {
        text += fmt::format("; at most {:.14g}", *parameter.max);
    }
    return text + (parameter.live ? "; live" : "");
}

std::string flag_with_value(const Parameter& parameter)
{
    if (parameter.type == Parameter::Type::boolean) {
        return flag_name(parameter) + ", " + negated_flag_name(parameter);
    }
    return flag_name(parameter) + " " + std::string(to_string(parameter.type));
}

std::string example(const Declaration& declaration)
{
    for (const Parameter& parameter : declaration.parameters) {
        if (parameter.type == Parameter::Type::port) {
            return fmt::format("moonwire run {} {} 0", declaration.name, flag_name(parameter));
        }
    }
    return "moonwire run " + declaration.name;
}

}  // namespace

std::string flag_name(const Parameter& parameter)
{
    std::string name = parameter.name;
    std::replace(name.begin(), name.end(), '_', '-');
    return "--" + name;
}

std::string negated_flag_name(const Parameter& parameter)
{
    return "--no-" + flag_name(parameter).substr(2);
}

std::string usage_line(const Declaration& declaration, const Role& role)
{
    std::string line = fmt::format("moonwire run {} {}", declaration.name, role.name);
    for (const std::string& argument : role.args) {
        line += " <" + argument + ">";
    }
    return line + (role.takes_more ? " ..." : "");
}

std::string scenario_help(const Declaration& declaration)
{
    std::string text = fmt::format("{}: {}\n", declaration.name, declaration.summary);
    if (!declaration.description.empty()) {
        text += "\n" + declaration.description + "\n";
    }
    text += fmt::format("\nUsage:\n  {:<58} plays all roles\n", "moonwire run " + declaration.name);
    for (const Role& role : declaration.roles) {
        text += fmt::format("  {:<58} {}\n", usage_line(declaration, role), role.help);
    }
    std::size_t width = 0;
    for (const Parameter& parameter : declaration.parameters) {
        width = std::max(width, flag_with_value(parameter).size());
    }
    text += declaration.parameters.empty() ? "" : "\nParameters:\n";
    for (const Parameter& parameter : declaration.parameters) {
        text += fmt::format("  {:<{}}  {}\n  {:<{}}    {}\n", flag_with_value(parameter), width, parameter.help, "",
                            width, value_line(parameter));
    }
    const bool any_live = std::any_of(declaration.parameters.begin(), declaration.parameters.end(),
                                      [](const Parameter& parameter) { return parameter.live; });
    text += any_live ? "\nWhat is live may change during the run: see `moonwire help run`, --repl.\n" : "";
    text += declaration.thresholds.empty() ? "" : "\nThresholds:\n";
    for (const Threshold& threshold : declaration.thresholds) {
        text += fmt::format("  {}: {}\n", threshold.figure, threshold.condition);
    }
    return text + fmt::format("\nExample:\n  {}\n\n`moonwire help run` shows the flags that every run has.\n",
                              example(declaration));
}

}  // namespace moonwire::app
