#include "host/observe/histogram.hpp"
#include "host/observe/random.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <vector>

using namespace std::chrono_literals;
using moonwire::observe::Duration;
using moonwire::observe::Histogram;
using moonwire::observe::Random;

namespace {

/// The smallest value that this share of all do not exceed.
Duration exact_percentile(std::vector<Duration> values, double percent)
{
    std::sort(values.begin(), values.end());
    const auto rank = static_cast<std::size_t>(std::ceil(percent * static_cast<double>(values.size()) / 100 - 1e-6));
    return values[std::max<std::size_t>(rank, 1) - 1];
}

/// What HdrHistogram does with an expected interval, step by step.
std::vector<Duration> with_those_not_sent(Duration value, Duration interval)
{
    std::vector<Duration> values{value};
    for (Duration missing = value - interval; missing >= interval; missing -= interval) {
        values.push_back(missing);
    }
    return values;
}

}  // namespace

TEST_CASE("an empty histogram is all zeros")
{
    const Histogram empty;
    CHECK(empty.count() == 0);
    CHECK(empty.min() == 0ns);
    CHECK(empty.max() == 0ns);
    CHECK(empty.mean_seconds() == 0);
    CHECK(empty.percentile(99) == 0ns);
    CHECK(empty.buckets().empty());
}

TEST_CASE("percentiles of a histogram are right to a thousandth, mean and bounds exactly")
{
    Random random(1);
    Histogram histogram;
    std::vector<Duration> values;
    double sum = 0;
    for (int i = 0; i < 50'000; ++i) {
        // From nanoseconds to an hour, each size as often as the others.
        const Duration value(std::llround(std::pow(10, 12.5 * random.uniform())));
        histogram.record(value);
        values.push_back(value);
        sum += static_cast<double>(value.count());
    }
    for (const double percent : {0.0, 1.0, 25.0, 50.0, 90.0, 99.0, 99.9, 99.99, 100.0}) {
        const auto exact = static_cast<double>(exact_percentile(values, percent).count());
        const auto told = static_cast<double>(histogram.percentile(percent).count());
        INFO(percent);
        CHECK(told >= exact);
        CHECK(told <= exact * (1 + 1.0 / 1024));
    }
    CHECK(histogram.count() == 50'000);
    CHECK(histogram.min() == *std::min_element(values.begin(), values.end()));
    CHECK(histogram.max() == *std::max_element(values.begin(), values.end()));
    CHECK(histogram.mean_seconds() == Approx(sum / 50'000 / 1e9).epsilon(1e-9));
}

TEST_CASE("short times are known to the nanosecond, and every bucket's neighbours touch")
{
    Histogram histogram;
    for (int i = 0; i < 5000; ++i) {
        histogram.record(Duration(i));
    }
    const auto buckets = histogram.buckets();
    Duration next = 0ns;
    std::uint64_t count = 0;
    for (const auto& bucket : buckets) {
        CHECK(bucket.low == next);
        CHECK((bucket.low > 2047ns || bucket.high == bucket.low));
        CHECK(bucket.high - bucket.low < 4ns);
        next = bucket.high + 1ns;
        count += bucket.count;
    }
    CHECK(next == 5000ns);
    CHECK(count == 5000);
}

TEST_CASE("times out of a histogram's range are taken as its bounds, and counted")
{
    Histogram histogram;
    histogram.record(-1ns);
    histogram.record(Histogram::highest);
    CHECK(histogram.clamped() == 1);
    histogram.record(Histogram::highest + 1ns);
    histogram.record(Duration::max(), 1h);
    CHECK(histogram.clamped() == 3);
    CHECK(histogram.min() == 0ns);
    CHECK(histogram.max() == Histogram::highest);
    CHECK(histogram.count() == 4);
}

TEST_CASE("an expected interval adds those that were not sent, as HdrHistogram does")
{
    const auto [value, interval] = GENERATE(table<Duration, Duration>({{1s, 10ms},
                                                                       {9ms, 10ms},
                                                                       {10ms, 10ms},
                                                                       {20ms, 10ms},
                                                                       {29'999'999ns, 10ms},
                                                                       {3us, 1ns},
                                                                       {12'345'678ns, 1234ns},
                                                                       {-5ms, 1ms}}));
    Histogram corrected;
    corrected.record(value, interval);
    Histogram expected;
    const auto all = with_those_not_sent(value, interval);
    for (const Duration one : all) {
        expected.record(one);
    }
    CHECK(corrected.count() == all.size());
    CHECK(corrected.added() == all.size() - 1);
    CHECK(corrected.min() == expected.min());
    CHECK(corrected.max() == expected.max());
    CHECK(corrected.mean_seconds() == Approx(expected.mean_seconds()).epsilon(1e-9));
    REQUIRE(corrected.buckets().size() == expected.buckets().size());
    for (std::size_t i = 0; i < expected.buckets().size(); ++i) {
        CHECK(corrected.buckets()[i].count == expected.buckets()[i].count);
    }
}

TEST_CASE("a short interval does not make recording a long time long")
{
    Histogram histogram;
    const auto start = std::chrono::steady_clock::now();
    histogram.record(1h, 1ns);
    CHECK(std::chrono::steady_clock::now() - start < 1s);  // 3.6e12 steps would be an hour
    CHECK(histogram.count() == 3'600'000'000'000);
    CHECK(histogram.min() == 1ns);
}
