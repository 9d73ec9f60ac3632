#pragma once

#include "host/script/vm.hpp"

#include <moonwire/console.hpp>

#include <memory>

namespace moonwire::embed {

/// A console of `vm`, which must outlive it.
std::unique_ptr<Console> make_console(script::Vm& vm, ConsoleOptions options);

/// Pushes what lua/console.lua returns: its function `new` makes a console.
void push_console_module(lua_State* L);

/// Pushes a function that does nothing until its task is cancelled.
void push_wait_for_cancel(lua_State* L);

}  // namespace moonwire::embed
