#include "host/observe/clock.hpp"

namespace moonwire::observe {

TimePoint SystemClock::now() const
{
    return std::chrono::steady_clock::now();
}

WallTime SystemClock::wall() const
{
    return std::chrono::system_clock::now();
}

VirtualClock::VirtualClock() : VirtualClock(std::chrono::system_clock::now()) {}

VirtualClock::VirtualClock(WallTime start) : start_(start) {}

void VirtualClock::advance_to(TimePoint time)
{
    if (time > now_) {
        now_ = time;
    }
}

}  // namespace moonwire::observe
