#pragma once

#include "host/loop/block_pool.hpp"
#include "host/loop/handler.hpp"
#include "host/loop/poller.hpp"
#include "host/loop/shared_space.hpp"
#include "host/loop/timer.hpp"
#include "host/observe/clock.hpp"
#include "host/observe/observer.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace moonwire::loop {

/// Something that collects work while handlers run and does it once when the turn ends (a stream that sends all that
/// was written to it in one system call).
class EndOfTurn
{
public:
    virtual void end_of_turn() = 0;

protected:
    ~EndOfTurn() = default;
};

/// An engine's event loop: the io_context, the time and what happens between two events. A *turn* is one completion
/// handler, or what one look at the poller has brought, and all that it causes. Used from one thread; `post` and `stop`
/// from any.
class Loop
{
public:
    /// With a VirtualClock, time jumps to the next timer whenever nothing else can happen.
    explicit Loop(std::unique_ptr<observe::Clock> clock);
    ~Loop();
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    boost::asio::io_context& context() { return context_; }
    const observe::Clock& clock() const { return *clock_; }
    observe::TimePoint now() const { return clock_->now(); }
    TimerQueue& timers() { return timers_; }
    Poller& poller() { return poller_; }

    /// Who is told what happens here, or null while nobody is: what native objects look at before they tell anything.
    observe::Observers* observed() { return observers_.empty() ? nullptr : &observers_; }

    /// Where observers are added.
    observe::Observers& observers() { return observers_; }

    /// A number for a native object that begins its life.
    observe::ObjectId new_object() { return ++last_object_; }

    /// Runs `handler` in a turn of its own, soon. From any thread.
    void post(Handler<void()> handler);

    /// Has `work->end_of_turn()` called when this turn ends. Holds it until then.
    void at_end_of_turn(std::shared_ptr<EndOfTurn> work) { ending_.push_back(std::move(work)); }

    /// A call that found its answer without waiting asks this before it returns at once. False after as many such
    /// answers in one go as were allowed when it began: then it has to let the others run.
    bool may_answer() { return answers_left_ == 0 ? false : (--answers_left_, true); }
    void allow_answers(int count) { answers_left_ = count; }

    /// Where a handler may read into what it uses up before it returns.
    std::span<std::byte> scratch() { return scratch_; }

    /// The same for what may have to stay for longer, as the datagrams of a batch.
    SharedSpace& shared_space() { return shared_space_; }

    /// For what is written and leaves at the end of the turn.
    BlockPool& blocks() { return blocks_; }

    /// Takes turns until `stop` is called.
    void run();
    void stop();

    /// While one lives, something outside can still happen that no file descriptor or timer shows (a name is being
    /// looked up on another thread): virtual time does not jump.
    class ExternalWork
    {
    public:
        explicit ExternalWork(Loop& loop) : work_(loop.external_work_) {}

    private:
        std::shared_ptr<const void> work_;
    };

    /// While one lives, something outside takes time of its own (another program runs): virtual time does not jump, it
    /// passes as real time does.
    class RealTime
    {
    public:
        explicit RealTime(Loop& loop) : work_(loop.real_time_) {}

    private:
        std::shared_ptr<const void> work_;
    };

    /// While one lives, something is being brought to a good end that no task waits for (a closed connection whose peer
    /// has not yet taken everything).
    class ClosingWork
    {
    public:
        explicit ClosingWork(Loop& loop) : work_(loop.closing_work_) {}

    private:
        std::shared_ptr<const void> work_;
    };

    /// Takes turns until no ClosingWork is left. What is being closed limits its own time.
    void run_until_closed();

private:
    friend class Timer;

    void timers_changed();
    void wait_for_timer();
    void end_turn();
    void take_turn();
    void take_virtual_turn();
    void pass_real_time();

    std::unique_ptr<observe::Clock> clock_;
    observe::VirtualClock* virtual_clock_;  // clock_, if it is one
    observe::Observers observers_;
    observe::ObjectId last_object_ = 0;
    TimerQueue timers_;
    std::shared_ptr<const void> external_work_ = std::make_shared<char>();
    std::shared_ptr<const void> closing_work_ = std::make_shared<char>();
    std::shared_ptr<const void> real_time_ = std::make_shared<char>();
    std::optional<std::chrono::steady_clock::time_point> real_time_passed_;  // up to here, while virtual time does so
    std::vector<std::shared_ptr<EndOfTurn>> ending_;
    std::vector<std::byte> scratch_;
    SharedSpace shared_space_;
    BlockPool blocks_;
    int answers_left_ = 0;
    std::atomic<bool> stopped_ = false;

    // Destroyed before all that its pending handlers may still hold on to.
    boost::asio::io_context context_;
    boost::asio::steady_timer wake_;
    Poller poller_;
    observe::TimePoint wake_at_ = observe::TimePoint::max();
};

}  // namespace moonwire::loop
