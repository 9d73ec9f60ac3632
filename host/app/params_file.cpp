#include "host/app/params_file.hpp"

#include <moonwire/error.hpp>

#include <fmt/format.h>
#include <fmt/ostream.h>
#include <toml++/toml.h>

namespace moonwire::app {

namespace {

Value to_value(const Parameter& parameter, const toml::node& node)
{
    if (const auto* text = node.as_string()) {
        return text->get();
    }
    if (const auto* whole = node.as_integer()) {
        return static_cast<double>(whole->get());
    }
    if (const auto* number = node.as_floating_point()) {
        return number->get();
    }
    if (const auto* boolean = node.as_boolean()) {
        return boolean->get();
    }
    throw UsageError(fmt::format("parameter '{}': expected text, a number, true or false, got a TOML {}",
                                 parameter.name, fmt::streamed(node.type())));
}

toml::table parse(const std::filesystem::path& file)
{
    std::error_code ignored;
    if (std::filesystem::is_directory(file, ignored)) {
        throw UsageError(fmt::format("{}: is a folder, not a TOML file", file.string()));
    }
    try {
        return toml::parse_file(file.string());
    } catch (const toml::parse_error& error) {
        const auto line = error.source().begin.line;
        throw UsageError(line == 0 ? fmt::format("{}: cannot be read", file.string())
                                   : fmt::format("{}:{}: {}", file.string(), line, error.description()));
    }
}

}  // namespace

std::map<std::string, Value> read_params_file(const std::filesystem::path& file, const Declaration& declaration)
{
    std::map<std::string, Value> values;
    const toml::table table = parse(file);
    for (const auto& [key, node] : table) {
        const std::string name(key.str());
        try {
            const Parameter& parameter = require_parameter(declaration, name);
            values[name] = check_parameter(parameter, to_value(parameter, node));
        } catch (const UsageError& error) {
            throw UsageError(fmt::format("{}:{}: {}", file.string(), key.source().begin.line, error.what()));
        }
    }
    return values;
}

}  // namespace moonwire::app
