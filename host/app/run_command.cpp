#include "host/app/capture_report.hpp"
#include "host/app/command_line.hpp"
#include "host/app/commands.hpp"
#include "host/app/console_server.hpp"
#include "host/app/exit_status.hpp"
#include "host/app/impair_flag.hpp"
#include "host/app/params_file.hpp"
#include "host/app/prompt.hpp"
#include "host/app/rerun.hpp"
#include "host/app/result_files.hpp"
#include "host/app/scenario_arguments.hpp"
#include "host/app/scenario_help.hpp"
#include "host/app/signals.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <utility>

namespace moonwire::app {

namespace {

/// What stands on the command line.
struct RunArguments {
    std::string scenario;
    std::vector<std::string> positional;  // the role and its arguments
    std::vector<std::string> settings;    // --set name=value
    std::optional<std::string> params_file;
    std::vector<std::string> impair;  // name=value
    bool help = false;
    bool watch = false;
    bool repl = false;
    bool listen_console = false;
    EngineFlags engine;
    ResultFlags result;
    std::map<std::string, std::string> flags;  // parameters by name
    std::vector<std::string> more;             // what the role gets as it is
};

void add_run_flags(CLI::App& app, RunArguments& run)
{
    app.set_help_flag();
    app.add_flag("-h,--help", run.help, "show what the scenario takes");
    app.add_option("scenario", run.scenario);
    app.add_option("--set", run.settings)->take_all()->allow_extra_args(false);
    app.add_option("--params", run.params_file);
    app.add_flag("--watch", run.watch);
    app.add_option("--impair", run.impair)->delimiter(',')->take_all()->allow_extra_args(false);
    app.add_flag("--repl", run.repl);
    app.add_flag("--listen-console", run.listen_console);
    add_engine_flags(app, run.engine);
    add_observing_flags(app, run.engine);
    add_result_flags(app, run.result);
}

// The scenario decides which flags there are, so it is looked for first. What stands behind it is not looked at.
std::string find_scenario_argument(const Arguments& arguments, bool& help)
{
    RunArguments run;
    CLI::App app;
    add_run_flags(app, run);
    app.prefix_command();
    parse_command_line(app, arguments);
    help = run.help;
    const auto scenario = std::find(arguments.begin(), arguments.end(), run.scenario);
    const auto extras = app.remaining();
    if (!extras.empty() && std::find(arguments.begin(), scenario, extras.front()) != scenario) {
        // Which of the words behind an unknown flag is its value, only the scenario knows.
        throw UsageError("run: the scenario's name comes before its flags, not after '" + extras.front() + "'");
    }
    return run.scenario;
}

std::vector<std::string> flags_of(const Parameter& parameter)
{
    if (parameter.type == Parameter::Type::boolean) {
        return {flag_name(parameter), negated_flag_name(parameter)};
    }
    return {flag_name(parameter)};
}

// Throws if two parameters, or a parameter and every run, would have the same flag.
std::vector<std::string> known_flags(const Declaration& declaration)
{
    RunArguments run;
    CLI::App app;
    add_run_flags(app, run);
    std::vector<std::string> known = long_flags(app);
    for (const Parameter& parameter : declaration.parameters) {
        for (std::string& flag : flags_of(parameter)) {
            if (std::find(known.begin(), known.end(), flag) != known.end()) {
                throw UsageError(
                    fmt::format("scenario {} cannot be run: its parameter '{}' needs the flag {}, which is taken",
                                declaration.name, parameter.name, flag));
            }
            known.push_back(std::move(flag));
        }
    }
    return known;
}

bool is_flag(const std::string& word)
{
    return word.size() > 1 && word[0] == '-' && (word[1] < '0' || word[1] > '9');  // -1 is a number
}

// Where a role takes more ("..." in its args), all that follows its own args belongs to it, whatever it looks like.
// The index of the first such word, or how many words there are.
std::size_t own_words(const CLI::App& app, const Arguments& arguments, const Declaration& declaration)
{
    const Role* role = nullptr;
    std::size_t missing = 2;  // the scenario and the role
    bool flags = true;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        if (flags && arguments[i] == "--") {
            flags = false;
        } else if (flags && is_flag(arguments[i])) {
            const CLI::Option* option = app.get_option_no_throw(arguments[i]);
            if (option != nullptr && option->get_expected_min() > 0) {
                ++i;  // its value
            }
        } else if (--missing == 0 && role == nullptr) {
            role = declaration.find_role(arguments[i]);
            if (role == nullptr || !role->takes_more) {
                break;
            }
            missing = role->args.size();
        }
        if (role != nullptr && missing == 0) {
            return i + 1;
        }
    }
    return arguments.size();
}

// Also when something else is wrong with the line.
bool asks_for_help(const Arguments& arguments)
{
    RunArguments run;
    CLI::App app;
    add_run_flags(app, run);
    app.allow_extras();
    parse_command_line(app, arguments);
    return run.help;
}

void refuse_unknown_flags(const std::vector<std::string>& rest, const Declaration& declaration,
                          const std::vector<std::string>& known)
{
    for (const std::string& argument : rest) {
        if (is_flag(argument)) {
            const std::string flag = argument.substr(0, argument.find('='));
            throw UsageError(fmt::format("scenario {} has no flag '{}'{}\n`moonwire help {}` shows what it takes",
                                         declaration.name, flag, suggestion(flag, known), declaration.name));
        }
    }
}

RunArguments parse_run(const Arguments& arguments, const Declaration& declaration)
{
    const auto known = known_flags(declaration);
    RunArguments run;
    CLI::App app;
    add_run_flags(app, run);
    std::map<std::string, CLI::Option*> options;
    for (const Parameter& parameter : declaration.parameters) {
        const std::string flag = flag_name(parameter);
        const std::string names = flag.substr(2) == parameter.name ? flag : flag + ",--" + parameter.name;
        std::string& value = run.flags[parameter.name];
        options[parameter.name] = parameter.type == Parameter::Type::boolean
                                      ? app.add_flag(names + ",!" + negated_flag_name(parameter), value)
                                      : app.add_option(names, value);
    }
    app.add_option("role", run.positional)->expected(0, 32);
    app.allow_extras();
    const auto more = arguments.begin() + static_cast<std::ptrdiff_t>(own_words(app, arguments, declaration));
    const Arguments own(arguments.begin(), more);
    run.more.assign(more, arguments.end());
    if (asks_for_help(own)) {
        run.help = true;
        return run;
    }
    parse_command_line(app, own);
    std::vector<std::string> rest = app.remaining();
    rest.erase(std::remove(rest.begin(), rest.end(), "--"), rest.end());  // the end of the flags, not one
    refuse_unknown_flags(rest, declaration, known);
    if (!rest.empty()) {
        throw UsageError(fmt::format("too many arguments: '{}'", rest.front()));
    }
    for (const auto& [name, option] : options) {
        if (option->count() == 0) {
            run.flags.erase(name);
        }
    }
    return run;
}

void take_positional(const RunArguments& run, const Declaration& declaration, const Role& role,
                     std::map<std::string, Value>& values)
{
    if (run.positional.size() - 1 > role.args.size()) {
        throw UsageError(fmt::format("too many arguments for the role {}: '{}'\nusage: {}", role.name,
                                     run.positional[role.args.size() + 1], usage_line(declaration, role)));
    }
    for (std::size_t i = 1; i < run.positional.size(); ++i) {
        const Parameter& parameter = require_parameter(declaration, role.args[i - 1]);
        const auto flag = run.flags.find(parameter.name);
        if (flag != run.flags.end() && flag->second != run.positional[i]) {
            throw UsageError(fmt::format("parameter '{}' is given twice: {} and {}", parameter.name, run.positional[i],
                                         flag->second));
        }
        values[parameter.name] = parse_parameter(parameter, run.positional[i]);
    }
}

// From the least weight to the most: file, --set, flags and positional arguments.
std::map<std::string, Value> take_parameters(const RunArguments& run, const Declaration& declaration, const Role* role)
{
    std::map<std::string, Value> values;
    if (run.params_file) {
        values = read_params_file(*run.params_file, declaration);
    }
    take_settings(run.settings, declaration, values);
    for (const auto& [name, text] : run.flags) {
        values[name] = parse_parameter(require_parameter(declaration, name), text);
    }
    if (role != nullptr) {
        take_positional(run, declaration, *role, values);
    }
    return values;
}

Declaration describe(const std::filesystem::path& file, const Uses& uses)
{
    Engine engine;
    tell_modules(engine, uses);
    return engine.describe(file);
}

void refuse_what_does_not_go_together(const RunArguments& run)
{
    if (run.engine.virtual_time && (run.repl || run.listen_console)) {
        throw UsageError("--virtual-time does not go with a prompt: nobody types in no time");
    }
    if (run.repl && run.watch) {
        throw UsageError("--watch does not go with --repl: at a prompt, run(…) plays a scenario again");
    }
    if (run.repl && run.result.any()) {
        throw UsageError("--json, --junit, --report and --threshold do not go with --repl: the run is a prompt's");
    }
}

// Only the scenario knows whether the word is our flag or an argument of a role that takes more. One that cannot be
// read yet is one to be watched while it is mended.
bool wants_watch(const Arguments& arguments, const std::filesystem::path& file)
{
    if (std::find(arguments.begin(), arguments.end(), "--watch") == arguments.end()) {
        return false;
    }
    std::optional<Declaration> declaration;
    try {
        declaration = Engine().describe(file);
    } catch (const UsageError&) {
        return true;
    }
    const RunArguments run = parse_run(arguments, *declaration);
    refuse_what_does_not_go_together(run);
    return run.watch;
}

// At a prompt, where it plays in the background.
int run_repl(const RunArguments& run, EngineOptions options, ScenarioRun scenario, const Declaration& declaration)
{
    SessionStart start{own_modules(), {}, {}, {}, run.engine.ledger, std::move(scenario)};
    if (run.listen_console) {
        start.console_name = declaration.name;
    }
    return at_terminal() ? run_prompt(std::move(options), start) : run_lines(std::move(options), start);
}

int play(const Arguments& arguments, const std::filesystem::path& file, bool help, const Uses& uses)
{
    const Declaration declaration = describe(file, uses);
    const RunArguments run = parse_run(arguments, declaration);
    if (help || run.help) {
        fmt::print("{}", scenario_help(declaration));
        return done;
    }
    refuse_what_does_not_go_together(run);
    const Role* role = run.positional.empty() ? nullptr : &require_role(declaration, run.positional.front());
    ScenarioRun scenario;
    scenario.file = file;
    if (role != nullptr) {
        scenario.role = role->name;
    }
    scenario.parameters = take_parameters(run, declaration, role);
    scenario.arguments = run.more;
    scenario.impair = parse_impair(run.impair);
    for (const std::string& threshold : run.result.thresholds) {
        scenario.thresholds.push_back(parse_threshold(threshold));
    }
    run.result.check_files();
    EngineOptions options = run.engine.options();
    if (run.result.report) {
        options.record.emplace();
    }
    if (options.capture) {
        options.capture->comments = describe_run(declaration, scenario, arguments);
    }
    if (run.repl) {
        return run_repl(run, std::move(options), std::move(scenario), declaration);
    }
    Engine engine(std::move(options));
    tell_modules(engine, uses);
    const Signals signals(engine);
    const auto consoles = run.listen_console ? std::make_unique<ConsoleServer>(engine, declaration.name) : nullptr;
    const Result result = engine.run_scenario(scenario);
    const int status = report_result(result);
    const auto capture = engine.end_capture();
    report_capture(capture, run.engine.ledger);
    RunFacts facts{declaration, scenario, run.engine, engine.seed()};
    if (capture) {
        facts.ledger = capture->ledger;
    }
    const bool written = run.result.write_files(facts, result);
    return status == done && !written ? failed : status;
}

}  // namespace

int run_command(const Arguments& arguments)
{
    bool help = false;
    const std::string name = find_scenario_argument(arguments, help);
    if (name.empty()) {
        if (help) {
            return help_command({"run"});
        }
        throw UsageError("run: which scenario? (`moonwire list` shows what there is)");
    }
    const auto file = find_scenario(name, scenario_path());
    if (!help && wants_watch(arguments, file)) {
        return run_and_watch(file.string(), [&](const Uses& uses) { return play(arguments, file, help, uses); });
    }
    return play(arguments, file, help, {});
}

}  // namespace moonwire::app
