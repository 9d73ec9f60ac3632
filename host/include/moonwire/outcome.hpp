#pragma once

namespace moonwire {

enum class Outcome {
    done,         ///< the script and all its tasks have ended well
    failed,       ///< an error was not caught
    interrupted,  ///< `interrupt`, `stop` or a cancel ended it
};

}  // namespace moonwire
