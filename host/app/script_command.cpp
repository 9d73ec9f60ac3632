#include "host/app/api_help.hpp"
#include "host/app/command_line.hpp"
#include "host/app/commands.hpp"
#include "host/app/signals.hpp"

#include "embedded/types_lua.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <iterator>

namespace moonwire::app {

namespace {

struct ScriptArguments {
    std::string code;
    std::vector<std::string> modules;
    EngineFlags engine;
    Arguments rest;  // the file, unless there is code, and what the script gets
    bool has_code = false;
};

// Everything from the script's name on is the script's own, also what looks like a flag.
ScriptArguments parse(const Arguments& arguments)
{
    ScriptArguments script;
    CLI::App app;
    app.set_help_flag();
    app.prefix_command();
    auto* code = app.add_option("-e", script.code);
    app.add_option("-l", script.modules)->take_all()->allow_extra_args(false);
    add_engine_flags(app, script.engine);
    parse_command_line(app, arguments);
    script.has_code = code->count() > 0;
    script.rest = app.remaining();
    return script;
}

// Refuses what cannot be run before anything starts.
void require_script(const ScriptArguments& script)
{
    if (script.has_code) {
        return;
    }
    if (script.rest.empty()) {
        throw UsageError("nothing to run: name a script, or give -e CODE");
    }
    const std::string& name = script.rest.front();
    if (name == "-" || std::filesystem::exists(name)) {
        return;
    }
    if (name.starts_with("-")) {
        const std::vector<std::string> flags = {"--seed", "--memory", "--virtual-time", "--version", "--help"};
        throw UsageError("unknown flag '" + name + "'" + suggestion(name, flags) +
                         "\n`moonwire help` shows what there is");
    }
    const auto nearest = nearest_name(name, command_names());
    throw UsageError("no command and no file '" + name + "'" +
                     (nearest ? " (did you mean `moonwire " + *nearest + "`?)"
                              : " (`moonwire run " + name + "` plays a scenario of this name)"));
}

Result run(Engine& engine, const ScriptArguments& script, const std::optional<std::string>& standard_input)
{
    for (const std::string& module : script.modules) {
        // The host's own modules may be named without their prefix.
        const auto own = embedded::types_lua();
        const bool is_own = std::any_of(own.begin(), own.end(), [&](const auto& stub) { return stub.name == module; });
        engine.preload(is_own ? "moonwire." + module : module);
    }
    if (script.has_code) {
        return engine.run_string(script.code, "-e", script.rest);
    }
    const std::string& file = script.rest.front();
    const Arguments arguments(script.rest.begin() + 1, script.rest.end());
    if (standard_input) {
        return engine.run_string(*standard_input, "stdin", arguments);
    }
    return engine.run_file(file, arguments);
}

}  // namespace

int script_command(const Arguments& arguments)
{
    const ScriptArguments script = parse(arguments);
    require_script(script);
    Engine engine(script.engine.options());
    offer_scenario_help(engine);
    std::optional<std::string> standard_input;
    if (!script.has_code && script.rest.front() == "-") {
        // Before signals are caught: Ctrl-C while somebody types the script must not run its first half.
        standard_input.emplace(std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>());
    }
    const Signals signals(engine);
    return report_result(run(engine, script, standard_input));
}

}  // namespace moonwire::app
