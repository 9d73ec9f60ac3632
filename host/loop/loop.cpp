#include "host/loop/loop.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

namespace moonwire::loop {

namespace {

// Large enough that a busy connection's data is taken in one read, small enough to stay in the second-level cache.
constexpr std::size_t scratch_size = 256 * 1024;

// How long nothing must happen, in real time, before virtual time jumps: the kernel delivers on loopback before `send`
// returns, except when it puts the work off to a kernel thread.
constexpr std::chrono::milliseconds quiet_time{1};

}  // namespace

Loop::Loop(std::unique_ptr<observe::Clock> clock)
    : clock_(std::move(clock)),
      virtual_clock_(dynamic_cast<observe::VirtualClock*>(clock_.get())),
      observers_(*clock_),
      scratch_(scratch_size),
      context_(1),
      wake_(context_),
      poller_(context_, observers_, [this] { end_turn(); })
{
}

Loop::~Loop()
{
    // An operation that waits for a timer of its own is kept alive by the timer's handler.
    timers_.clear();
    poller_.give_up();
    ending_.clear();
}

void Loop::post(Handler<void()> handler)
{
    boost::asio::post(context_, std::move(handler));
}

void Loop::run()
{
    stopped_ = false;
    context_.restart();
    const auto work = boost::asio::make_work_guard(context_);
    while (!stopped_) {
        take_turn();
    }
}

void Loop::run_until_closed()
{
    context_.restart();
    const auto work = boost::asio::make_work_guard(context_);
    while (closing_work_.use_count() > 1) {
        take_turn();
    }
}

void Loop::take_turn()
{
    if (virtual_clock_ != nullptr) {
        take_virtual_turn();
    } else {
        context_.run_one();
    }
    end_turn();
}

void Loop::take_virtual_turn()
{
    pass_real_time();
    if (context_.poll_one() != 0 || context_.run_one_for(quiet_time) != 0) {
        return;
    }
    if (const auto next = timers_.next(); next && external_work_.use_count() == 1 && !real_time_passed_) {
        virtual_clock_->advance_to(*next);
        timers_.run_due(now());
    }
}

void Loop::pass_real_time()
{
    if (real_time_.use_count() == 1) {
        real_time_passed_.reset();
        return;
    }
    const auto real = std::chrono::steady_clock::now();
    if (real_time_passed_) {
        virtual_clock_->advance_to(now() + (real - *real_time_passed_));
        timers_.run_due(now());
    }
    real_time_passed_ = real;
}

void Loop::stop()
{
    stopped_ = true;
    boost::asio::post(context_, [] {});  // wakes the loop if it waits
}

void Loop::end_turn()
{
    for (std::size_t i = 0; i < ending_.size(); ++i) {
        const auto work = std::move(ending_[i]);  // may add more
        work->end_of_turn();
    }
    ending_.clear();
}

void Loop::timers_changed()
{
    const auto next = timers_.next();
    if (next && *next < wake_at_ && virtual_clock_ == nullptr) {
        wake_at_ = *next;
        wait_for_timer();
    }
}

void Loop::wait_for_timer()
{
    wake_.expires_at(wake_at_);
    wake_.async_wait([this](const boost::system::error_code& error) {
        if (error) {
            return;  // replaced by an earlier one
        }
        wake_at_ = observe::TimePoint::max();
        timers_.run_due(now());
        timers_changed();
    });
}

}  // namespace moonwire::loop
