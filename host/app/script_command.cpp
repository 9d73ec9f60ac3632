#include "host/app/commands.hpp"
#include "host/app/signals.hpp"

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
ScriptArguments parse(Arguments arguments)
{
    ScriptArguments script;
    CLI::App app;
    app.set_help_flag();
    app.prefix_command();
    auto* code = app.add_option("-e", script.code);
    app.add_option("-l", script.modules)->expected(1)->take_all();
    app.add_option("--seed", script.engine.seed);
    app.add_option("--memory", script.engine.memory);
    app.add_flag("--virtual-time", script.engine.virtual_time);
    std::reverse(arguments.begin(), arguments.end());
    try {
        app.parse(arguments);
    } catch (const CLI::ParseError& error) {
        throw UsageError(error.what());
    }
    script.has_code = code->count() > 0;
    script.rest = app.remaining();
    return script;
}

Result run(Engine& engine, const ScriptArguments& script)
{
    for (const std::string& module : script.modules) {
        // The host's own modules may be named without their prefix.
        static constexpr std::string_view own[] = {"clock", "dns",  "multicast", "random", "scenario",
                                                   "stdio", "task", "tcp",       "udp"};
        const bool is_own = std::find(std::begin(own), std::end(own), module) != std::end(own);
        engine.preload(is_own ? "moonwire." + module : module);
    }
    if (script.has_code) {
        return engine.run_string(script.code, "-e", script.rest);
    }
    const std::string& file = script.rest.front();
    const Arguments arguments(script.rest.begin() + 1, script.rest.end());
    if (file == "-") {
        const std::string source{std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>()};
        return engine.run_string(source, "stdin", arguments);
    }
    return engine.run_file(file, arguments);
}

}  // namespace

int script_command(const Arguments& arguments)
{
    const ScriptArguments script = parse(arguments);
    if (!script.has_code && script.rest.empty()) {
        throw UsageError("nothing to run: name a script, or give -e CODE");
    }
    if (!script.has_code && script.rest.front() != "-" && !std::filesystem::exists(script.rest.front())) {
        const std::string& name = script.rest.front();
        const auto nearest = nearest_name(name, command_names());
        throw UsageError("no command and no file '" + name + "'" +
                         (nearest ? " (did you mean `moonwire " + *nearest + "`?)"
                                  : " (`moonwire run " + name + "` plays a scenario of this name)"));
    }
    Engine engine(script.engine.options());
    const Signals signals(engine);
    return report_result(run(engine, script));
}

}  // namespace moonwire::app
