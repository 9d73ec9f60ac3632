#include "host/loop/timer.hpp"

#include "host/loop/loop.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdint>
#include <list>
#include <memory>
#include <vector>

using namespace std::chrono_literals;
using moonwire::loop::Loop;
using moonwire::loop::Timer;
using moonwire::observe::Duration;
using moonwire::observe::SystemClock;
using moonwire::observe::TimePoint;
using moonwire::observe::VirtualClock;

namespace {

struct VirtualLoop : Loop {
    VirtualLoop() : Loop(std::make_unique<VirtualClock>()) {}

    void run_for(Duration duration)
    {
        Timer end(*this);
        end.expires_after(duration, [this] { stop(); });
        run();
    }
};

}  // namespace

TEST_CASE("virtual time jumps to the next deadline")
{
    VirtualLoop loop;
    const TimePoint start = loop.now();
    std::vector<Duration> due;
    Timer late(loop);
    Timer early(loop);
    late.expires_after(24h, [&] { due.push_back(loop.now() - start); });
    early.expires_after(1ms, [&] { due.push_back(loop.now() - start); });
    const auto real_start = std::chrono::steady_clock::now();
    loop.run_for(48h);
    CHECK(due == std::vector<Duration>{1ms, 24h});
    CHECK(loop.now() - start == 48h);
    CHECK(std::chrono::steady_clock::now() - real_start < 10s);
}

TEST_CASE("timers of one deadline are called in the order in which they were set")
{
    VirtualLoop loop;
    std::vector<int> order;
    std::list<Timer> timers;
    for (int i = 0; i < 100; ++i) {
        timers.emplace_back(loop).expires_after(1s, [&order, i] { order.push_back(i); });
    }
    loop.run_for(2s);
    REQUIRE(order.size() == 100);
    CHECK(std::is_sorted(order.begin(), order.end()));
}

TEST_CASE("a cancelled timer is not called, and can be set again")
{
    VirtualLoop loop;
    Timer timer(loop);
    int calls = 0;
    timer.expires_after(1s, [&] { ++calls; });
    CHECK(timer.armed());
    timer.cancel();
    timer.cancel();
    CHECK_FALSE(timer.armed());
    loop.run_for(2s);
    CHECK(calls == 0);
    timer.expires_after(1s, [&] { calls += 10; });
    loop.run_for(2s);
    CHECK(calls == 10);
    CHECK_FALSE(timer.armed());
}

TEST_CASE("a deadline can be moved both ways")
{
    VirtualLoop loop;
    const TimePoint start = loop.now();
    Timer timer(loop);
    Duration due{};
    const auto note = [&] { due = loop.now() - start; };
    SECTION("later")
    {
        timer.expires_after(1s, note);
        timer.expires_after(5s, note);
        loop.run_for(4s);
        CHECK(due == Duration::zero());
        loop.run_for(4s);
        CHECK(due == 5s);
    }
    SECTION("earlier")
    {
        timer.expires_after(5s, note);
        timer.expires_after(1s, note);
        loop.run_for(9s);
        CHECK(due == 1s);
    }
    SECTION("later again and again, as a read's timeout is")
    {
        timer.expires_after(3s, note);
        for (int i = 0; i < 10; ++i) {
            loop.run_for(1s);
            timer.expires_after(3s, note);
        }
        CHECK(due == Duration::zero());
        loop.run_for(5s);
        CHECK(due == 13s);
    }
    SECTION("cancelled and set later")
    {
        timer.expires_after(1s, note);
        timer.cancel();
        timer.expires_after(2s, note);
        loop.run_for(5s);
        CHECK(due == 2s);
    }
}

TEST_CASE("moving a deadline later leaves one entry in the queue")
{
    VirtualLoop loop;
    Timer timer(loop);
    for (int i = 1; i <= 1000; ++i) {
        timer.expires_after(i * 1s, [] {});
    }
    REQUIRE(loop.timers().next());
    CHECK(*loop.timers().next() == loop.now() + 1s);  // where it was first set: put off when that has come
}

TEST_CASE("a timer may be destroyed while it is set, and from within")
{
    VirtualLoop loop;
    bool called = false;
    {
        Timer timer(loop);
        timer.expires_after(1s, [&] { called = true; });
    }
    CHECK_FALSE(loop.timers().next());
    auto timer = std::make_unique<Timer>(loop);
    auto victim = std::make_unique<Timer>(loop);
    timer->expires_after(1s, [&] {
        timer.reset();
        victim.reset();
    });
    victim->expires_after(1s, [&] { called = true; });
    loop.run_for(2s);
    CHECK_FALSE(timer);
    CHECK_FALSE(called);
}

TEST_CASE("a timer that sets itself for now does not stop everything else")
{
    VirtualLoop loop;
    const TimePoint start = loop.now();
    Timer timer(loop);
    int calls = 0;
    bool posted = false;
    struct Again {
        Timer& timer;
        int& calls;
        void operator()() const
        {
            ++calls;
            timer.expires_after(0s, Again{timer, calls});
        }
    };
    timer.expires_after(0s, Again{timer, calls});
    Timer other(loop);
    other.expires_after(0s, [&] {
        loop.post([&] {
            posted = true;
            loop.stop();
        });
    });
    loop.run();
    CHECK(posted);
    CHECK(calls >= 1);
    CHECK(loop.now() == start);
}

TEST_CASE("many timers fire in order")
{
    VirtualLoop loop;
    std::list<Timer> timers;
    std::vector<TimePoint> due;
    std::uint32_t state = 1;
    for (int i = 0; i < 10000; ++i) {
        state = state * 1664525 + 1013904223;
        timers.emplace_back(loop).expires_after(std::chrono::milliseconds(state % 50),
                                                [&] { due.push_back(loop.now()); });
    }
    loop.run_for(1s);
    REQUIRE(due.size() == timers.size());
    CHECK(std::is_sorted(due.begin(), due.end()));
}

TEST_CASE("in real time a timer is called when it is due and not before")
{
    Loop loop(std::make_unique<SystemClock>());
    Timer first(loop);
    Timer second(loop);
    const TimePoint start = loop.now();
    Duration first_due{};
    second.expires_after(20ms, [&] { loop.stop(); });
    first.expires_after(10ms, [&] { first_due = loop.now() - start; });
    loop.run();
    CHECK(first_due >= 10ms);
    CHECK(loop.now() - start >= 20ms);
    CHECK(loop.now() - start < 5s);
}

TEST_CASE("a handler that keeps its timer's owner alive goes with the loop")
{
    struct Operation {
        explicit Operation(Loop& loop) : timer(loop) {}
        Timer timer;
    };
    std::weak_ptr<Operation> observer;
    {
        Loop loop(std::make_unique<SystemClock>());
        const auto operation = std::make_shared<Operation>(loop);
        observer = operation;
        operation->timer.expires_after(1h, [operation] {});
    }
    CHECK(observer.expired());
}
