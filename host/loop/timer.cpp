#include "host/loop/timer.hpp"

#include "host/loop/loop.hpp"

#include <iterator>

namespace moonwire::loop {

std::optional<observe::TimePoint> TimerQueue::next() const
{
    if (entries_.empty()) {
        return std::nullopt;
    }
    return entries_.begin()->first;
}

void TimerQueue::run_due(observe::TimePoint now)
{
    // What a handler sets for now, too, has to wait until other events had their turn: virtual time stands still
    // meanwhile.
    auto left = std::distance(entries_.begin(), entries_.upper_bound(now));
    for (; left > 0 && !entries_.empty() && entries_.begin()->first <= now; --left) {
        Timer* timer = entries_.begin()->second;
        entries_.erase(entries_.begin());
        timer->entry_.reset();
        timer->entry_due(now);
    }
}

void TimerQueue::clear()
{
    while (!entries_.empty()) {
        Timer* timer = entries_.begin()->second;
        entries_.erase(entries_.begin());
        timer->entry_.reset();
        // May destroy the timer, and others with it.
        const Handler<void()> dropped = std::move(timer->handler_);
    }
}

void Timer::expires_at(observe::TimePoint deadline, Handler<void()> handler)
{
    deadline_ = deadline;
    handler_ = std::move(handler);
    if (!entry_ || deadline < (*entry_)->first) {
        disarm();
        arm(deadline);
    }
}

void Timer::expires_after(observe::Duration duration, Handler<void()> handler)
{
    expires_at(loop_.now() + duration, std::move(handler));
}

void Timer::arm(observe::TimePoint deadline)
{
    entry_ = loop_.timers().entries_.emplace(deadline, this);
    loop_.timers_changed();
}

void Timer::disarm()
{
    if (entry_) {
        loop_.timers().entries_.erase(*entry_);
        entry_.reset();
    }
}

void Timer::entry_due(observe::TimePoint now)
{
    if (!handler_) {
        return;
    }
    if (deadline_ > now) {
        arm(deadline_);
    } else {
        handler_();
    }
}

}  // namespace moonwire::loop
