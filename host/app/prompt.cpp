#include "host/app/prompt.hpp"

#include "host/app/colours.hpp"
#include "host/app/exit_status.hpp"
#include "host/app/prompt_signals.hpp"
#include "host/app/session.hpp"
#include "host/terminal/history_file.hpp"
#include "host/terminal/line_editor.hpp"

#include <fmt/format.h>

#include <unistd.h>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <utility>

namespace moonwire::app {

namespace {

using terminal::HistoryFile;
using terminal::LineEditor;

// What is printed while a person types is shown at the end of the turn, or when it is this much.
constexpr std::size_t shown_at_once = 64 * 1024;

class Prompt
{
public:
    explicit Prompt(EngineOptions options)
        : session_(with_outputs(std::move(options)),
                   {[this](std::string_view text) { print(text); }, [this](std::string_view text) { print(text); },
                    colours_wanted(), static_cast<std::size_t>(LineEditor::columns())}),
          signals_(engine(), [this](PromptSignals::Signal signal) { on_signal(signal); }),
          history_(terminal::history_path()),
          editor_({"> ", history_.load(), colours_wanted()}, language())
    {
        engine().on_interrupt([this] { on_interrupt(); });
    }

    int run(const SessionStart& start)
    {
        fmt::print("moonwire {}: help() helps, Tab completes, Ctrl-C cancels, Ctrl-D leaves\n", MOONWIRE_VERSION);
        const Result result = session_.run(start, [this](Outcome outcome) { evaluated(outcome); });
        show();
        if (result.outcome == Outcome::failed) {
            fmt::print(stderr, "moonwire: {}\n", result.error);
            return failed;
        }
        return status_;
    }

private:
    Engine& engine() { return session_.engine(); }
    Console& console() { return session_.console(); }

    EngineOptions with_outputs(EngineOptions options)
    {
        options.output = [this](std::string_view text) { print(text); };
        options.diagnostics = options.output;
        if (options.trace && !options.trace->output) {
            options.trace->output = options.output;
        }
        return options;
    }

    terminal::Language language()
    {
        return {[this](const std::string& text) { return console().is_complete(text); },
                [this](const std::string& text) {
                    Candidates found = console().complete(text);
                    return terminal::Language::Words{found.start, std::move(found.words)};
                },
                [this](const std::string& text) { return console().hint(text); }};
    }

    bool typing() const { return editor_.state() == LineEditor::State::editing; }

    void begin_entry()
    {
        show();
        if (!at_line_start_) {
            std::fputs("\n", stdout);
            at_line_start_ = true;
        }
        signals_.catch_stop(true);
        editor_.start();
        engine().watch(STDIN_FILENO, [this] { read_key(); });
    }

    // One byte a turn: what was typed ahead of the entry's end is for whoever reads next, which may be the entry.
    void read_key()
    {
        char byte = 0;
        const ssize_t size = ::read(STDIN_FILENO, &byte, 1);
        if (size == 1) {
            editor_.feed(byte);
        } else if (size == 0 || (errno != EAGAIN && errno != EINTR)) {
            hang_up();
            return;
        }
        if (!typing()) {
            end_entry();
        }
    }

    void end_entry()
    {
        engine().unwatch(STDIN_FILENO);
        signals_.catch_stop(false);
        switch (editor_.state()) {
        case LineEditor::State::accepted:
            evaluate(editor_.entry());
            break;
        case LineEditor::State::cancelled:
            if (editor_.entry().empty()) {
                print("Ctrl-D leaves\n");
            }
            begin_entry();
            break;
        default:
            leave(done);
        }
    }

    void evaluate(const std::string& entry)
    {
        if (entry.find_first_not_of(" \t\n") == std::string::npos) {
            begin_entry();
            return;
        }
        remember(entry);
        console().set_columns(static_cast<std::size_t>(LineEditor::columns()));
        console().evaluate(entry, [this](Outcome outcome) { evaluated(outcome); });
    }

    void evaluated(Outcome outcome)
    {
        if (outcome == Outcome::interrupted) {
            print("\ninterrupted\n");  // the terminal has shown ^C
        }
        if (!leaving_) {
            begin_entry();
        }
    }

    void remember(const std::string& entry)
    {
        if (history_.path().empty() || entry == last_entry_) {
            return;
        }
        last_entry_ = entry;
        if (const auto error = history_.append(entry); error && !history_failed_) {
            history_failed_ = true;
            print(
                fmt::format("moonwire: the history is not kept: {}: {}\n", history_.path().string(), error.message()));
        }
    }

    // At once, but while somebody types what follows in the same turn together with it: each time the line is drawn
    // anew.
    void print(std::string_view text)
    {
        const bool first_of_turn = !std::exchange(printed_, true);
        if (first_of_turn) {
            engine().post([this] {
                printed_ = false;
                show();
            });
        }
        unshown_ += text;
        if (!typing() || first_of_turn || unshown_.size() >= shown_at_once) {
            show();
        }
    }

    void show()
    {
        const std::string text = std::exchange(unshown_, {});
        if (typing() && !text.empty()) {
            editor_.print(text);
        } else if (!text.empty()) {
            std::fwrite(text.data(), 1, text.size(), stdout);
            at_line_start_ = text.back() == '\n';
        }
        if (!printed_) {
            std::fflush(stdout);
        }
    }

    void on_interrupt()
    {
        if (typing()) {
            editor_.cancel();
            end_entry();
        } else {
            console().cancel();
        }
    }

    void on_signal(PromptSignals::Signal signal)
    {
        switch (signal) {
        case PromptSignals::Signal::leave:
            hang_up();
            break;
        case PromptSignals::Signal::resized:
            if (typing()) {
                editor_.resize();
            }
            break;
        case PromptSignals::Signal::stop:
            if (typing()) {
                editor_.suspend();
                signals_.stop_process();
                editor_.take_up();
            }
        }
    }

    // Nobody is there any more.
    void hang_up()
    {
        if (typing()) {
            editor_.end();
            engine().unwatch(STDIN_FILENO);
        }
        leave(interrupted);
    }

    // Everything that runs comes to its end in order; Ctrl-C now ends the process at once.
    void leave(int status)
    {
        if (!leaving_) {
            leaving_ = true;
            status_ = status;
            signals_.begin_end();
            engine().stop();
        }
    }

    Session session_;
    PromptSignals signals_;
    HistoryFile history_;
    LineEditor editor_;
    std::string unshown_;
    bool printed_ = false;  // in this turn
    std::string last_entry_;
    bool at_line_start_ = true;
    bool history_failed_ = false;
    bool leaving_ = false;
    int status_ = done;
};

}  // namespace

bool at_terminal()
{
    const char* kind = std::getenv("TERM");
    const bool can_move_cursor = kind != nullptr && *kind != '\0' && std::string_view(kind) != "dumb";
    return ::isatty(STDIN_FILENO) != 0 && ::isatty(STDOUT_FILENO) != 0 && can_move_cursor;
}

int run_prompt(EngineOptions options, const SessionStart& start)
{
    return Prompt(std::move(options)).run(start);
}

}  // namespace moonwire::app
