#include "host/sweep/axis.hpp"

#include <moonwire/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace moonwire::sweep {

namespace {

using Type = Parameter::Type;

bool has_ranges(Type type)
{
    return type != Type::string && type != Type::file && type != Type::boolean;
}

std::vector<std::string_view> split(std::string_view text, char separator)
{
    std::vector<std::string_view> parts;
    for (;;) {
        const auto end = text.find(separator);
        parts.push_back(text.substr(0, end));
        if (end == std::string_view::npos) {
            return parts;
        }
        text.remove_prefix(end + 1);
    }
}

// A number in the parameter's notation ("100ms"), which need not be a value that it may have: a step is none.
double number(const Parameter& parameter, std::string_view text)
{
    Parameter any;
    any.name = parameter.name;
    any.type = parameter.type == Type::port ? Type::integer : parameter.type;
    const bool negative = text.starts_with('-');
    const double size = std::get<double>(parse_parameter(any, text.substr(negative ? 1 : 0)));
    return negative ? -size : size;
}

// Nine digits of the step, or of where it begins if that has finer ones: 0 + 3 * 0.1 is 0.3.
int decimals(double from, double step)
{
    const auto of = [](double x) { return x == 0 ? 0 : 9 - static_cast<int>(std::floor(std::log10(std::abs(x)))); };
    return std::clamp(std::max(of(from), of(step)), 0, 300);
}

void add_range(const Parameter& parameter, const std::vector<std::string_view>& parts, std::size_t most, Values& values)
{
    const double from = number(parameter, parts[0]);
    const double to = number(parameter, parts[1]);
    const double step = number(parameter, parts[2]);
    if (step == 0) {
        throw UsageError("its step is 0");
    }
    if ((to - from) / step < 0) {
        throw UsageError(fmt::format("steps of {} do not lead from {} to {}", parts[2], parts[0], parts[1]));
    }
    const double last =
        std::floor((to - from) / step + 1e-9);  // 0.9 is nine steps of 0.1, which 0.9 / 0.1 is not quite
    if (last + 1 > static_cast<double>(most - values.size())) {
        throw UsageError(fmt::format("more than {} values", most));
    }
    check_parameter(parameter, Value(from));
    check_parameter(parameter, Value(to));
    const int digits = decimals(from, step);
    for (double i = 0; i <= last; ++i) {
        const double exact = std::stod(fmt::format("{:.{}f}", from + i * step, digits));
        values.push_back(check_parameter(parameter, Value(exact + 0.0)));  // -0 is 0
    }
}

void add_values(const Parameter& parameter, std::string_view text, std::size_t most, Values& values)
{
    const auto parts = split(text, ':');
    if (!has_ranges(parameter.type) || parts.size() == 1) {
        if (values.size() == most) {
            throw UsageError(fmt::format("more than {} values", most));
        }
        values.push_back(parse_parameter(parameter, text));
    } else if (parts.size() == 3) {
        add_range(parameter, parts, most, values);
    } else {
        throw UsageError(fmt::format("expected a range as from:to:step, got '{}'", text));
    }
}

void refuse_repetition(Values values)
{
    std::sort(values.begin(), values.end());
    const auto twice = std::adjacent_find(values.begin(), values.end());
    if (twice != values.end()) {
        throw UsageError(fmt::format("the value {} comes twice", text_of(*twice)));
    }
}

}  // namespace

Axis parse_axis(const Declaration& declaration, std::string_view text, std::size_t most)
{
    const auto equals = text.find('=');
    if (equals == std::string_view::npos) {
        throw UsageError(fmt::format("--param: expected name=from:to:step or name=value,value,…, got '{}'", text));
    }
    Axis axis{require_parameter(declaration, text.substr(0, equals)), {}};
    try {
        for (const std::string_view part : split(text.substr(equals + 1), ',')) {
            add_values(axis.parameter, part, most, axis.values);
        }
        refuse_repetition(axis.values);
    } catch (const UsageError& error) {
        throw UsageError(fmt::format("--param {}: {}", text, error.what()));
    }
    return axis;
}

std::string text_of(const Value& value)
{
    if (const auto* number = std::get_if<double>(&value)) {
        return fmt::format("{:.14g}", *number);
    }
    if (const auto* boolean = std::get_if<bool>(&value)) {
        return *boolean ? "true" : "false";
    }
    const auto* text = std::get_if<std::string>(&value);
    return text != nullptr ? *text : std::string();
}

}  // namespace moonwire::sweep
