#include "host/app/command_line.hpp"
#include "host/app/commands.hpp"
#include "host/app/exit_status.hpp"
#include "host/app/params_file.hpp"
#include "host/app/scenario_arguments.hpp"
#include "host/app/sweep_progress.hpp"
#include "host/app/sweep_runner.hpp"
#include "host/app/write_file.hpp"
#include "host/sweep/report.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <random>
#include <system_error>

namespace moonwire::app {

namespace {

/// What stands on the command line.
struct SweepArguments {
    std::string scenario;
    std::string role;
    std::vector<std::string> axes;
    std::vector<std::string> settings;
    std::optional<std::string> params_file;
    std::size_t repeat = 10;
    std::size_t jobs = 1;
    std::size_t max_runs = 10000;
    std::string timeout = "60";
    EngineFlags engine;
    std::string csv;
    std::string json;
    std::string html;
    bool help = false;
};

void refuse(const Arguments& extra, const std::vector<std::string>& known)
{
    if (extra.empty()) {
        return;
    }
    const std::string flag = extra.front().substr(0, extra.front().find('='));
    if (!flag.starts_with("-")) {
        throw UsageError("sweep: takes a scenario and a role, got '" + flag + "' too (--set sets a role's parameters)");
    }
    throw UsageError("sweep: unknown flag '" + flag + "'" + suggestion(flag, known) +
                     "\n(a parameter of the scenario is swept by --param name=…, and set by --set name=value)");
}

SweepArguments parse(const Arguments& arguments)
{
    SweepArguments sweep;
    CLI::App app;
    app.set_help_flag();
    app.add_flag("-h,--help", sweep.help);
    app.add_option("--param", sweep.axes)->take_all()->allow_extra_args(false);
    app.add_option("--set", sweep.settings)->take_all()->allow_extra_args(false);
    app.add_option("--params", sweep.params_file);
    app.add_option("--repeat", sweep.repeat)->check(CLI::Range(1, 1000000));
    app.add_option("--jobs", sweep.jobs)->check(CLI::Range(1, 256));
    app.add_option("--max-runs", sweep.max_runs)->check(CLI::Range(1, 1000000));
    app.add_option("--timeout", sweep.timeout);
    app.add_option("--csv", sweep.csv);
    app.add_option("--json", sweep.json);
    app.add_option("--html", sweep.html);
    // Not all that a run may have: what writes a file would write the same one every time.
    app.add_option("--seed", sweep.engine.seed);
    app.add_option("--memory", sweep.engine.memory);
    app.add_flag("--virtual-time", sweep.engine.virtual_time);
    app.add_option("scenario", sweep.scenario);
    app.add_option("role", sweep.role);
    app.allow_extras();
    parse_command_line(app, arguments);
    if (!sweep.help) {
        refuse(app.remaining(), long_flags(app));
    }
    return sweep;
}

std::chrono::duration<double> timeout_of(const SweepArguments& sweep)
{
    Parameter limit;
    limit.name = "--timeout";
    limit.type = Parameter::Type::duration;
    limit.min = 0.001;
    limit.max = 7 * 24 * 3600;
    return std::chrono::duration<double>(std::get<double>(parse_parameter(limit, sweep.timeout)));
}

// Runs must not meet at a port that nobody has asked for. Who plays one role wants to meet somebody.
void free_ports(sweep::Plan& plan, const Declaration& declaration)
{
    for (const Parameter& parameter : declaration.parameters) {
        const bool is_swept = std::any_of(plan.axes.begin(), plan.axes.end(), [&](const sweep::Axis& axis) {
            return axis.parameter.name == parameter.name;
        });
        if (parameter.type == Parameter::Type::port && parameter.min.value_or(0) <= 0 && parameter.choices.empty() &&
            !is_swept) {
            plan.fixed.emplace(parameter.name, 0.0);
        }
    }
}

void add_axis(sweep::Plan& plan, const SweepArguments& arguments, const Declaration& declaration,
              const std::string& text)
{
    const sweep::Axis axis = sweep::parse_axis(declaration, text, arguments.max_runs);
    const std::string& name = axis.parameter.name;
    if (std::any_of(plan.axes.begin(), plan.axes.end(),
                    [&](const sweep::Axis& other) { return other.parameter.name == name; })) {
        throw UsageError("--param " + name + ": given twice");
    }
    if (plan.fixed.contains(name)) {
        throw UsageError("--param " + name + ": the parameter is set, too; it cannot be both");
    }
    plan.axes.push_back(axis);
    if (axis.values.size() > arguments.max_runs / plan.repeat / (plan.combinations() / axis.values.size())) {
        throw UsageError(
            fmt::format("sweep: that would be more than {} runs (--max-runs N permits more)", arguments.max_runs));
    }
}

sweep::Plan make_plan(const SweepArguments& arguments, const Declaration& declaration)
{
    sweep::Plan plan;
    plan.scenario = declaration.name;
    plan.repeat = arguments.repeat;
    plan.seed = arguments.engine.options().seed.value_or(std::random_device()());
    if (!arguments.role.empty()) {
        plan.role = require_role(declaration, arguments.role).name;
    }
    if (arguments.params_file) {
        plan.fixed = read_params_file(*arguments.params_file, declaration);
    }
    take_settings(arguments.settings, declaration, plan.fixed);
    for (const std::string& text : arguments.axes) {
        add_axis(plan, arguments, declaration, text);
    }
    if (plan.axes.empty()) {
        throw UsageError(
            "sweep: which parameter? --param name=from:to:step or --param name=value,value,…\n`moonwire help " +
            declaration.name + "` shows what there is");
    }
    if (!plan.role) {
        free_ports(plan, declaration);
    }
    return plan;
}

/// The files that the sweep writes, opened before it starts: hours of runs are not for a folder that is not there.
class Files
{
public:
    void open(const char* flag, const std::string& name, std::string (*text)(const sweep::Results&))
    {
        if (name.empty()) {
            return;
        }
        std::ofstream file(name, std::ios::binary | std::ios::app);
        if (!file) {
            throw UsageError(
                fmt::format("{}: cannot write '{}': {}", flag, name, std::generic_category().message(errno)));
        }
        files_.emplace_back(name, text);
    }

    void write(const sweep::Results& results) const
    {
        for (const auto& [name, text] : files_) {
            write_file(name, text(results));
            fmt::print(stderr, "moonwire: wrote {}\n", name);
        }
    }

private:
    std::vector<std::pair<std::string, std::string (*)(const sweep::Results&)>> files_;
};

void print_results(const sweep::Results& results)
{
    fmt::print("{}", sweep::table(results));
    if (results.figures().empty() && results.failures() < results.plan().runs()) {
        fmt::print(stderr, "moonwire: no run has reported a number (moonwire.report does)\n");
    }
}

}  // namespace

int sweep_command(const Arguments& arguments)
{
    const SweepArguments given = parse(arguments);
    if (given.help) {
        return help_command({"sweep"});
    }
    if (given.scenario.empty()) {
        throw UsageError("sweep: which scenario? (`moonwire list` shows what there is)");
    }
    const auto file = find_scenario(given.scenario, scenario_path());
    const sweep::Plan plan = make_plan(given, Engine().describe(file));
    const SweepRuns runs{file, given.engine.options(), given.jobs, timeout_of(given)};
    Files files;
    files.open("--csv", given.csv, sweep::csv);
    files.open("--json", given.json, sweep::json);
    files.open("--html", given.html, sweep::html);

    sweep::Results results(plan);
    SweepProgress progress(plan, given.scenario, given.engine);
    SweepRunner runner(plan, runs, [&](std::size_t combination, std::size_t repetition, Result result) {
        progress.ended(combination, repetition, result);
        results.add(combination, repetition, std::move(result));
    });
    const bool completed = runner.run([&] { progress.show(); });
    progress.clear();
    print_results(results);
    std::fflush(stdout);
    files.write(results);
    progress.summarize(completed);
    return !completed ? interrupted : results.failures() > 0 ? failed : done;
}

}  // namespace moonwire::app
