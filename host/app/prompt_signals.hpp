#pragma once

#include <moonwire/engine.hpp>

#include <functional>

namespace moonwire::app {

/// While one lives, signals mean what they mean at a prompt. Ctrl-C interrupts `engine`, which calls what it was given
/// for that, as often as it comes; the others come to `handler` in a turn of the engine's. When the end has come,
/// Ctrl-C ends the process at once. One at a time.
class PromptSignals
{
public:
    enum class Signal { leave, resized, stop };

    PromptSignals(Engine& engine, std::function<void(Signal)> handler);
    ~PromptSignals();
    PromptSignals(const PromptSignals&) = delete;
    PromptSignals& operator=(const PromptSignals&) = delete;

    /// Does Ctrl-Z come to the handler (which lets the terminal go first), or does it stop the process as always?
    void catch_stop(bool caught);

    /// Stops the process as Ctrl-Z does; returns when it goes on.
    void stop_process();

    void begin_end();

private:
    void take();

    Engine& engine_;
    std::function<void(Signal)> handler_;
};

}  // namespace moonwire::app
