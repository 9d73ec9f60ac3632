#include "host/app/exit_status.hpp"
#include "host/app/run_records.hpp"
#include "host/page/page.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <array>
#include <cmath>
#include <cstdint>

namespace moonwire::app {

namespace {

namespace json = boost::json;
using page::utf8;

constexpr std::array<double, 9> percentiles = {50, 75, 90, 95, 99, 99.9, 99.99, 99.999, 100};

// 3, not 3E0.
json::value number(double value)
{
    const bool is_whole = std::trunc(value) == value && std::abs(value) < 1e15;
    return is_whole ? json::value(static_cast<std::int64_t>(value)) : json::value(value);
}

json::value to_json(const Value& value)
{
    if (const auto* real = std::get_if<double>(&value)) {
        return number(*real);
    }
    if (const auto* flag = std::get_if<bool>(&value)) {
        return *flag;
    }
    const auto* text = std::get_if<std::string>(&value);
    return text != nullptr ? json::value(utf8(*text)) : json::value();
}

json::object to_json(const Latencies& latencies)
{
    json::object shares;
    for (const double percent : percentiles) {
        shares[fmt::format("p{}", percent)] = number(latencies.percentile(percent));
    }
    json::array histogram;
    for (const auto& bucket : latencies.buckets) {
        histogram.push_back(json::array{number(bucket.low), number(bucket.high), bucket.count});
    }
    return {{"kind", "latency"},
            {"unit", "s"},
            {"count", latencies.count},
            {"clamped", latencies.clamped},
            {"added", latencies.added},
            {"min", number(latencies.min)},
            {"mean", number(latencies.mean)},
            {"max", number(latencies.max)},
            {"percentiles", std::move(shares)},
            {"histogram", std::move(histogram)}};
}

json::object to_json(const Reported& reported)
{
    switch (reported.kind) {
    case Reported::Kind::latency:
        return to_json(reported.latencies);
    case Reported::Kind::count:
        return {{"kind", "count"}, {"count", number(reported.value)}, {"rate", number(reported.rate)}};
    case Reported::Kind::value:
        break;
    }
    return {{"kind", "value"}, {"value", number(reported.value)}, {"unit", utf8(reported.unit)}};
}

json::object to_json(const JudgedThreshold& judged)
{
    return {{"figure", utf8(judged.threshold.figure)},
            {"condition", judged.threshold.condition},
            {"met", judged.met},
            {"actual", judged.actual ? number(*judged.actual) : json::value()},
            {"reason", judged.reason.empty() ? json::value() : json::value(utf8(judged.reason))}};
}

std::string_view to_string(Outcome outcome)
{
    return outcome == Outcome::done ? "done" : outcome == Outcome::failed ? "failed" : "interrupted";
}

}  // namespace

std::string time_text(std::chrono::system_clock::time_point time)
{
    const auto whole = std::chrono::floor<std::chrono::seconds>(time);
    const auto parts = std::chrono::duration_cast<std::chrono::milliseconds>(time - whole);
    return fmt::format("{:%FT%T}.{:03}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(whole)), parts.count());
}

std::string json_record(const RunFacts& facts, const Result& result)
{
    json::object parameters;
    for (const auto& [name, value] : facts.parameters()) {
        parameters[name] = to_json(value);
    }
    json::array arguments;
    for (const std::string& argument : facts.run.arguments) {
        arguments.emplace_back(utf8(argument));
    }
    json::object figures;
    for (const Reported& reported : result.reported) {
        figures[utf8(reported.name)] = to_json(reported);
    }
    json::array thresholds;
    for (const JudgedThreshold& judged : result.thresholds) {
        thresholds.push_back(to_json(judged));
    }
    const json::object record{
        {"moonwire", MOONWIRE_VERSION},
        {"scenario", utf8(facts.declaration.name)},
        {"role", facts.run.role ? json::value(utf8(*facts.run.role)) : json::value()},
        {"arguments", std::move(arguments)},
        {"parameters", std::move(parameters)},
        {"seed", facts.seed},
        {"command", utf8(facts.command())},
        {"began", time_text(result.began)},
        {"seconds", result.seconds},
        {"outcome", to_string(result.outcome)},
        {"error", result.error.empty() ? json::value() : json::value(utf8(result.error))},
        {"exit_status", static_cast<int>(exit_status(result))},
        {"figures", std::move(figures)},
        {"thresholds", std::move(thresholds)},
    };
    return json::serialize(record) + "\n";
}

}  // namespace moonwire::app
