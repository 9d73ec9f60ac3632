#include <moonwire/engine.hpp>

#include "bindings/modules.hpp"
#include "host/embed/console.hpp"
#include "host/embed/declaration.hpp"
#include "host/embed/figures.hpp"
#include "host/embed/functions.hpp"
#include "host/embed/output.hpp"
#include "host/embed/packet_capture.hpp"
#include "host/embed/recording.hpp"
#include "host/embed/scenarios.hpp"
#include "host/embed/trace.hpp"
#include "host/embed/values.hpp"
#include "host/embed/watches.hpp"
#include "host/loop/loop.hpp"
#include "host/observe/clock.hpp"
#include "host/observe/figures.hpp"
#include "host/observe/random.hpp"
#include "host/script/vm.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <utility>

namespace moonwire {

namespace {

std::unique_ptr<observe::Clock> make_clock(bool virtual_time)
{
    if (virtual_time) {
        return std::make_unique<observe::VirtualClock>();
    }
    return std::make_unique<observe::SystemClock>();
}

void write_to_standard_error(std::string_view text)
{
    std::fwrite(text.data(), 1, text.size(), stderr);
}

// The thresholds that were not given, on figures that were never reported.
void leave_out_unreported(Result& result, const std::vector<Threshold>& given)
{
    const auto is_anothers = [&](const JudgedThreshold& judged) {
        const std::string& figure = judged.threshold.figure;
        const auto is_given = [&](const Threshold& threshold) { return threshold.figure == figure; };
        const auto is_it = [&](const Reported& reported) { return reported.name == figure; };
        return std::none_of(given.begin(), given.end(), is_given) &&
               std::none_of(result.reported.begin(), result.reported.end(), is_it);
    };
    auto& judged = result.thresholds;
    judged.erase(std::remove_if(judged.begin(), judged.end(), is_anothers), judged.end());
}

}  // namespace

struct Engine::Impl {
    explicit Impl(EngineOptions engine_options)
        : options(std::move(engine_options)),
          loop(make_clock(options.virtual_time)),
          trace(options.trace ? std::make_shared<embed::Trace>(loop, *options.trace) : nullptr),
          random(options.seed ? observe::Random(*options.seed) : observe::Random()),
          standard_output(std::make_shared<embed::StandardOutput>(loop, [this] { vm.scheduler().interrupt(); })),
          vm(services(), options.memory_limit, options.interruptible),
          gate(std::make_shared<embed::Gate>(loop))
    {
        loop.observers().set_role_source([this] { return vm.scheduler().role(); });
        bindings::open_modules(vm);
        embed::offer_scenarios(vm.state());
        add_library_path();
        if (options.capture) {
            capture.emplace(loop, *options.capture, diagnostics());
        }
        if (options.record) {
            recorder.emplace(loop, *options.record, options.virtual_time);
        }
    }

    ~Impl()
    {
        loop.observers().set_role_source(nullptr);
        gate->close();
    }

    script::Services services()
    {
        auto output = options.output;
        if (!output) {
            output = [this](std::string_view text) { standard_output->write(text); };
        }
        return {loop, random, std::move(output), diagnostics()};
    }

    std::function<void(std::string_view)> diagnostics() const
    {
        return options.diagnostics ? options.diagnostics : write_to_standard_error;
    }

    // Modules that scenarios share lie in a folder `lib` beside them.
    void add_library_path()
    {
        std::string path;
        for (const auto& folder : scenario_path()) {
            path += ";" + (folder / "lib" / "?.lua").string() + ";" + (folder / "lib" / "?" / "init.lua").string();
        }
        lua_State* L = vm.state();
        lua_getglobal(L, "package");
        lua_getfield(L, -1, "path");
        lua_pushlstring(L, path.data(), path.size());
        lua_concat(L, 2);
        lua_setfield(L, -2, "path");
        lua_pop(L, 1);
    }

    void set_arguments(const std::string& script, const std::vector<std::string>& arguments)
    {
        lua_State* L = vm.state();
        lua_createtable(L, static_cast<int>(arguments.size()), 1);
        lua_pushstring(L, script.c_str());
        lua_rawseti(L, -2, 0);
        int index = 0;
        for (const std::string& argument : arguments) {
            lua_pushlstring(L, argument.data(), argument.size());
            lua_rawseti(L, -2, ++index);
        }
        lua_setglobal(L, "arg");
    }

    /// Runs the function below `arguments` values on the stack as the root task, until it and all its tasks have ended.
    Result run(int arguments, const std::vector<Threshold>& thresholds = {})
    {
        script::Scheduler& scheduler = vm.scheduler();
        lua_State* L = vm.state();
        const auto figures = std::make_shared<observe::Figures>(loop.clock());
        scheduler.set_figures(figures);
        scheduler.forget_interrupt();
        scheduler.on_root_ended([this] { loop.stop(); });
        if (trace != nullptr) {
            trace->start();
        }
        struct Run {
            Impl& impl;
            std::shared_ptr<script::Task> root;
            Result result;
        } run{*this, scheduler.spawn(L, arguments, {}), {}};
        const auto failure = vm.protect(
            [](lua_State* state) {
                auto& r = *static_cast<Run*>(lua_touserdata(state, 1));
                r.impl.loop.run();
                r.impl.finish(*r.root, r.result);
                r.impl.vm.scheduler().forget_root();
                // What the script has dropped without closing is closed now.
                lua_gc(state, LUA_GCCOLLECT, 0);
                r.impl.loop.run_until_closed();
                return 0;
            },
            &run);
        if (failure) {
            scheduler.abandon();
            run.result.outcome = Outcome::failed;
            run.result.error = *failure;
        }
        scheduler.set_figures(nullptr);
        figures->end();
        embed::read_figures(*figures, run.result);
        run.result.thresholds = embed::judge(thresholds, *figures);
        if (recorder) {
            run.result.recording = recorder->recording();
        }
        return run.result;
    }

    void finish(const script::Task& root, Result& result)
    {
        lua_State* L = vm.state();
        switch (root.status()) {
        case script::Task::Status::failed:
            result.outcome = Outcome::failed;
            result.error = vm.scheduler().failure_text(root);
            break;
        case script::Task::Status::done: {
            result.outcome = vm.scheduler().was_interrupted() ? Outcome::interrupted : Outcome::done;
            const int top = lua_gettop(L);
            vm.scheduler().push_results(L, root);
            result.values = embed::to_values(L, top + 1);
            lua_settop(L, top);
            break;
        }
        default:
            result.outcome = Outcome::interrupted;
        }
        if (const auto failure = standard_output->failure(); failure && result.outcome != Outcome::failed) {
            result.outcome = Outcome::failed;
            result.error = "standard output: " + failure.message();
        }
    }

    /// Pushes what was loaded, or takes the message from the stack into a result.
    std::optional<Result> loaded(int status)
    {
        if (status == 0) {
            return std::nullopt;
        }
        Result result;
        result.outcome = Outcome::failed;
        result.error = lua_tostring(vm.state(), -1);
        lua_pop(vm.state(), 1);
        return result;
    }

    /// Runs a scenario's file and leaves its declaration on the stack.
    Declaration load_scenario(const std::filesystem::path& file)
    {
        lua_State* L = vm.state();
        if (const auto failure = loaded(luaL_loadfile(L, file.c_str()))) {
            throw UsageError(failure->error);
        }
        script::Scheduler& scheduler = vm.scheduler();
        scheduler.forget_interrupt();
        scheduler.on_root_ended([this] { loop.stop(); });
        const auto root = scheduler.spawn(L, 0, {});
        loop.run();
        scheduler.forget_root();
        if (root->status() == script::Task::Status::failed) {
            const std::string text = scheduler.failure_text(*root);
            throw UsageError(text.starts_with(file.string()) ? text : file.string() + ": " + text);
        }
        if (root->status() != script::Task::Status::done) {
            throw UsageError(file.string() + ": interrupted");
        }
        const int top = lua_gettop(L);
        scheduler.push_results(L, *root);
        lua_settop(L, top + 1);
        if (!is_declaration()) {
            lua_settop(L, top);
            throw UsageError(
                file.string() +
                " is no scenario: it must return what scenario.define { … } gives (a plain script is run by "
                "`moonwire " +
                file.string() + "`)");
        }
        try {
            return embed::read_declaration(L, file);
        } catch (const UsageError& error) {
            lua_settop(L, top);
            throw UsageError(file.string() + ": " + error.what());
        }
    }

    bool is_declaration()
    {
        lua_State* L = vm.state();
        lua_getfield(L, LUA_REGISTRYINDEX, "moonwire.scenario.is_declaration");
        if (lua_isnil(L, -1)) {
            lua_pop(L, 1);
            return false;
        }
        lua_pushvalue(L, -2);
        const bool is = lua_pcall(L, 1, 1, 0) == 0 && lua_toboolean(L, -1) != 0;
        lua_pop(L, 1);
        return is;
    }

    void push_parameters(const Declaration& declaration, const std::map<std::string, Value>& given)
    {
        lua_State* L = vm.state();
        std::map<std::string, Value> values;
        for (const Parameter& parameter : declaration.parameters) {
            values[parameter.name] = parameter.default_value;
        }
        for (const auto& [name, value] : given) {
            values[name] = check_parameter(require_parameter(declaration, name), value);
        }
        embed::push_table(L, values);
    }

    /// Leaves the table that a function of this name goes into on the stack, and returns the last part of the name.
    std::string push_home(std::string_view name)
    {
        lua_State* L = vm.state();
        const auto dot = name.rfind('.');
        if (dot == std::string_view::npos) {
            lua_pushvalue(L, LUA_GLOBALSINDEX);
            return std::string(name);
        }
        lua_getglobal(L, "package");
        lua_getfield(L, -1, "loaded");
        lua_remove(L, -2);
        const std::string module(name.substr(0, dot));
        lua_getfield(L, -1, module.c_str());
        if (!lua_istable(L, -1)) {
            lua_pop(L, 1);
            lua_newtable(L);
            lua_pushvalue(L, -1);
            lua_setfield(L, -3, module.c_str());
        }
        lua_remove(L, -2);
        return std::string(name.substr(dot + 1));
    }

    EngineOptions options;
    loop::Loop loop;
    std::shared_ptr<embed::Trace> trace;  // null: nobody wants one
    observe::Random random;
    const std::uint64_t seed = random.seed();
    std::optional<embed::PacketCapture> capture;  // also of what closes last
    std::optional<embed::Recorder> recorder;
    std::shared_ptr<embed::StandardOutput> standard_output;

    /// What the closing Vm lets go of (open connections, standard input) is closed in order before the loop goes.
    struct LastTurns {
        loop::Loop& loop;
        ~LastTurns() { loop.run_until_closed(); }
    } last_turns{loop};

    script::Vm vm;
    std::shared_ptr<embed::Gate> gate;
    embed::Watches watches{loop};
};

Engine::Engine(EngineOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}

Engine::~Engine() = default;

void Engine::define(std::string_view name, Function function)
{
    lua_State* L = impl_->vm.state();
    const std::string field = impl_->push_home(name);
    embed::push_function(L, std::move(function));
    lua_setfield(L, -2, field.c_str());
    lua_pop(L, 1);
}

void Engine::define_async(std::string_view name, AsyncFunction function)
{
    lua_State* L = impl_->vm.state();
    const std::string field = impl_->push_home(name);
    embed::push_async_function(L, std::move(function), impl_->gate);
    lua_setfield(L, -2, field.c_str());
    lua_pop(L, 1);
}

Result Engine::run_string(std::string_view source, std::string_view chunk_name,
                          const std::vector<std::string>& arguments)
{
    lua_State* L = impl_->vm.state();
    impl_->set_arguments(std::string(chunk_name), arguments);
    const int status = luaL_loadbuffer(L, source.data(), source.size(), ("=" + std::string(chunk_name)).c_str());
    if (auto failure = impl_->loaded(status)) {
        return *failure;
    }
    Values values(arguments.begin(), arguments.end());
    return impl_->run(embed::push_values(L, values));
}

Result Engine::run_file(const std::filesystem::path& file, const std::vector<std::string>& arguments)
{
    lua_State* L = impl_->vm.state();
    impl_->set_arguments(file.string(), arguments);
    if (auto failure = impl_->loaded(luaL_loadfile(L, file.c_str()))) {
        return *failure;
    }
    Values values(arguments.begin(), arguments.end());
    return impl_->run(embed::push_values(L, values));
}

Declaration Engine::describe(const std::filesystem::path& file)
{
    Declaration declaration = impl_->load_scenario(file);
    lua_pop(impl_->vm.state(), 1);
    return declaration;
}

Result Engine::run_scenario(const ScenarioRun& run)
{
    lua_State* L = impl_->vm.state();
    const Declaration declaration = impl_->load_scenario(run.file);
    std::vector<Threshold> thresholds;
    const int top = lua_gettop(L) - 1;
    try {
        const Role* role = run.role ? declaration.find_role(*run.role) : nullptr;
        if (run.role && role == nullptr) {
            throw UsageError("scenario " + declaration.name + " has no role '" + *run.role + "'");
        }
        if (!run.arguments.empty() && (role == nullptr || !role->takes_more)) {
            throw UsageError(
                "scenario " + declaration.name + ": " +
                (role == nullptr ? "arguments are a role's" : "the role " + role->name + " takes no more") + ", got '" +
                run.arguments.front() + "'");
        }
        lua_getfield(L, LUA_REGISTRYINDEX, "moonwire.scenario.play");
        lua_insert(L, -2);
        lua_pushstring(L, declaration.name.c_str());
        lua_pushstring(L, declaration.file.c_str());
        impl_->push_parameters(declaration, run.parameters);
        thresholds = embed::choose_thresholds(declaration.thresholds, run.thresholds);
    } catch (...) {
        lua_settop(L, top);
        throw;
    }
    if (run.role) {
        lua_pushstring(L, run.role->c_str());
    } else {
        lua_pushnil(L);
    }
    if (run.impair.empty()) {
        lua_pushnil(L);
    } else {
        embed::push_table(L, run.impair);
    }
    const int arguments = embed::push_values(L, Values(run.arguments.begin(), run.arguments.end()));
    Result result = impl_->run(6 + arguments, thresholds);
    if (run.role) {
        leave_out_unreported(result, run.thresholds);
    }
    return result;
}

std::optional<CaptureReport> Engine::end_capture()
{
    return impl_->capture ? impl_->capture->end() : std::nullopt;
}

Result Engine::run_consoles(const std::string& script, const std::vector<std::string>& arguments)
{
    impl_->set_arguments(script, arguments);
    embed::push_wait_for_cancel(impl_->vm.state());
    return impl_->run(0);
}

void Engine::start_scenario(const ScenarioRun& run, std::function<void(Outcome)> on_end)
{
    script::Scheduler& scheduler = impl_->vm.scheduler();
    lua_State* L = impl_->vm.state();
    if (!scheduler.takes_lines()) {
        throw std::logic_error("a scenario starts in the background of what an engine runs");
    }
    const auto end = std::make_shared<std::function<void(Outcome)>>(std::move(on_end));
    const int arguments = embed::push_start(L, run, [end](const std::string& state) {
        (*end)(state == "failed" ? Outcome::failed : state == "done" ? Outcome::done : Outcome::interrupted);
    });
    const auto line = std::make_shared<std::shared_ptr<script::Task>>();
    *line = scheduler.spawn_line(L, arguments, nullptr, [this, line, end] {
        const auto task = std::exchange(*line, nullptr);
        if (task->status() == script::Task::Status::failed) {
            impl_->vm.services().diagnostics(impl_->vm.scheduler().failure_text(*task) + "\n");
            (*end)(Outcome::failed);
        }
    });
}

std::uint64_t Engine::seed() const
{
    return impl_->seed;
}

std::unique_ptr<Console> Engine::open_console(ConsoleOptions options)
{
    return embed::make_console(impl_->vm, std::move(options));
}

void Engine::post(std::function<void()> handler)
{
    impl_->gate->post([handler = std::move(handler)] { handler(); });
}

void Engine::watch(int descriptor, std::function<void()> handler)
{
    impl_->watches.add(descriptor, std::move(handler));
}

void Engine::unwatch(int descriptor)
{
    impl_->watches.remove(descriptor);
}

void Engine::on_interrupt(std::function<void()> handler)
{
    impl_->vm.scheduler().on_interrupt(std::move(handler));
}

const std::vector<std::string>& Engine::module_names()
{
    return bindings::module_names();
}

void Engine::preload(std::string_view module)
{
    lua_State* L = impl_->vm.state();
    lua_getglobal(L, "require");
    lua_pushlstring(L, module.data(), module.size());
    if (lua_pcall(L, 1, 1, 0) != 0) {
        const Value error = embed::to_value(L, -1);
        lua_pop(L, 1);
        const auto* message = std::get_if<std::string>(&error);
        throw UsageError(message != nullptr ? *message
                                            : "module '" + std::string(module) + "' failed without a message");
    }
    const auto dot = module.rfind('.');
    lua_setglobal(L, std::string(dot == std::string_view::npos ? module : module.substr(dot + 1)).c_str());
}

void Engine::stop()
{
    impl_->gate->post([impl = impl_.get()] {
        if (auto* root = impl->vm.scheduler().root()) {
            impl->vm.scheduler().cancel(*root);
        }
    });
}

void Engine::interrupt() noexcept
{
    impl_->vm.scheduler().interrupt();
}

}  // namespace moonwire
