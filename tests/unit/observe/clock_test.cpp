#include "host/observe/clock.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;
using namespace moonwire::observe;

TEST_CASE("the system's clock goes forward")
{
    const SystemClock clock;
    const TimePoint first = clock.now();
    CHECK(clock.now() >= first);
    CHECK(clock.wall() > WallTime(std::chrono::hours(24 * 365 * 50)));
}

TEST_CASE("a virtual clock stands still until it is told to advance")
{
    const WallTime start{std::chrono::hours(1000)};
    VirtualClock clock(start);
    const TimePoint first = clock.now();
    CHECK(clock.now() == first);
    CHECK(clock.wall() == start);

    clock.advance_to(first + 90s);
    CHECK(clock.now() == first + 90s);
    CHECK(clock.wall() == start + 90s);

    clock.advance_to(first);  // never backwards
    CHECK(clock.now() == first + 90s);
}

TEST_CASE("a virtual clock starts at the time of day")
{
    const WallTime before = SystemClock().wall();
    const VirtualClock clock;
    CHECK(clock.wall() >= before);
    CHECK(clock.wall() - before < 60s);
}
