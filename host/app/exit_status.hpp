#pragma once

namespace moonwire::app {

enum ExitStatus : int {
    done = 0,
    failed = 1,
    wrong_usage = 2,
    interrupted = 130,
};

}  // namespace moonwire::app
