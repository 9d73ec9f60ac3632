#include "host/sweep/statistics.hpp"

#include <boost/math/distributions/students_t.hpp>

#include <cmath>

namespace moonwire::sweep {

std::optional<Summary> summarize(const std::vector<double>& values)
{
    if (values.empty()) {
        return std::nullopt;
    }
    Summary summary;
    summary.n = values.size();
    const auto n = static_cast<double>(values.size());
    // From the first value on: of equal values the mean is exactly that value, and large ones lose no digits.
    double sum = 0;
    for (const double value : values) {
        sum += value - values.front();
    }
    summary.mean = values.front() + sum / n;
    if (values.size() == 1) {
        return summary;
    }
    double squares = 0;
    for (const double value : values) {
        squares += (value - summary.mean) * (value - summary.mean);
    }
    summary.deviation = std::sqrt(squares / (n - 1));
    const boost::math::students_t_distribution<double> student(n - 1);
    const double half = boost::math::quantile(student, (1 + confidence) / 2) * *summary.deviation / std::sqrt(n);
    summary.low = summary.mean - half;
    summary.high = summary.mean + half;
    return summary;
}

}  // namespace moonwire::sweep
