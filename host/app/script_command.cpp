#include "host/app/api_help.hpp"
#include "host/app/capture_report.hpp"
#include "host/app/command_line.hpp"
#include "host/app/commands.hpp"
#include "host/app/console_server.hpp"
#include "host/app/prompt.hpp"
#include "host/app/rerun.hpp"
#include "host/app/signals.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>

namespace moonwire::app {

namespace {

struct ScriptArguments {
    std::string code;
    std::vector<std::string> modules;
    EngineFlags engine;
    Arguments rest;  // the file, unless there is code, and what the script gets
    bool has_code = false;
    bool interactive = false;
    bool watch = false;
    bool listen_console = false;
};

void add_script_flags(CLI::App& app, ScriptArguments& script)
{
    app.set_help_flag();
    app.add_flag("-i", script.interactive);
    app.add_flag("--watch", script.watch);
    app.add_flag("--listen-console", script.listen_console);
    app.add_option("-e", script.code);
    app.add_option("-l", script.modules)->take_all()->allow_extra_args(false);
    add_engine_flags(app, script.engine);
    add_observing_flags(app, script.engine);
}

// Everything from the script's name on is the script's own, also what looks like a flag.
ScriptArguments parse(const Arguments& arguments)
{
    ScriptArguments script;
    CLI::App app;
    add_script_flags(app, script);
    app.prefix_command();
    parse_command_line(app, arguments);
    script.has_code = app.get_option("-e")->count() > 0;
    script.rest = app.remaining();
    return script;
}

std::vector<std::string> known_flags()
{
    ScriptArguments script;
    CLI::App app;
    add_script_flags(app, script);
    std::vector<std::string> flags = long_flags(app);
    flags.insert(flags.end(), {"--version", "--help"});
    return flags;
}

// Refuses what cannot be run before anything starts.
void require_script(const ScriptArguments& script)
{
    if (script.has_code || (script.interactive && script.rest.empty())) {
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
        throw UsageError("unknown flag '" + name + "'" + suggestion(name, known_flags()) +
                         "\n`moonwire help` shows what there is");
    }
    const auto nearest = nearest_name(name, command_names());
    throw UsageError("no command and no file '" + name + "'" +
                     (nearest ? " (did you mean `moonwire " + *nearest + "`?)"
                              : " (`moonwire run " + name + "` plays a scenario of this name)"));
}

// The host's own modules may be named without their prefix.
std::string full_name(const std::string& module)
{
    const auto& own = Engine::module_names();
    const bool is_own = std::find(own.begin(), own.end(), module) != own.end();
    return is_own ? "moonwire." + module : module;
}

// What scripts find as globals: for a person, who types, all of the host's own modules and those of -l.
std::vector<std::string> globals(const ScriptArguments& script)
{
    std::vector<std::string> modules;
    if (script.has_code || script.interactive) {
        modules = own_modules();
    }
    std::transform(script.modules.begin(), script.modules.end(), std::back_inserter(modules), full_name);
    return modules;
}

Result run(Engine& engine, const ScriptArguments& script, const std::optional<std::string>& standard_input)
{
    for (const std::string& module : globals(script)) {
        engine.preload(module);
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

std::string read_file(const std::string& name)
{
    std::ifstream in(name, std::ios::binary);
    std::string text(std::istreambuf_iterator<char>(in), {});
    if (!in) {
        throw UsageError("cannot read '" + name + "'");
    }
    return text.starts_with("#") ? "--" + text : text;  // "#!/usr/bin/env moonwire"
}

// What a person would call it who attaches to it.
std::string console_name(const ScriptArguments& script)
{
    return script.has_code || script.rest.empty() ? "repl" : std::filesystem::path(script.rest.front()).stem().string();
}

int run_interactive(const ScriptArguments& script)
{
    if (script.engine.virtual_time) {
        throw UsageError("--virtual-time does not go with a prompt: nobody types in no time");
    }
    SessionStart start{globals(script), {}, {}, script.rest, script.engine.ledger};
    if (script.listen_console) {
        start.console_name = console_name(script);
    }
    if (script.has_code) {
        start.text = script.code;
    } else if (!script.rest.empty()) {
        if (script.rest.front() == "-") {
            throw UsageError("-i needs a script that is a file: what is typed at the prompt comes by standard input");
        }
        start.name = script.rest.front();
        start.text = read_file(start.name);
        start.arguments.erase(start.arguments.begin());
    }
    return at_terminal() ? run_prompt(script.engine.options(), start) : run_lines(script.engine.options(), start);
}

int play(const ScriptArguments& script, const Uses& uses)
{
    if (script.listen_console && script.engine.virtual_time) {
        throw UsageError("--virtual-time does not go with consoles: nobody types in no time");
    }
    Engine engine(script.engine.options());
    offer_scenario_help(engine);
    tell_modules(engine, uses);
    std::optional<std::string> standard_input;
    if (!script.has_code && script.rest.front() == "-") {
        // Before signals are caught: Ctrl-C while somebody types the script must not run its first half.
        standard_input.emplace(std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>());
    }
    const Signals signals(engine);
    const auto consoles =
        script.listen_console ? std::make_unique<ConsoleServer>(engine, console_name(script)) : nullptr;
    const Result result = run(engine, script, standard_input);
    const int status = report_result(result);
    report_capture(engine.end_capture(), script.engine.ledger);
    return status;
}

int play_and_watch(const ScriptArguments& script)
{
    if (script.has_code || script.interactive || script.rest.front() == "-") {
        throw UsageError("--watch needs a script that is a file, and runs it without a prompt");
    }
    return run_and_watch(script.rest.front(), [&](const Uses& uses) { return play(script, uses); });
}

}  // namespace

int repl_command(const Arguments& arguments)
{
    Arguments all = {"-i"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return script_command(all);
}

int script_command(const Arguments& arguments)
{
    const ScriptArguments script = parse(arguments);
    require_script(script);
    if (script.watch) {
        return play_and_watch(script);
    }
    return script.interactive ? run_interactive(script) : play(script, {});
}

}  // namespace moonwire::app
