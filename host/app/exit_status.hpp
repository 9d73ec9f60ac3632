#pragma once

#include <moonwire/engine.hpp>

namespace moonwire::app {

enum ExitStatus : int {
    done = 0,
    failed = 1,
    wrong_usage = 2,
    missed_threshold = 99,
    interrupted = 130,
};

/// What a run's result means for the exit status. A failure weighs more than a threshold.
ExitStatus exit_status(const Result& result);

}  // namespace moonwire::app
