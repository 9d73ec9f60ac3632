#include "host/app/command_line.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <string_view>

namespace moonwire::app {

void parse_command_line(CLI::App& app, Arguments arguments)
{
    std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants it
    try {
        app.parse(arguments);
    } catch (const CLI::ArgumentMismatch& error) {
        const std::string message = error.what();  // "--seed: 1 required TEXT missing" or "--seed: At Most 1 …"
        const std::string flag = message.substr(0, message.find(':'));
        throw UsageError(flag + (message.find("missing") != std::string::npos ? ": its value is missing"
                                                                              : ": given more than once"));
    } catch (const CLI::ParseError& error) {
        throw UsageError(error.what());
    }
}

void add_engine_flags(CLI::App& app, EngineFlags& flags)
{
    app.add_option("--seed", flags.seed);
    app.add_option("--memory", flags.memory);
    app.add_flag("--virtual-time", flags.virtual_time);
}

void add_observing_flags(CLI::App& app, EngineFlags& flags)
{
    app.add_option("--pcap", flags.pcap);
    app.add_flag("--ledger{table}", flags.ledger);
    add_trace_flags(app, flags.trace);
}

std::vector<std::string> long_flags(const CLI::App& app)
{
    std::vector<std::string> flags;
    for (const CLI::Option* option : app.get_options()) {
        for (const std::string& name : option->get_lnames()) {
            flags.push_back("--" + name);
        }
    }
    return flags;
}

std::string quoted(const std::string& word)
{
    constexpr std::string_view harmless = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=:,./@%";
    if (!word.empty() && word.find_first_not_of(harmless) == std::string::npos) {
        return word;
    }
    std::string text = "'";
    for (const char c : word) {
        text += c == '\'' ? "'\\''" : std::string(1, c);
    }
    return text + "'";
}

std::string suggestion(const std::string& name, const std::vector<std::string>& known)
{
    const auto nearest = nearest_name(name, known);
    return nearest ? " (did you mean '" + *nearest + "'?)" : "";
}

}  // namespace moonwire::app
