#pragma once

#include <chrono>

namespace moonwire::observe {

using Duration = std::chrono::nanoseconds;
using TimePoint = std::chrono::time_point<std::chrono::steady_clock, Duration>;
using WallTime = std::chrono::time_point<std::chrono::system_clock, Duration>;

/// Where an engine takes the time from; nothing in it asks the system by itself.
class Clock
{
public:
    virtual ~Clock() = default;

    /// Time since an arbitrary start; never goes backwards.
    virtual TimePoint now() const = 0;

    /// The time of day.
    virtual WallTime wall() const = 0;

    /// The time of day, by this clock, of what the system says happened a moment ago at `system_time`.
    virtual WallTime wall_at(WallTime system_time) const = 0;
};

class SystemClock final : public Clock
{
public:
    TimePoint now() const override;
    WallTime wall() const override;
    WallTime wall_at(WallTime system_time) const override { return system_time; }
};

/// Stands still until it is told to advance. Starts at the system's time of day unless a start is given.
class VirtualClock final : public Clock
{
public:
    VirtualClock();
    explicit VirtualClock(WallTime start);

    TimePoint now() const override { return now_; }
    WallTime wall() const override { return start_ + now_.time_since_epoch(); }
    WallTime wall_at(WallTime /*system_time*/) const override { return wall(); }

    void advance_to(TimePoint time);

private:
    WallTime start_;
    TimePoint now_{};
};

}  // namespace moonwire::observe
