#include "host/app/prompt.hpp"

#include "host/app/colours.hpp"
#include "host/app/exit_status.hpp"
#include "host/app/prompt_loop.hpp"
#include "host/app/session.hpp"

#include <fmt/format.h>

#include <unistd.h>
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
                   {[this](std::string_view text) { loop_.print(text); },
                    [this](std::string_view text) { loop_.print(text); }, colours_wanted(),
                    static_cast<std::size_t>(terminal::LineEditor::columns())}),
          loop_(session_.engine(), session_.console())
    {
    }

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
        options.output = [this](std::string_view text) { loop_.print(text); };
        options.diagnostics = options.output;
        if (options.trace && !options.trace->output) {
            options.trace->output = options.output;
        }
        return options;
    }

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
