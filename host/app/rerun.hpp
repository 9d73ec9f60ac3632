#pragma once

#include <moonwire/engine.hpp>

#include <functional>
#include <string>

namespace moonwire::app {

/// Is told which files a run uses. Empty: nobody wants to know.
using Uses = std::function<void(const std::string& path)>;

/// Has the engine tell of every module that its scripts require, before it is loaded: where it is, or would be.
void tell_modules(Engine& engine, const Uses& uses);

/// Calls `run` in a process of its own, and again whenever `file` or a file that a run has used changes; a run that is
/// under way is ended in order first. Says on standard error what happens. Until Ctrl-C (SIGINT) or SIGTERM; returns
/// the exit status. The process must have no other threads.
int run_and_watch(const std::string& file, const std::function<int(const Uses&)>& run);

}  // namespace moonwire::app
