#pragma once

#include <moonwire/engine.hpp>

#include <functional>
#include <string>

namespace moonwire::app {

/// Standard input that is no terminal, as a script of lines: hands the entries to a console, one after the other.
/// `engine` is the event loop that it waits in, and need not be the one that the console evaluates in; both must
/// outlive it.
class LineLoop
{
public:
    LineLoop(Engine& engine, Console& console);

    /// Runs `play`, which runs the engine and calls what it is given as soon as entries are welcome. Returns the exit
    /// status: a failure if an entry was one.
    int run(const std::function<Result(std::function<void(Outcome)>)>& play);

    /// Ends the engine's run, whatever of the input is left.
    void leave(int status);

private:
    void read();
    void next();
    bool take_line();
    void evaluated(Outcome outcome);

    Engine& engine_;
    Console& console_;
    std::string input_;
    std::string entry_;
    bool input_ended_ = false;
    bool at_end_ = false;
    int status_ = 0;
};

}  // namespace moonwire::app
