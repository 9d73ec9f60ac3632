// Standard input that is no terminal, as a script of lines.
#include "host/app/line_loop.hpp"

#include "host/app/exit_status.hpp"
#include "host/app/session.hpp"
#include "host/app/signals.hpp"

#include <fmt/format.h>

#include <unistd.h>
#include <cerrno>
#include <cstdio>
#include <utility>

namespace moonwire::app {

LineLoop::LineLoop(Engine& engine, Console& console) : engine_(engine), console_(console)
{
    engine_.on_interrupt([this] {
        console_.cancel();
        engine_.stop();
    });
}

int LineLoop::run(const std::function<Result(std::function<void(Outcome)>)>& play)
{
    const Signals signals(engine_);
    const Result result = play([this](Outcome outcome) { evaluated(outcome); });
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

void LineLoop::leave(int status)
{
    at_end_ = true;
    status_ = status;
    engine_.unwatch(STDIN_FILENO);
    engine_.stop();
}

void LineLoop::read()
{
    char bytes[4096];
    const ssize_t size = ::read(STDIN_FILENO, bytes, sizeof bytes);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    engine_.unwatch(STDIN_FILENO);
    if (size > 0) {
        input_.append(bytes, static_cast<std::size_t>(size));
    } else {
        input_ended_ = true;
    }
    next();
}

// Evaluates the next entry, or sees to it that there will be one.
void LineLoop::next()
{
    if (at_end_) {
        return;
    }
    while (take_line()) {
        if (console_.is_complete(entry_) || (input_ended_ && input_.empty())) {
            const std::string entry = std::exchange(entry_, {});
            console_.evaluate(entry, [this](Outcome outcome) { evaluated(outcome); });
            return;
        }
    }
    if (input_ended_) {
        at_end_ = true;
        engine_.stop();
    } else {
        engine_.watch(STDIN_FILENO, [this] { read(); });
    }
}

// Moves a line from the input to the entry.
bool LineLoop::take_line()
{
    const auto newline = input_.find('\n');
    if (newline == std::string::npos && (!input_ended_ || input_.empty())) {
        return false;
    }
    entry_ += (entry_.empty() ? "" : "\n") + input_.substr(0, newline);
    input_.erase(0, newline == std::string::npos ? newline : newline + 1);
    return true;
}

void LineLoop::evaluated(Outcome outcome)
{
    std::fflush(stdout);
    if (outcome == Outcome::failed) {
        status_ = failed;
    }
    if (outcome == Outcome::interrupted) {
        engine_.stop();
    } else {
        next();
    }
}

int run_lines(EngineOptions options, const SessionStart& start)
{
    Session session(std::move(options),
                    {[](std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); },
                     [](std::string_view text) { std::fwrite(text.data(), 1, text.size(), stderr); }});
    LineLoop loop(session.engine(), session.console());
    return session.status(loop.run([&](std::function<void(Outcome)> ready) { return session.run(start, ready); }));
}

}  // namespace moonwire::app
