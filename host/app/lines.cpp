// Standard input that is no terminal, as a script of lines.
#include "host/app/exit_status.hpp"
#include "host/app/prompt.hpp"
#include "host/app/session.hpp"
#include "host/app/signals.hpp"

#include <fmt/format.h>

#include <unistd.h>
#include <cerrno>
#include <cstdio>
#include <utility>

namespace moonwire::app {

namespace {

class Lines
{
public:
    explicit Lines(EngineOptions options)
        : session_(std::move(options),
                   {[](std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); },
                    [](std::string_view text) { std::fwrite(text.data(), 1, text.size(), stderr); }})
    {
        session_.engine().on_interrupt([this] {
            session_.console().cancel();
            session_.engine().stop();
        });
    }

    int run(const SessionStart& start)
    {
        const Signals signals(session_.engine());
        const Result result = session_.run(start, [this](Outcome outcome) { evaluated(outcome); });
        std::fflush(stdout);
        if (result.outcome == Outcome::failed) {
            fmt::print(stderr, "moonwire: {}\n", result.error);
            return failed;
        }
        if (!at_end_) {
            fmt::print(stderr, "moonwire: interrupted\n");
            return interrupted;
        }
        return status_;
    }

private:
    void read()
    {
        char bytes[4096];
        const ssize_t size = ::read(STDIN_FILENO, bytes, sizeof bytes);
        if (size < 0 && (errno == EAGAIN || errno == EINTR)) {
            return;
        }
        session_.engine().unwatch(STDIN_FILENO);
        if (size > 0) {
            input_.append(bytes, static_cast<std::size_t>(size));
        } else {
            input_ended_ = true;
        }
        next();
    }

    // Evaluates the next entry, or sees to it that there will be one.
    void next()
    {
        while (take_line()) {
            if (session_.console().is_complete(entry_) || (input_ended_ && input_.empty())) {
                const std::string entry = std::exchange(entry_, {});
                session_.console().evaluate(entry, [this](Outcome outcome) { evaluated(outcome); });
                return;
            }
        }
        if (input_ended_) {
            at_end_ = true;
            session_.engine().stop();
        } else {
            session_.engine().watch(STDIN_FILENO, [this] { read(); });
        }
    }

    // Moves a line from the input to the entry.
    bool take_line()
    {
        const auto newline = input_.find('\n');
        if (newline == std::string::npos && (!input_ended_ || input_.empty())) {
            return false;
        }
        entry_ += (entry_.empty() ? "" : "\n") + input_.substr(0, newline);
        input_.erase(0, newline == std::string::npos ? newline : newline + 1);
        return true;
    }

    void evaluated(Outcome outcome)
    {
        std::fflush(stdout);
        if (outcome == Outcome::failed) {
            status_ = failed;
        }
        if (outcome == Outcome::interrupted) {
            session_.engine().stop();
        } else {
            next();
        }
    }

    Session session_;
    std::string input_;
    std::string entry_;
    bool input_ended_ = false;
    bool at_end_ = false;
    int status_ = done;
};

}  // namespace

int run_lines(EngineOptions options, const SessionStart& start)
{
    return Lines(std::move(options)).run(start);
}

}  // namespace moonwire::app
