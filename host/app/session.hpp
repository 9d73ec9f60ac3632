#pragma once

#include "host/app/console_server.hpp"
#include "host/app/prompt.hpp"

#include <moonwire/engine.hpp>

#include <functional>
#include <memory>

namespace moonwire::app {

/// What a prompt and piped lines have in common: an engine with a console.
class Session
{
public:
    Session(EngineOptions options, ConsoleOptions console);

    Engine& engine() { return engine_; }
    Console& console() { return *console_; }

    /// The exit status of the session, where its end would say `own`: that of the scenario, if it has ended by itself.
    int status(int own) const;

    /// Runs the engine until `Engine::stop`; `ready` is called when what the session starts with has been evaluated.
    Result run(const SessionStart& start, std::function<void(Outcome)> ready);

private:
    Engine engine_;
    std::unique_ptr<Console> console_;
    std::unique_ptr<ConsoleServer> server_;    // for those who attach
    Outcome scenario_ = Outcome::interrupted;  // until it has ended
};

}  // namespace moonwire::app
