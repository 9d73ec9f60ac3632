#include "host/app/colours.hpp"
#include "host/app/command_line.hpp"
#include "host/app/commands.hpp"
#include "host/app/exit_status.hpp"
#include "host/app/line_loop.hpp"
#include "host/app/prompt.hpp"
#include "host/app/prompt_loop.hpp"
#include "host/app/remote_console.hpp"
#include "host/app/runtime_folder.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <cerrno>
#include <cstdio>
#include <optional>
#include <system_error>
#include <type_traits>

namespace moonwire::app {

namespace {

std::string joined(const std::vector<std::string>& names)
{
    std::string text;
    for (const std::string& name : names) {
        text += "\n  " + name;
    }
    return text;
}

// The one that begins with what was asked for, or the only one.
std::string choose(const std::string& wanted, const std::vector<std::string>& names)
{
    std::vector<std::string> fitting;
    for (const std::string& name : names) {
        if (name == wanted) {
            return name;
        }
        if (name.starts_with(wanted)) {
            fitting.push_back(name);
        }
    }
    if (fitting.size() == 1) {
        return fitting.front();
    }
    if (names.empty()) {
        throw UsageError("nothing to attach to: `moonwire run SCENARIO --listen-console` lets consoles in");
    }
    if (!fitting.empty()) {
        throw UsageError("attach to which one?" + joined(fitting));
    }
    throw UsageError("no '" + wanted + "' to attach to" + suggestion(wanted, names) + "; there are:" + joined(names));
}

int connect(const std::string& name)
{
    const int descriptor = connect_to_console(console_socket(name));
    if (descriptor < 0) {
        throw std::system_error(errno, std::generic_category(), "cannot attach to " + name);
    }
    return descriptor;
}

/// A terminal, or standard input, at a console in another program.
template <class Loop>
class Attached
{
public:
    Attached(const std::string& name, bool colours)
        : console_(engine_, connect(name),
                   {[this](std::string_view text) { print(text); },
                    [this](const std::string& why, bool in_order) { gone(why, in_order); }, colours,
                    static_cast<std::size_t>(terminal::LineEditor::columns())}),
          loop_(engine_, console_)
    {
    }

    int run()
    {
        const int status = loop_.run([this](std::function<void(Outcome)> ready) {
            engine_.post([ready = std::move(ready)] { ready(Outcome::done); });
            return engine_.run_consoles("attach");
        });
        if (why_) {
            fmt::print(stderr, "moonwire: {}\n", *why_);
        }
        return status;
    }

private:
    void print(std::string_view text)
    {
        if constexpr (std::is_same_v<Loop, PromptLoop>) {
            loop_.print(text);
        } else {
            std::fwrite(text.data(), 1, text.size(), stdout);
        }
    }

    void gone(const std::string& why, bool in_order)
    {
        why_ = why;
        loop_.leave(in_order ? done : failed);
    }

    Engine engine_;
    RemoteConsole console_;
    Loop loop_;
    std::optional<std::string> why_;  // the program has gone
};

}  // namespace

int attach_command(const Arguments& arguments)
{
    std::string wanted;
    CLI::App app;
    app.set_help_flag();
    app.add_option("name", wanted);
    parse_command_line(app, arguments);
    const std::string name = choose(wanted, list_consoles());
    if (!at_terminal()) {
        return Attached<LineLoop>(name, false).run();
    }
    Attached<PromptLoop> attached(name, colours_wanted());
    fmt::print("attached to {}: help() helps, Ctrl-C cancels, Ctrl-D leaves it running\n", name);
    return attached.run();
}

}  // namespace moonwire::app
