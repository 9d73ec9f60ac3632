#pragma once

#include "host/observe/clock.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace moonwire::observe {

/// Which of `count` values in order, from 1 on, this share of all (in percent, 0 to 100) do not exceed.
std::uint64_t percentile_rank(double percent, std::uint64_t count);

/// How long something took, many times: how often each duration was seen, to three significant digits (a value is
/// known to 1/1024 of itself, below 2.048 µs to the nanosecond), in memory that does not grow (264 KiB). The layout is
/// HdrHistogram's (hdrhistogram.org): powers of two, each in equal parts. One thread.
class Histogram
{
public:
    /// From 0 to here (an hour and 13 minutes). What lies outside is taken as the bound, and counted.
    static constexpr Duration highest{(std::int64_t{1} << 42) - 1};

    Histogram();

    void record(Duration value);

    /// For who asks one thing after the other, every `expected_interval` (above 0) as long as answers come at once: an
    /// answer that is late has kept the others from being asked ("coordinated omission"). They are added, as having
    /// taken what they would have had to wait: the value minus one interval, minus two, … down to an interval.
    void record(Duration value, Duration expected_interval);

    std::uint64_t count() const { return count_; }
    std::uint64_t clamped() const { return clamped_; }  ///< of them: outside of the range
    std::uint64_t added() const { return added_; }      ///< of them: for an expected interval

    // Of an empty histogram all are 0. Smallest and largest value and the sum behind the mean are exact.
    Duration min() const { return min_; }
    Duration max() const { return max_; }
    double mean_seconds() const;

    /// The value that this share of all (in percent, 0 to 100) do not exceed.
    Duration percentile(double percent) const;

    /// Values from `low` to `high`, both inclusive, which are one to the histogram.
    struct Bucket {
        Duration low;
        Duration high;
        std::uint64_t count;
    };

    /// Those that are not empty, in order.
    std::vector<Bucket> buckets() const;

private:
    void add(std::int64_t value, std::uint64_t count);
    Bucket bucket(std::size_t index) const;

    std::vector<std::uint64_t> counts_;
    std::uint64_t count_ = 0;
    std::uint64_t clamped_ = 0;
    std::uint64_t added_ = 0;
    Duration min_{};
    Duration max_{};
    double sum_ = 0;  // nanoseconds
};

}  // namespace moonwire::observe
