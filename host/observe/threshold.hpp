#pragma once

#include "host/observe/figures.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace moonwire::observe {

/// What a figure has to be for a run to be good: "p99 < 0.05".
struct Threshold {
    std::string figure;
    std::string statistic;  ///< "value", "count", "rate", "min", "mean", "max", "p99.9"
    std::string comparison;
    double limit = 0;
};

/// Throws std::invalid_argument, which says what is wrong with the condition.
Threshold parse_threshold(std::string_view figure, std::string_view condition);

struct Verdict {
    bool met = false;
    std::optional<double> actual{};  ///< what the figure was; nothing if there is no such number
    std::string reason{};            ///< why there is none
};

Verdict judge(const Threshold& threshold, const Figures& figures);

}  // namespace moonwire::observe
