#include "host/app/prompt_loop.hpp"

#include "host/app/colours.hpp"
#include "host/app/exit_status.hpp"

#include <fmt/format.h>

#include <unistd.h>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <utility>

namespace moonwire::app {

namespace {

using terminal::LineEditor;

// What is printed while a person types is shown at the end of the turn, or when it is this much.
constexpr std::size_t shown_at_once = 64 * 1024;

}  // namespace

PromptLoop::PromptLoop(Engine& engine, Console& console)
    : engine_(engine),
      console_(console),
      signals_(engine, [this](PromptSignals::Signal signal) { on_signal(signal); }),
      history_(terminal::history_path()),
      editor_({"> ", history_.load(), colours_wanted()}, language())
{
    engine_.on_interrupt([this] { on_interrupt(); });
}

int PromptLoop::run(const std::function<Result(std::function<void(Outcome)>)>& play)
{
    const Result result = play([this](Outcome outcome) { evaluated(outcome); });
    show();
    if (result.outcome == Outcome::failed) {
        fmt::print(stderr, "moonwire: {}\n", result.error);
        return failed;
    }
    return status_;
}

terminal::Language PromptLoop::language()
{
    return {[this](const std::string& text) { return console_.is_complete(text); },
            [this](const std::string& text) {
                Candidates found = console_.complete(text);
                return terminal::Language::Words{found.start, std::move(found.words)};
            },
            [this](const std::string& text) { return console_.hint(text); }};
}

void PromptLoop::begin_entry()
{
    show();
    if (!at_line_start_) {
        std::fputs("\n", stdout);
        at_line_start_ = true;
    }
    signals_.catch_stop(true);
    editor_.start();
    engine_.watch(STDIN_FILENO, [this] { read_key(); });
}

// One byte a turn: what was typed ahead of the entry's end is for whoever reads next, which may be the entry.
void PromptLoop::read_key()
{
    char byte = 0;
    const ssize_t size = ::read(STDIN_FILENO, &byte, 1);
    if (size == 1) {
        editor_.feed(byte);
    } else if (size == 0 || (errno != EAGAIN && errno != EINTR)) {
        leave(interrupted);  // nobody is there any more
        return;
    }
    if (!typing()) {
        end_entry();
    }
}

void PromptLoop::end_entry()
{
    engine_.unwatch(STDIN_FILENO);
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

void PromptLoop::evaluate(const std::string& entry)
{
    if (entry.find_first_not_of(" \t\n") == std::string::npos) {
        begin_entry();
        return;
    }
    remember(entry);
    console_.set_columns(static_cast<std::size_t>(LineEditor::columns()));
    console_.evaluate(entry, [this](Outcome outcome) { evaluated(outcome); });
}

void PromptLoop::evaluated(Outcome outcome)
{
    if (outcome == Outcome::interrupted) {
        print("\ninterrupted\n");  // the terminal has shown ^C
    }
    if (!leaving_) {
        begin_entry();
    }
}

void PromptLoop::remember(const std::string& entry)
{
    if (history_.path().empty() || entry == last_entry_) {
        return;
    }
    last_entry_ = entry;
    if (const auto error = history_.append(entry); error && !history_failed_) {
        history_failed_ = true;
        print(fmt::format("moonwire: the history is not kept: {}: {}\n", history_.path().string(), error.message()));
    }
}

// At once, but while somebody types what follows in the same turn together with it: each time the line is drawn
// anew.
void PromptLoop::print(std::string_view text)
{
    const bool first_of_turn = !std::exchange(printed_, true);
    if (first_of_turn) {
        engine_.post([this] {
            printed_ = false;
            show();
        });
    }
    unshown_ += text;
    if (!typing() || first_of_turn || unshown_.size() >= shown_at_once) {
        show();
    }
}

void PromptLoop::show()
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

void PromptLoop::on_interrupt()
{
    if (typing()) {
        editor_.cancel();
        end_entry();
    } else {
        console_.cancel();
    }
}

void PromptLoop::on_signal(PromptSignals::Signal signal)
{
    switch (signal) {
    case PromptSignals::Signal::leave:
        leave(interrupted);  // nobody is there any more
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

void PromptLoop::leave(int status)
{
    if (leaving_) {
        return;
    }
    if (typing()) {
        editor_.end();
        engine_.unwatch(STDIN_FILENO);
    }
    leaving_ = true;
    status_ = status;
    signals_.begin_end();
    engine_.stop();
}

}  // namespace moonwire::app
