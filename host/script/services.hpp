#pragma once

#include "host/loop/loop.hpp"
#include "host/observe/random.hpp"

#include <functional>
#include <string_view>

namespace moonwire::script {

/// What a Vm gets from the engine that owns it: the only way for scripts to time, randomness and the world.
struct Services {
    loop::Loop& loop;
    observe::Random& random;
    std::function<void(std::string_view)> output;       ///< what scripts print
    std::function<void(std::string_view)> diagnostics;  ///< what is to be said about the run
};

}  // namespace moonwire::script
