#include "host/embed/figures.hpp"

#include "host/observe/histogram.hpp"
#include "host/observe/threshold.hpp"

#include <moonwire/error.hpp>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace moonwire {

namespace {

double seconds(observe::Duration duration)
{
    return std::chrono::duration<double>(duration).count();
}

Latencies read_latencies(const observe::Histogram& histogram)
{
    Latencies latencies{histogram.count(),        histogram.clamped(),      histogram.added(),
                        seconds(histogram.min()), histogram.mean_seconds(), seconds(histogram.max())};
    for (const auto& bucket : histogram.buckets()) {
        latencies.buckets.push_back({seconds(bucket.low), seconds(bucket.high), bucket.count});
    }
    return latencies;
}

void read(Reported& reported, const observe::Figures& /*figures*/, const observe::Figures::Number& number)
{
    reported.kind = Reported::Kind::value;
    reported.value = number.value;
    reported.unit = number.unit;
}

void read(Reported& reported, const observe::Figures& figures, observe::Figures::Count count)
{
    reported.kind = Reported::Kind::count;
    reported.value = static_cast<double>(count);
    reported.rate = figures.rate(count);
}

void read(Reported& reported, const observe::Figures& /*figures*/, const observe::Histogram& histogram)
{
    reported.kind = Reported::Kind::latency;
    reported.latencies = read_latencies(histogram);
}

bool is_blank(char c)
{
    return c == ' ';
}

void check(const Threshold& threshold)
{
    try {
        observe::parse_threshold(threshold.figure, threshold.condition);
    } catch (const std::invalid_argument& error) {
        throw UsageError("threshold on '" + threshold.figure + "': " + error.what());
    }
}

}  // namespace

double Latencies::percentile(double percent) const
{
    std::uint64_t missing = observe::percentile_rank(percent, count);
    for (const Bucket& bucket : buckets) {
        if (bucket.count >= missing) {
            return std::clamp(bucket.high, min, max);
        }
        missing -= bucket.count;
    }
    return max;
}

Threshold parse_threshold(std::string_view text)
{
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) {
        throw UsageError("threshold '" + std::string(text) +
                         "': expected \"FIGURE: CONDITION\", as \"rtt: p99 < 0.05\"");
    }
    Threshold threshold{std::string(text.substr(0, colon)), std::string(text.substr(colon + 1))};
    const auto first = std::find_if_not(threshold.condition.begin(), threshold.condition.end(), is_blank);
    threshold.condition.erase(threshold.condition.begin(), first);
    check(threshold);
    return threshold;
}

namespace embed {

void read_figures(const observe::Figures& figures, Result& result)
{
    for (const auto& figure : figures.all()) {
        Reported& reported = result.reported.emplace_back();
        reported.name = figure.name;
        std::visit([&](const auto& data) { read(reported, figures, data); }, figure.data);
    }
    for (auto& number : figures.numbers()) {
        result.figures.push_back({std::move(number.name), number.value, std::move(number.unit)});
    }
    result.began = std::chrono::time_point_cast<std::chrono::system_clock::duration>(figures.began());
    result.seconds = figures.seconds();
}

std::vector<Threshold> choose_thresholds(const std::vector<Threshold>& declared, const std::vector<Threshold>& given)
{
    std::vector<Threshold> chosen;
    for (const Threshold& threshold : declared) {
        const bool replaced = std::any_of(given.begin(), given.end(),
                                          [&](const Threshold& other) { return other.figure == threshold.figure; });
        if (!replaced) {
            chosen.push_back(threshold);
        }
    }
    for (const Threshold& threshold : given) {
        check(threshold);
    }
    chosen.insert(chosen.end(), given.begin(), given.end());
    return chosen;
}

std::vector<JudgedThreshold> judge(const std::vector<Threshold>& thresholds, const observe::Figures& figures)
{
    std::vector<JudgedThreshold> judged;
    for (const Threshold& threshold : thresholds) {
        const observe::Verdict verdict =
            observe::judge(observe::parse_threshold(threshold.figure, threshold.condition), figures);
        judged.push_back({threshold, verdict.met, verdict.actual, verdict.reason});
    }
    return judged;
}

}  // namespace embed

}  // namespace moonwire
