#pragma once

#include <moonwire/engine.hpp>

#include <lua.hpp>

#include <functional>

namespace moonwire::embed {

/// Lets scripts play scenarios by name: what `scenario.run` (bindings/lua/scenario_handle.lua) needs of the host.
void offer_scenarios(lua_State* L);

/// Pushes a function and its arguments that begin this run in the background; `on_end` gets "done", "failed" or
/// "stopped". Returns how many arguments there are.
int push_start(lua_State* L, const ScenarioRun& run, std::function<void(const std::string& state)> on_end);

}  // namespace moonwire::embed
