#include "host/observe/threshold.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <stdexcept>

namespace moonwire::observe {

namespace {

// The longer ones first: "<=" begins with "<".
constexpr std::array<std::string_view, 6> comparisons = {"<=", ">=", "==", "~=", "<", ">"};

std::string_view trimmed(std::string_view text)
{
    const auto first = text.find_first_not_of(' ');
    return first == std::string_view::npos ? std::string_view()
                                           : text.substr(first, text.find_last_not_of(' ') - first + 1);
}

std::optional<double> number_of(std::string_view text)
{
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool whole = error == std::errc{} && end == text.data() + text.size() && std::isfinite(number);
    return whole ? std::optional(number) : std::nullopt;
}

std::optional<double> percent_of(std::string_view statistic)
{
    const auto percent = statistic.starts_with('p') ? number_of(statistic.substr(1)) : std::nullopt;
    return percent && *percent >= 0 && *percent <= 100 ? percent : std::nullopt;
}

bool is_statistic(std::string_view name)
{
    constexpr std::array<std::string_view, 6> names = {"value", "count", "rate", "min", "mean", "max"};
    return std::find(names.begin(), names.end(), name) != names.end() || percent_of(name);
}

bool compares(double actual, std::string_view comparison, double limit)
{
    return comparison == "<"    ? actual < limit
           : comparison == "<=" ? actual <= limit
           : comparison == ">"  ? actual > limit
           : comparison == ">=" ? actual >= limit
           : comparison == "==" ? actual == limit
                                : actual != limit;
}

std::optional<double> statistic_of(const Figures& /*figures*/, const Figures::Number& number, std::string_view name)
{
    return name == "value" ? std::optional(number.value) : std::nullopt;
}

std::optional<double> statistic_of(const Figures& figures, Figures::Count count, std::string_view name)
{
    return name == "rate"    ? std::optional(figures.rate(count))
           : name == "count" ? std::optional(static_cast<double>(count))
                             : std::nullopt;
}

std::optional<double> statistic_of(const Figures& /*figures*/, const Histogram& histogram, std::string_view name)
{
    const auto in_seconds = [](Duration value) { return std::chrono::duration<double>(value).count(); };
    if (const auto percent = percent_of(name)) {
        return in_seconds(histogram.percentile(*percent));
    }
    return name == "count"  ? std::optional(static_cast<double>(histogram.count()))
           : name == "min"  ? std::optional(in_seconds(histogram.min()))
           : name == "mean" ? std::optional(histogram.mean_seconds())
           : name == "max"  ? std::optional(in_seconds(histogram.max()))
                            : std::nullopt;
}

}  // namespace

Threshold parse_threshold(std::string_view figure, std::string_view condition)
{
    const auto wrong = [&](const std::string& what) {
        return std::invalid_argument("'" + std::string(condition) + "': " + what);
    };
    const auto place = condition.find_first_of("<>=~");
    const auto comparison = place == std::string_view::npos
                                ? comparisons.end()
                                : std::find_if(comparisons.begin(), comparisons.end(),
                                               [&](auto c) { return condition.substr(place).starts_with(c); });
    if (comparison == comparisons.end()) {
        throw wrong(R"(expected a comparison, such as "p99 < 0.05": <, <=, >, >=, == or ~=)");
    }
    const std::string_view statistic = trimmed(condition.substr(0, place));
    if (!is_statistic(statistic)) {
        throw wrong("unknown '" + std::string(statistic) +
                    "'; there are value (report.value), count, rate (report.count) and count, min, mean, max and "
                    "percentiles such as p50, p99, p99.9 (report.latency)");
    }
    const std::string_view limit = trimmed(condition.substr(place + comparison->size()));
    const auto number = number_of(limit);
    if (!number) {
        throw wrong("expected a number behind " + std::string(*comparison) + ", got '" + std::string(limit) +
                    "' (times are in seconds)");
    }
    return {std::string(figure), std::string(statistic), std::string(*comparison), *number};
}

Verdict judge(const Threshold& threshold, const Figures& figures)
{
    const Figures::Figure* figure = figures.find(threshold.figure);
    if (figure == nullptr) {
        return {.reason = "'" + threshold.figure + "' was never reported"};
    }
    const auto actual =
        std::visit([&](const auto& data) { return statistic_of(figures, data, threshold.statistic); }, figure->data);
    if (!actual) {
        return {.reason = "'" + threshold.figure + "' has no " + threshold.statistic + ": it is reported by report." +
                          std::string(kind_of(*figure))};
    }
    return {.met = compares(*actual, threshold.comparison, threshold.limit), .actual = actual};
}

}  // namespace moonwire::observe
