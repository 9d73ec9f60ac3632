#pragma once

#include "host/app/prompt_signals.hpp"
#include "host/terminal/history_file.hpp"
#include "host/terminal/line_editor.hpp"

#include <moonwire/engine.hpp>

#include <functional>
#include <string>
#include <string_view>

namespace moonwire::app {

/// A person's terminal: reads entries, hands them to a console, and prints what comes back. `engine` is the event loop
/// that it waits in, and need not be the one that the console evaluates in; both must outlive it.
class PromptLoop
{
public:
    PromptLoop(Engine& engine, Console& console);

    /// Runs `play`, which runs the engine and calls what it is given as soon as entries are welcome. Returns the exit
    /// status: that of `leave`, or a failure if `play` comes back with one.
    int run(const std::function<Result(std::function<void(Outcome)>)>& play);

    /// Prints above what is being typed.
    void print(std::string_view text);

    /// Ends the session: everything that runs in the engine comes to its end in order; Ctrl-C now ends the process at
    /// once. The first status counts.
    void leave(int status);

private:
    terminal::Language language();
    bool typing() const { return editor_.state() == terminal::LineEditor::State::editing; }
    void begin_entry();
    void read_key();
    void end_entry();
    void evaluate(const std::string& entry);
    void evaluated(Outcome outcome);
    void remember(const std::string& entry);
    void show();
    void on_interrupt();
    void on_signal(PromptSignals::Signal signal);

    Engine& engine_;
    Console& console_;
    PromptSignals signals_;
    terminal::HistoryFile history_;
    terminal::LineEditor editor_;
    std::string unshown_;
    bool printed_ = false;  // in this turn
    std::string last_entry_;
    bool at_line_start_ = true;
    bool history_failed_ = false;
    bool leaving_ = false;
    int status_ = 0;
};

}  // namespace moonwire::app
