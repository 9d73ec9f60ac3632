#include "host/sweep/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace moonwire::sweep {

namespace {

std::string field(const std::string& text)
{
    if (text.find_first_of(",\"\r\n") == std::string::npos) {
        return text;
    }
    std::string quoted = "\"";
    for (const char c : text) {
        quoted += c == '"' ? "\"\"" : std::string(1, c);
    }
    return quoted + "\"";
}

std::string_view outcome(const Result& result)
{
    return result.outcome == Outcome::done ? "done" : "failed";
}

}  // namespace

std::string csv(const Results& results)
{
    const Plan& plan = results.plan();
    const auto figures = results.figures();
    std::string text;
    for (const Axis& axis : plan.axes) {
        text += field(axis.parameter.name) + ",";
    }
    text += "repetition,seed,outcome";
    for (const auto& figure : figures) {
        text += "," + field(figure.name);
    }
    text += "\r\n";
    for (std::size_t i = 0; i < plan.runs(); ++i) {
        const std::size_t combination = i / plan.repeat;
        const std::size_t repetition = i % plan.repeat;
        const auto& run = results.run(combination, repetition);
        if (!run) {
            continue;
        }
        for (const Value& value : plan.combination(combination)) {
            text += field(text_of(value)) + ",";
        }
        text += fmt::format("{},{},{}", repetition + 1, plan.seed_of(combination, repetition), outcome(*run));
        for (const auto& figure : figures) {
            const auto number = number_of(*run, figure.name);
            text += "," + (number ? fmt::format("{}", *number) : "");
        }
        text += "\r\n";
    }
    return text;
}

}  // namespace moonwire::sweep
