#pragma once

#include "host/app/commands.hpp"

namespace CLI {
class App;
}

namespace moonwire::app {

/// Has `app` take the arguments. Throws UsageError.
void parse_command_line(CLI::App& app, Arguments arguments);

/// The flags that every command that runs something has: see EngineFlags.
void add_engine_flags(CLI::App& app, EngineFlags& flags);

/// Those that every command that runs something once has: what is shown of what happens in it.
void add_observing_flags(CLI::App& app, EngineFlags& flags);

/// The flags that `app` takes: "--seed", "--memory", …
std::vector<std::string> long_flags(const CLI::App& app);

/// A word as a shell takes it: in quotes, if it needs them.
std::string quoted(const std::string& word);

/// " (did you mean '--seed'?)", or nothing if no known name comes near.
std::string suggestion(const std::string& name, const std::vector<std::string>& known);

}  // namespace moonwire::app
