#pragma once

#include <moonwire/value.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace moonwire {

/// A number that a run has reported; of latencies there are "rtt.count", "rtt.mean", "rtt.min", "rtt.p50", "rtt.p90",
/// "rtt.p99" and "rtt.max" (in "s"), of a count its own name and "requests.rate" (in "/s").
struct Figure {
    std::string name;
    Value value;
    std::string unit;
};

/// How long something took, each time (`report.latency` of scripts). Times are in seconds.
struct Latencies {
    /// Times from `low` to `high`, which are known to three significant digits only.
    struct Bucket {
        double low = 0;
        double high = 0;
        std::uint64_t count = 0;
    };

    std::uint64_t count = 0;
    std::uint64_t clamped = 0;  ///< of them: below 0 or above 1 h 13 min, taken as that
    std::uint64_t added = 0;    ///< of them: not measured, but added for an expected interval
    double min = 0;
    double mean = 0;
    double max = 0;
    std::vector<Bucket> buckets{};  ///< in order, those that have any

    /// The time that this share of all (in percent, 0 to 100) do not exceed; 0 if there are none.
    double percentile(double percent) const;
};

/// What a run has reported by one name.
struct Reported {
    enum class Kind { value, count, latency };

    std::string name;
    Kind kind = Kind::value;
    double value = 0;       ///< of a value, or how many were counted
    std::string unit{};     ///< of a value; empty if it has none
    double rate = 0;        ///< of a count: how many a second of the run
    Latencies latencies{};  ///< of a latency
};

/// What a figure has to be for a run to be good: "rtt", "p99 < 0.05".
struct Threshold {
    std::string figure;
    std::string condition;
};

/// Reads "rtt: p99 < 0.05". Throws UsageError, which says what is wrong with it.
Threshold parse_threshold(std::string_view text);

/// A threshold at the end of a run.
struct JudgedThreshold {
    Threshold threshold;
    bool met = false;
    std::optional<double> actual{};  ///< what the figure was
    std::string reason{};            ///< why there is no such number
};

}  // namespace moonwire
