#pragma once

#include <moonwire/engine.hpp>

namespace moonwire::app {

/// While one lives, Ctrl-C (SIGINT) and SIGTERM interrupt `engine`; a second one ends the process at once. One at a
/// time.
class Signals
{
public:
    explicit Signals(Engine& engine);
    ~Signals();
    Signals(const Signals&) = delete;
    Signals& operator=(const Signals&) = delete;
};

}  // namespace moonwire::app
