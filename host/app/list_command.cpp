#include "host/app/commands.hpp"
#include "host/app/exit_status.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

namespace moonwire::app {

int list_command(const Arguments& arguments)
{
    if (!arguments.empty()) {
        throw UsageError("list takes no arguments, got '" + arguments.front() + "'");
    }
    const auto entries = list_scenarios(scenario_path());
    std::size_t width = 0;
    for (const ScenarioEntry& entry : entries) {
        width = std::max(width, entry.name.size());
    }
    Engine engine;
    for (const ScenarioEntry& entry : entries) {
        try {
            fmt::print("{:<{}}  {}\n", entry.name, width, engine.describe(entry.file).summary);
        } catch (const UsageError& error) {
            fmt::print(stderr, "moonwire: {} cannot be used: {}\n", entry.name, error.what());
        }
    }
    if (entries.empty()) {
        fmt::print(stderr, "moonwire: no scenarios found; MOONWIRE_PATH may name folders to look in\n");
    }
    return done;
}

}  // namespace moonwire::app
