#pragma once

#include <functional>
#include <semaphore>
#include <thread>
#include <utility>

namespace moonwire::terminal {

/// A function that is run piece by piece, on a thread of its own while the caller waits: for code that expects to be
/// able to wait where its caller has to return to an event loop. One of the two runs at any time.
class Turns
{
public:
    /// Runs `function` up to its first `pause`.
    void begin(std::function<void()> function);

    /// The caller's: runs the function up to its next `pause`, or its end.
    void resume();

    /// Waits for the function, which has to be at its end.
    void join() { thread_.join(); }

    /// The function's: lets the caller go on until it resumes.
    void pause();

    /// The function's: has `question` run on the caller's thread.
    template <class F>
    void ask(F&& question)
    {
        question_ = std::ref(question);
        pause();
    }

private:
    void answer();

    std::thread thread_;
    std::binary_semaphore functions_turn_{0};
    std::binary_semaphore callers_turn_{0};
    std::function<void()> question_;
};

}  // namespace moonwire::terminal
