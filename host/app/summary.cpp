#include "host/app/summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace moonwire::app {

namespace {

constexpr const char* green = "\033[32m";
constexpr const char* red = "\033[31m";
constexpr const char* faint = "\033[2m";
constexpr const char* plain = "\033[0m";

std::string latency_text(const Latencies& latencies)
{
    std::string text = fmt::format(
        "mean {}, min {}, p50 {}, p90 {}, p99 {}, max {} ({} times", seconds_text(latencies.mean),
        seconds_text(latencies.min), seconds_text(latencies.percentile(50)), seconds_text(latencies.percentile(90)),
        seconds_text(latencies.percentile(99)), seconds_text(latencies.max), latencies.count);
    if (latencies.added > 0) {
        text += fmt::format(", {} of them added for the expected interval", latencies.added);
    }
    if (latencies.clamped > 0) {
        text += fmt::format(", {} of them out of range", latencies.clamped);
    }
    return text + ")";
}

std::string figure_text(const Reported& reported)
{
    switch (reported.kind) {
    case Reported::Kind::latency:
        return latency_text(reported.latencies);
    case Reported::Kind::count:
        return fmt::format("{} ({}/s)", number_text(reported.value), number_text(reported.rate));
    case Reported::Kind::value:
        break;
    }
    if (reported.unit == "s" || reported.unit == "seconds") {
        return seconds_text(reported.value);
    }
    return number_text(reported.value) + (reported.unit.empty() ? "" : " " + reported.unit);
}

}  // namespace

std::string seconds_text(double seconds)
{
    constexpr std::array<std::pair<double, const char*>, 4> units = {
        {{1, "s"}, {1e-3, "ms"}, {1e-6, "µs"}, {1e-9, "ns"}}};
    const double size = std::abs(seconds);
    // 999.9996 µs are 1 ms when they are rounded.
    const auto unit =
        std::find_if(units.begin(), units.end(), [&](const auto& one) { return size >= one.first * 0.9995; });
    if (unit == units.end()) {
        return size == 0 ? "0 s" : fmt::format("{:.3g} s", seconds);
    }
    const double value = seconds / unit->first;
    const double digits = std::abs(value);
    return fmt::format("{:.{}f} {}", value, digits < 9.995 ? 2 : digits < 99.95 ? 1 : 0, unit->second);
}

std::string number_text(double number)
{
    const bool is_whole = std::trunc(number) == number && std::abs(number) < 1e15;
    return is_whole ? fmt::format("{:.0f}", number) : fmt::format("{:.4g}", number);
}

std::string threshold_text(const JudgedThreshold& judged)
{
    return fmt::format("{}: {} ({})", judged.threshold.figure, judged.threshold.condition,
                       judged.actual ? fmt::format("{:.6g}", *judged.actual) : judged.reason);
}

std::size_t count_missed(const Result& result)
{
    return static_cast<std::size_t>(std::count_if(result.thresholds.begin(), result.thresholds.end(),
                                                  [](const JudgedThreshold& judged) { return !judged.met; }));
}

std::string summary(const Result& result, bool colours)
{
    const auto in = [&](const char* colour, const std::string& text) { return colours ? colour + text + plain : text; };
    std::size_t width = 0;
    for (const Reported& reported : result.reported) {
        width = std::max(width, reported.name.size());
    }
    std::string text;
    for (const Reported& reported : result.reported) {
        const std::string dots(width + 3 - reported.name.size(), '.');
        text += fmt::format("{} {} {}\n", reported.name, in(faint, dots), figure_text(reported));
    }
    for (const JudgedThreshold& judged : result.thresholds) {
        text += in(judged.met ? green : red, judged.met ? "✓ " : "✗ ") + threshold_text(judged) + "\n";
    }
    return text;
}

}  // namespace moonwire::app
