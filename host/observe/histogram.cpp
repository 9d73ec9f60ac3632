#include "host/observe/histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace moonwire::observe {

namespace {

// Each power of two has 1024 buckets, those below 2048 one for each nanosecond.
constexpr int part_bits = 10;
constexpr std::int64_t parts = 1 << part_bits;

constexpr std::size_t index_of(std::int64_t value)
{
    const auto bits = static_cast<int>(std::bit_width(static_cast<std::uint64_t>(value)));
    const int shift = std::max(0, bits - part_bits - 1);
    return static_cast<std::size_t>(shift * parts + (value >> shift));
}

constexpr std::size_t bucket_count = index_of(Histogram::highest.count()) + 1;

}  // namespace

std::uint64_t percentile_rank(double percent, std::uint64_t count)
{
    // 99.9 % of 1000 are 999, not a little more, as floating point has it.
    const double rank = std::ceil(std::clamp(percent, 0.0, 100.0) * static_cast<double>(count) / 100 - 1e-6);
    return rank < 1 ? 1 : static_cast<std::uint64_t>(rank);
}

Histogram::Histogram() : counts_(bucket_count) {}

void Histogram::add(std::int64_t value, std::uint64_t count)
{
    counts_[index_of(value)] += count;
    min_ = count_ == 0 ? Duration(value) : std::min(min_, Duration(value));
    max_ = std::max(max_, Duration(value));
    count_ += count;
}

void Histogram::record(Duration value)
{
    const Duration inside = std::clamp(value, Duration(0), highest);
    clamped_ += inside != value ? 1U : 0U;
    add(inside.count(), 1);
    sum_ += static_cast<double>(inside.count());
}

void Histogram::record(Duration value, Duration expected_interval)
{
    record(value);
    const std::int64_t interval = expected_interval.count();
    // Those that fall into one bucket are counted at once: a short interval must not make this long.
    std::int64_t next = std::min(value, highest).count() - interval;
    while (next >= interval) {
        const std::int64_t low = std::max(interval, bucket(index_of(next)).low.count());
        const std::int64_t steps = (next - low) / interval;
        const auto count = static_cast<std::uint64_t>(steps + 1);
        add(next, count);
        min_ = std::min(min_, Duration(next - steps * interval));
        added_ += count;
        sum_ += static_cast<double>(count) * (static_cast<double>(next) - static_cast<double>(steps * interval) / 2);
        next -= (steps + 1) * interval;
    }
}

double Histogram::mean_seconds() const
{
    return count_ == 0 ? 0 : sum_ / static_cast<double>(count_) / 1e9;
}

Duration Histogram::percentile(double percent) const
{
    std::uint64_t missing = percentile_rank(percent, count_);
    for (std::size_t i = 0; i < counts_.size(); ++i) {
        if (counts_[i] >= missing) {
            return std::clamp(bucket(i).high, min_, max_);
        }
        missing -= counts_[i];
    }
    return max_;
}

Histogram::Bucket Histogram::bucket(std::size_t index) const
{
    const auto place = static_cast<std::int64_t>(index);
    const std::int64_t shift = std::max<std::int64_t>(0, place / parts - 1);
    const std::int64_t low = (place - shift * parts) << shift;
    return {Duration(low), Duration(low + (std::int64_t{1} << shift) - 1), counts_[index]};
}

std::vector<Histogram::Bucket> Histogram::buckets() const
{
    std::vector<Bucket> filled;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
        if (counts_[i] > 0) {
            filled.push_back(bucket(i));
        }
    }
    return filled;
}

}  // namespace moonwire::observe
