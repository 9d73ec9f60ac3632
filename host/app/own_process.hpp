#pragma once

#include <sys/types.h>
#include <functional>
#include <optional>

namespace moonwire::app {

/// SIGINT and SIGTERM as something to wait for, instead of something that ends the process. While one lives; one at a
/// time, in a process without other threads.
class EndingSignals
{
public:
    EndingSignals();
    ~EndingSignals();
    EndingSignals(const EndingSignals&) = delete;
    EndingSignals& operator=(const EndingSignals&) = delete;

    /// Readable when there is a signal.
    int descriptor() const { return descriptor_; }

    enum class From { terminal, process };  ///< who pressed Ctrl-C sends it to all processes at the terminal

    /// Takes a signal, if there is one.
    std::optional<From> take() const;

private:
    int descriptor_;
};

/// A process that plays a part of this one's work.
struct OwnProcess {
    pid_t id;
    int output;  ///< the caller's: what the process has to tell can be read from it, and then its end
};

/// Has a process of its own call `play`, which gets the descriptor that it tells something by, and ends it with the
/// exit status that `play` returns. It ends with this one at the latest. This one must have no other threads.
OwnProcess start_own_process(const std::function<int(int output)>& play);

}  // namespace moonwire::app
