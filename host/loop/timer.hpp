#pragma once

#include "host/loop/handler.hpp"
#include "host/observe/clock.hpp"

#include <map>
#include <memory>
#include <optional>
#include <utility>

namespace moonwire::loop {

class Loop;
class Timer;

/// The timers of one loop, earliest first. Knows no clock: the loop asks for the next deadline and says when it has
/// come.
class TimerQueue
{
public:
    using Entries = std::multimap<observe::TimePoint, Timer*>;

    std::optional<observe::TimePoint> next() const;

    /// Calls what was due at `now` or before, in order of the deadlines.
    void run_due(observe::TimePoint now);

    /// Drops all handlers uncalled, and so what they keep alive.
    void clear();

private:
    friend class Timer;
    Entries entries_;
};

/// Calls a handler at a point in time. Moving the deadline of an armed timer later costs no more than a store, which is
/// what a timeout that every read sets anew needs. Belongs to one loop, which must outlive it. Not movable.
class Timer
{
public:
    explicit Timer(Loop& loop) : loop_(loop) {}
    ~Timer() { disarm(); }
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;

    /// Replaces deadline and handler. The handler is called from the loop, never from within this call.
    void expires_at(observe::TimePoint deadline, Handler<void()> handler);
    void expires_after(observe::Duration duration, Handler<void()> handler);

    /// The handler will not be called.
    void cancel() { handler_.reset(); }

    bool armed() const { return static_cast<bool>(handler_); }

private:
    friend class TimerQueue;

    void arm(observe::TimePoint deadline);
    void disarm();
    void entry_due(observe::TimePoint now);

    Loop& loop_;
    observe::TimePoint deadline_{};
    Handler<void()> handler_;
    std::optional<TimerQueue::Entries::iterator>
        entry_;  // may stand earlier than deadline_: then it is put off when due
};

/// The same for those that seldom need one: takes its memory when it is first set.
class SeldomTimer
{
public:
    explicit SeldomTimer(Loop& loop) : loop_(loop) {}

    void expires_after(observe::Duration duration, Handler<void()> handler)
    {
        if (timer_ == nullptr) {
            timer_ = std::make_unique<Timer>(loop_);
        }
        timer_->expires_after(duration, std::move(handler));
    }

    void cancel()
    {
        if (timer_ != nullptr) {
            timer_->cancel();
        }
    }

private:
    Loop& loop_;
    std::unique_ptr<Timer> timer_;
};

}  // namespace moonwire::loop
