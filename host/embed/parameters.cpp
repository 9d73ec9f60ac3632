#include <moonwire/scenario.hpp>

#include <moonwire/error.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <utility>

namespace moonwire {

namespace {

using Type = Parameter::Type;

struct Unit {
    std::string_view suffix;
    double factor;
};

constexpr std::array<Unit, 4> time_units{{{"ms", 0.001}, {"s", 1}, {"m", 60}, {"h", 3600}}};
constexpr std::array<Unit, 3> size_units{{{"K", 1024}, {"M", 1024.0 * 1024}, {"G", 1024.0 * 1024 * 1024}}};

// The whole text must be a number: no sign of infinity, no blanks, nothing behind it.
std::optional<double> parse_number(std::string_view text)
{
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) {
        return std::nullopt;
    }
    return value;
}

template <class Units>
std::optional<double> parse_with_unit(std::string_view text, const Units& units)
{
    for (const Unit& unit : units) {
        if (text.ends_with(unit.suffix)) {
            const auto value = parse_number(text.substr(0, text.size() - unit.suffix.size()));
            if (value) {
                return *value * unit.factor;
            }
        }
    }
    return parse_number(text);
}

std::optional<bool> parse_boolean(std::string_view text)
{
    for (const std::string_view word : {"true", "yes", "on", "1"}) {
        if (text == word) {
            return true;
        }
    }
    for (const std::string_view word : {"false", "no", "off", "0"}) {
        if (text == word) {
            return false;
        }
    }
    return std::nullopt;
}

template <class T>
Value value_or_nothing(const std::optional<T>& value)
{
    return value ? Value(*value) : Value();
}

// Nothing if the text is not of the type.
Value convert(Type type, std::string_view text)
{
    switch (type) {
    case Type::boolean:
        return value_or_nothing(parse_boolean(text));
    case Type::duration:
        return value_or_nothing(parse_with_unit(text, time_units));
    case Type::size:
        return value_or_nothing(parse_with_unit(text, size_units));
    case Type::number:
    case Type::integer:
    case Type::port:
        return value_or_nothing(parse_number(text));
    case Type::string:
    case Type::file:
        break;
    }
    return std::string(text);
}

std::string number_text(double value)
{
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.14g", value);
    return text.data();
}

std::string value_text(const Value& value)
{
    if (const auto* text = std::get_if<std::string>(&value)) {
        return *text;
    }
    if (const auto* number = std::get_if<double>(&value)) {
        return number_text(*number);
    }
    if (const auto* boolean = std::get_if<bool>(&value)) {
        return *boolean ? "true" : "false";
    }
    return "nothing";
}

bool is_whole(Type type)
{
    return type == Type::integer || type == Type::port || type == Type::size;
}

bool is_number(Type type)
{
    return type == Type::number || type == Type::duration || is_whole(type);
}

std::pair<std::optional<double>, std::optional<double>> range_of(const Parameter& parameter)
{
    auto min = parameter.min;
    auto max = parameter.max;
    if (parameter.type == Type::port) {
        min = std::max(min.value_or(0), 0.0);
        max = std::min(max.value_or(65535), 65535.0);
    } else if (parameter.type == Type::duration || parameter.type == Type::size) {
        min = std::max(min.value_or(0), 0.0);
    }
    return {min, max};
}

std::string kind_text(Type type)
{
    switch (type) {
    case Type::number:
        return "a number";
    case Type::integer:
        return "a whole number";
    case Type::boolean:
        return "true or false";
    case Type::duration:
        return "a duration (seconds, or with a unit: 200ms, 1.5s, 2m)";
    case Type::port:
        return "a port";
    case Type::size:
        return "a size (bytes, or with a unit: 64K, 10M)";
    case Type::string:
    case Type::file:
        break;
    }
    return "text";
}

std::string expectation(const Parameter& parameter)
{
    if (!parameter.choices.empty()) {
        std::string text = "one of ";
        for (std::size_t i = 0; i < parameter.choices.size(); ++i) {
            text += (i == 0 ? "" : ", ") + value_text(parameter.choices[i]);
        }
        return text;
    }
    const auto [min, max] = range_of(parameter);
    std::string text = kind_text(parameter.type);
    if (min && max) {
        text += " from " + number_text(*min) + " to " + number_text(*max);
    } else if (min) {
        text += " of at least " + number_text(*min);
    } else if (max) {
        text += " of at most " + number_text(*max);
    }
    return text + (parameter.unit.empty() ? "" : " " + parameter.unit);
}

bool has_type(Type type, const Value& value)
{
    return is_number(type)         ? std::holds_alternative<double>(value)
           : type == Type::boolean ? std::holds_alternative<bool>(value)
                                   : std::holds_alternative<std::string>(value);
}

bool in_range(const Parameter& parameter, double number)
{
    const auto [min, max] = range_of(parameter);
    const bool whole = !is_whole(parameter.type) || number == std::floor(number);
    return std::isfinite(number) && whole && !(min && number < *min) && !(max && number > *max);
}

bool allows(const Parameter& parameter, const Value& value)
{
    if (!has_type(parameter.type, value)) {
        return false;
    }
    if (!parameter.choices.empty() &&
        std::find(parameter.choices.begin(), parameter.choices.end(), value) == parameter.choices.end()) {
        return false;
    }
    const auto* number = std::get_if<double>(&value);
    return number == nullptr || in_range(parameter, *number);
}

[[noreturn]] void refuse(const Parameter& parameter, const std::string& given)
{
    std::string message =
        "parameter '" + parameter.name + "': expected " + expectation(parameter) + ", got '" + given + "'";
    std::vector<std::string> choices;
    for (const Value& choice : parameter.choices) {
        choices.push_back(value_text(choice));
    }
    if (const auto nearest = nearest_name(given, choices)) {
        message += " (did you mean '" + *nearest + "'?)";
    }
    throw UsageError(message);
}

}  // namespace

std::string_view to_string(Type type)
{
    switch (type) {
    case Type::number:
        return "number";
    case Type::integer:
        return "integer";
    case Type::boolean:
        return "boolean";
    case Type::duration:
        return "duration";
    case Type::port:
        return "port";
    case Type::size:
        return "size";
    case Type::file:
        return "file";
    case Type::string:
        break;
    }
    return "string";
}

const Parameter* Declaration::find_parameter(std::string_view wanted) const
{
    const auto found = std::find_if(parameters.begin(), parameters.end(),
                                    [&](const Parameter& parameter) { return parameter.name == wanted; });
    return found == parameters.end() ? nullptr : &*found;
}

const Role* Declaration::find_role(std::string_view wanted) const
{
    const auto found = std::find_if(roles.begin(), roles.end(), [&](const Role& role) { return role.name == wanted; });
    return found == roles.end() ? nullptr : &*found;
}

Value parse_parameter(const Parameter& parameter, std::string_view text)
{
    const Value value = convert(parameter.type, text);
    if (!allows(parameter, value)) {
        refuse(parameter, std::string(text));
    }
    return value;
}

Value check_parameter(const Parameter& parameter, const Value& value)
{
    const auto* text = std::get_if<std::string>(&value);
    if (text != nullptr && !has_type(parameter.type, value)) {
        return parse_parameter(parameter, *text);  // "200ms" in a file or as a default
    }
    if (!allows(parameter, value)) {
        refuse(parameter, value_text(value));
    }
    return value;
}

const Parameter& require_parameter(const Declaration& declaration, std::string_view name)
{
    if (const Parameter* parameter = declaration.find_parameter(name)) {
        return *parameter;
    }
    std::vector<std::string> names;
    for (const Parameter& parameter : declaration.parameters) {
        names.push_back(parameter.name);
    }
    std::string message = "scenario " + declaration.name + " has no parameter '" + std::string(name) + "'";
    if (const auto nearest = nearest_name(name, names)) {
        message += " (did you mean '" + *nearest + "'?)";
    }
    throw UsageError(message);
}

}  // namespace moonwire
