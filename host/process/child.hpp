#pragma once

#include "host/loop/handler.hpp"
#include "host/loop/loop.hpp"
#include "host/loop/timer.hpp"
#include "host/net/descriptor.hpp"
#include "host/net/error.hpp"
#include "host/net/result.hpp"
#include "host/net/stream.hpp"
#include "host/process/start.hpp"

#include <array>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>

namespace moonwire::process {

/// How a program has ended.
struct Exit {
    int code = 0;
    int signal = 0;  ///< what has ended it; 0: it has ended by itself, with `code`
};

/// A program that this one has started, with all that it has started in turn, unless that has left its process group.
/// They go together: what the program leaves running when it ends is told to end, too.
///
/// Held by shared_ptr; used on the loop's thread only, and that thread must be the one that starts it and must outlive
/// it (see start_program); so must the loop. A running child whose last owner goes is killed on the spot: `terminate`
/// is for good endings, and keeps it until it has ended. While it runs, virtual time passes as real time does.
class Child final : public std::enable_shared_from_this<Child>, private loop::Poller::Watch
{
public:
    using WaitHandler = loop::Handler<void(net::error_code, Exit)>;

    static net::Result<std::shared_ptr<Child>> start(loop::Loop& loop, const StartRequest& request);

    /// For `start`.
    Child(loop::Loop& loop, Started started, std::string program);
    ~Child();
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    pid_t pid() const { return pid_; }

    /// "cat (pid 4711)"
    const std::string& description() const { return description_; }

    /// This side's end of standard input (0), output (1) or error (2); null where that is not a pipe.
    const std::shared_ptr<net::Stream>& stream(std::size_t number) const { return streams_.at(number); }

    /// Has the program itself not ended? (How it has ended is known from then on.)
    bool running() const { return !exit_; }

    /// Waits for the program's end. Returns a number for `cancel_wait`. Any number of waits at a time.
    std::uint64_t async_wait(std::optional<observe::Duration> timeout, WaitHandler handler);
    void cancel_wait(std::uint64_t waiter);

    /// Sends a signal to the program and all that it has started.
    net::error_code signal(int number);

    /// SIGTERM to all of them, and SIGKILL to those who are still there after `grace`. Without effect once all have
    /// ended; called again it can only shorten the time that is left.
    void terminate(observe::Duration grace);

    /// The same, and waits until all have ended. Giving up the wait does not stop the termination.
    std::uint64_t async_terminate(observe::Duration grace, WaitHandler handler);

    /// How long those have for their end who are left behind by the program.
    observe::Duration grace = std::chrono::seconds(2);

private:
    struct Waiter {
        Waiter(loop::Loop& loop, std::uint64_t identity, bool for_all, WaitHandler on_done)
            : id(identity), all(for_all), handler(std::move(on_done)), timer(loop)
        {
        }

        std::uint64_t id;
        bool all;  // waits for what the program has started, too
        WaitHandler handler;
        loop::Timer timer;
    };

    void ready(std::uint32_t events) override;
    void given_up() override;

    Waiter& add_waiter(bool all, WaitHandler handler);
    void finish_waiters();
    void finish_waiter(std::uint64_t id, const net::error_code& error);

    void tell(observe::Event event) const;
    void tell_ended(const Exit& exit, const net::error_code& error) const;
    void ended(const Exit& exit, const net::error_code& error);
    void look_after_group();
    void kill();
    void kill_and_reap();
    void all_ended();

    loop::Loop& loop_;
    pid_t pid_;
    net::Descriptor handle_;
    std::string description_;
    observe::ObjectId object_;
    std::array<std::shared_ptr<net::Stream>, 3> streams_;
    std::optional<Exit> exit_;
    net::error_code exit_error_;  // somebody else has reaped it
    bool all_ended_ = false;
    bool killed_ = false;
    std::list<Waiter> waiters_;
    std::uint64_t next_waiter_ = 1;
    std::optional<observe::TimePoint> kill_at_;  // since it is being terminated
    loop::Timer kill_timer_;                     // its handler keeps this alive, and so does the other one's
    loop::Timer look_timer_;
    std::optional<loop::Loop::RealTime> real_time_;
    std::optional<loop::Loop::ClosingWork> terminating_;
};

}  // namespace moonwire::process
