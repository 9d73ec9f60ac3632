#include "host/app/api_help.hpp"

#include "host/app/scenario_help.hpp"

#include <stdexcept>

namespace moonwire::app {

namespace {

Values ask(const std::string& code, const std::vector<std::string>& arguments = {})
{
    Engine engine;
    Result result = engine.run_string(code, "help", arguments);
    if (result.outcome != Outcome::done) {
        throw std::runtime_error(result.error);
    }
    return std::move(result.values);
}

Values scenario_help_of(const Values& arguments)
{
    const auto* name = arguments.empty() ? nullptr : std::get_if<std::string>(&arguments.front());
    if (name == nullptr) {
        throw UsageError("expected the name of a scenario");
    }
    return {scenario_help(Engine().describe(find_scenario(*name, scenario_path())))};
}

}  // namespace

void offer_scenario_help(Engine& engine)
{
    engine.define("moonwire.host.scenario_help", scenario_help_of);
}

std::optional<std::string> api_help(const std::string& name)
{
    const Values answer = ask("return (help.text(...))", {name});
    const auto* text = answer.empty() ? nullptr : std::get_if<std::string>(&answer.front());
    return text != nullptr ? std::optional(*text) : std::nullopt;
}

std::vector<std::string> api_names()
{
    std::vector<std::string> names;
    for (const Value& name : ask("return unpack(help.names())")) {
        names.push_back(std::get<std::string>(name));
    }
    return names;
}

}  // namespace moonwire::app
