#pragma once

#include <cstddef>
#include <optional>
#include <vector>

namespace moonwire::sweep {

/// The part of all samples whose confidence interval has the true mean in it.
constexpr double confidence = 0.95;

/// What a sample tells.
struct Summary {
    std::size_t n = 0;
    double mean = 0;

    /// Of the population, estimated by the sample (n - 1). One value tells nothing about it, nor about the interval.
    std::optional<double> deviation;

    /// The confidence interval of the mean, by Student's t: exact if the values have a normal distribution, and good if
    /// they are many.
    std::optional<double> low;
    std::optional<double> high;
};

/// Nothing for no values.
std::optional<Summary> summarize(const std::vector<double>& values);

}  // namespace moonwire::sweep
