#pragma once

#include <moonwire/engine.hpp>

#include <optional>
#include <string>
#include <vector>

namespace moonwire::app {

/// What a session has before anybody types: the modules of -l, and a file of -i or the code of -e, or a scenario that
/// plays.
struct SessionStart {
    std::vector<std::string> modules;
    std::optional<std::string> text;
    std::string name;  ///< the file's; empty for code
    std::vector<std::string> arguments;
    std::string ledger;  ///< see EngineFlags
    std::optional<ScenarioRun> scenario{};
    std::optional<std::string> console_name{};  ///< others may attach to what is called so
};

/// The host's own modules, as -l takes them.
std::vector<std::string> own_modules();

/// Is a person sitting at a terminal that a line editor can work with?
bool at_terminal();

/// Evaluates what a person types until they leave. Returns the exit status: the scenario's, if there is one that has
/// ended by itself.
int run_prompt(EngineOptions options, const SessionStart& start);

/// The same for standard input that is no terminal: nothing is shown but what the lines print, and an error in one of
/// them makes the exit status 1.
int run_lines(EngineOptions options, const SessionStart& start);

}  // namespace moonwire::app
