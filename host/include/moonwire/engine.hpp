#pragma once

#include <moonwire/capture.hpp>
#include <moonwire/console.hpp>
#include <moonwire/error.hpp>
#include <moonwire/figures.hpp>
#include <moonwire/outcome.hpp>
#include <moonwire/recording.hpp>
#include <moonwire/scenario.hpp>
#include <moonwire/trace.hpp>
#include <moonwire/value.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace moonwire {

struct EngineOptions {
    /// Seed of every random number that scripts draw; taken from the system if absent.
    std::optional<std::uint64_t> seed;

    /// Bytes that the script's objects may take; 0: no limit. A script that needs more fails with an error.
    std::size_t memory_limit = 0;

    /// Time stands still while anything can happen and jumps to the next timer when nothing can: a run that only waits
    /// takes no time. For tests and for scenarios whose peers all live in this engine.
    bool virtual_time = false;

    /// Compile scripts so that `Engine::interrupt` also breaks loops that never call the host. One engine a process can
    /// have this, because LuaJIT has one such switch a process.
    bool interruptible = false;

    /// Where `print` and `io.write` of scripts go; standard output if empty: a write to it that fails ends the run,
    /// which has failed then.
    std::function<void(std::string_view)> output;

    /// Where messages about the run go; standard error if empty.
    std::function<void(std::string_view)> diagnostics;

    /// Captures the packets of the engine's own connections. Without the right to do so the engine says what is
    /// missing, and goes on.
    std::optional<CaptureOptions> capture;

    /// What connections do is told as it happens. Absent, it costs nothing.
    std::optional<TraceOptions> trace{};

    /// Keeps what happens for Result::recording.
    std::optional<RecordOptions> record{};
};

struct Result {
    Outcome outcome = Outcome::done;
    Values values;                   ///< what the script returned
    std::string error;               ///< with traceback, if it failed
    std::vector<Figure> figures;     ///< the numbers that were reported, in order
    std::vector<Reported> reported;  ///< the same with all that is known of each, in order

    /// Those of the scenario, and those that it was run with. If only one role was played, those declared on what was
    /// never reported, and so may be another role's, are not among them.
    std::vector<JudgedThreshold> thresholds;

    std::chrono::system_clock::time_point began;  ///< by the engine's clock
    double seconds = 0;                           ///< that it took, by the same

    std::optional<Recording> recording;  ///< if EngineOptions::record is there: since the engine began
};

/// Hands the answer of an asynchronous function back to the script. It may be called from any thread, once; an answer
/// that never comes is an error in the script when the last copy is gone. An answer for a task that has been cancelled
/// is dropped.
class Completion
{
public:
    struct Impl;
    explicit Completion(std::shared_ptr<Impl> impl);

    void resolve(Values values) const;
    void reject(std::string_view code, std::string_view message) const;  ///< the script sees `nil, err`

private:
    std::shared_ptr<Impl> impl_;
};

using Function = std::function<Values(const Values&)>;
using AsyncFunction = std::function<void(const Values&, Completion)>;

/// What to play: see Engine::run_scenario.
struct ScenarioRun {
    std::filesystem::path file;
    std::optional<std::string> role;          ///< all roles if absent
    std::map<std::string, Value> parameters;  ///< those that differ from the default
    std::vector<std::string> arguments{};     ///< for a role that takes more (Role::takes_more)
    std::map<std::string, Value> impair{};    ///< a relay with these options (moonwire.impair) before each server
    std::vector<Threshold> thresholds{};      ///< these replace those that the scenario has on the same figures
};

/// One thread, one event loop, one Lua state. An engine is used from one thread; only `stop`, `post` and Completion may
/// be used from others, and `interrupt` from a signal handler. Several engines in one process share nothing. An engine
/// runs one script after the other; each finds the globals that the last one left.
class Engine
{
public:
    /// Throws UsageError if the capture's file cannot be written.
    explicit Engine(EngineOptions options = {});
    ~Engine();
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    /// Makes `function` callable from scripts as `name`, or as `module.name` after `require "module"` for a dotted
    /// name. An exception that it throws becomes an error in the script.
    void define(std::string_view name, Function function);

    /// The same for a function that suspends the script's task until the completion is called.
    void define_async(std::string_view name, AsyncFunction function);

    Result run_string(std::string_view source, std::string_view chunk_name,
                      const std::vector<std::string>& arguments = {});
    Result run_file(const std::filesystem::path& file, const std::vector<std::string>& arguments = {});

    /// Reads a scenario's declaration. Throws UsageError if the file is no scenario or its declaration is wrong.
    Declaration describe(const std::filesystem::path& file);

    /// Checks the parameters against the declaration (UsageError), then plays it.
    Result run_scenario(const ScenarioRun& run);

    /// Plays it in the background of what the engine runs, as `run` at a prompt does; prompts call it `this_run`.
    /// `on_end` is called when it has ended by itself: not when the engine stops before. Only while the engine runs.
    void start_scenario(const ScenarioRun& run, std::function<void(Outcome)> on_end);

    /// What the random numbers follow from: EngineOptions::seed, or the system's choice.
    std::uint64_t seed() const;

    /// Ends the capture, which otherwise goes on until the engine is gone: waits, not for long, for the last packets of
    /// connections that have been closed, and completes the file. Nothing if there was none.
    std::optional<CaptureReport> end_capture();

    /// Runs no script, but what consoles are given to evaluate, until `stop`. Scripts see `script` and `arguments` in
    /// `arg`.
    Result run_consoles(const std::string& script, const std::vector<std::string>& arguments = {});

    /// For a person's entries, which are evaluated while the engine runs.
    std::unique_ptr<Console> open_console(ConsoleOptions options);

    /// Calls `handler` in a turn of its own, soon, or when the engine runs next. From any thread.
    void post(std::function<void()> handler);

    /// Calls `handler` in a turn of its own whenever something can be read from the descriptor, which stays the
    /// caller's, while the engine runs; until `unwatch`. One handler a descriptor.
    void watch(int descriptor, std::function<void()> handler);
    void unwatch(int descriptor);

    /// From now on `interrupt` does not end the script: it cancels a task that does not let others run, if there is
    /// one, and calls `handler` in a turn of its own otherwise.
    void on_interrupt(std::function<void()> handler);

    /// The names of the host's own modules: "tcp" for `require "moonwire.tcp"`.
    static const std::vector<std::string>& module_names();

    /// Makes `name` available to scripts as a global, as `moonwire -l name` does.
    void preload(std::string_view module);

    /// Ends the running script: its tasks are cancelled and cleaned up, the result is `interrupted`. From any thread.
    void stop();

    /// The same at once, also out of a loop that never waits. Async-signal-safe; to be called on the engine's thread,
    /// that is from a signal handler that runs there.
    void interrupt() noexcept;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace moonwire
