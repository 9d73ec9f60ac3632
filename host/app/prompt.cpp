#include "host/app/prompt.hpp"

#include "host/app/colours.hpp"
#include "host/app/exit_status.hpp"
#include "host/app/prompt_loop.hpp"
#include "host/app/session.hpp"

#include <fmt/format.h>

#include <unistd.h>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <utility>

namespace moonwire::app {

namespace {

/// The prompt of this process's own engine.
class Prompt
{
public:
    explicit Prompt(EngineOptions options)
        : session_(with_outputs(std::move(options)),
                   {[this](std::string_view text) { print(text); }, [this](std::string_view text) { print(text); },
                    colours_wanted(), static_cast<std::size_t>(terminal::LineEditor::columns())}),
          loop_(session_.engine(), session_.console())
    {
        screen_ = &loop_;
    }
    ~Prompt() { screen_ = nullptr; }
    Prompt(const Prompt&) = delete;
    Prompt& operator=(const Prompt&) = delete;

    int run(const SessionStart& start)
    {
        fmt::print("moonwire {}: {}help() helps, Tab completes, Ctrl-C cancels, Ctrl-D leaves\n", MOONWIRE_VERSION,
                   start.scenario ? "this_run is the run; " : "");
        const int status = loop_.run([&](std::function<void(Outcome)> ready) { return session_.run(start, ready); });
        return session_.status(status);
    }

private:
    EngineOptions with_outputs(EngineOptions options)
    {
        options.output = [this](std::string_view text) { print(text); };
        options.diagnostics = options.output;
        if (options.trace && !options.trace->output) {
            options.trace->output = options.output;
        }
        return options;
    }

    // What is closed with the engine may have something to say when nobody types any more.
    void print(std::string_view text)
    {
        if (screen_ != nullptr) {
            screen_->print(text);
        } else {
            std::fwrite(text.data(), 1, text.size(), stderr);
        }
    }

    PromptLoop* screen_ = nullptr;  // loop_, while it lives
    Session session_;
    PromptLoop loop_;
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
