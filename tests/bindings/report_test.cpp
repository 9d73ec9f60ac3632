#include "tests/bindings/script.hpp"

#include <catch2/catch.hpp>

#include <map>

using Catch::Matchers::Contains;
using namespace moonwire;
using test::error_of;
using test::run_script;

namespace {

std::map<std::string, double> numbers(const Result& result)
{
    std::map<std::string, double> all;
    for (const Figure& figure : result.figures) {
        all[figure.name] = std::get<double>(figure.value);
    }
    return all;
}

}  // namespace

TEST_CASE("what a script reports is in the result: as numbers, and with all that is known")
{
    const Result result = run_script(R"(
        report.value("size", 7, "bytes")
        report.value("size", 8, "bytes")
        report.value("plain", -0.5)
        for i = 1, 1000 do
          report.latency("rtt", i / 1000)
          report.count("requests")
        end
        report.count("requests", 1000)
        task.sleep(4)
    )")
                              .result;
    REQUIRE(result.error.empty());
    CHECK(result.seconds == Approx(4));
    auto all = numbers(result);
    CHECK(all["size"] == 8);
    CHECK(all["plain"] == -0.5);
    CHECK(all["requests"] == 2000);
    CHECK(all["requests.rate"] == Approx(500));
    CHECK(all["rtt.p50"] == Approx(0.5).epsilon(0.001));
    CHECK(all["rtt.max"] == Approx(1));
    REQUIRE(result.reported.size() == 4);
    CHECK(result.reported[0].unit == "bytes");
    CHECK(result.reported[2].kind == Reported::Kind::latency);
    const Latencies& latencies = result.reported[2].latencies;
    CHECK(latencies.count == 1000);
    CHECK(latencies.percentile(99.9) == Approx(0.999).epsilon(0.001));
    CHECK(latencies.percentile(100) == 1);
    std::uint64_t in_buckets = 0;
    for (const auto& bucket : latencies.buckets) {
        in_buckets += bucket.count;
    }
    CHECK(in_buckets == 1000);
    CHECK(result.reported[3].kind == Reported::Kind::count);
    CHECK(result.reported[3].rate == Approx(500));
}

TEST_CASE("every task of a script reports into one set of figures, and the next script into another")
{
    Engine engine;
    engine.preload("moonwire.report");
    engine.preload("moonwire.task");
    const char* source = "task.all(function() report.count('n') end, function() report.count('n', 2) end)";
    CHECK(numbers(engine.run_string(source, "a"))["n"] == 3);
    CHECK(numbers(engine.run_string(source, "b"))["n"] == 3);
    CHECK(engine.run_string("", "c").figures.empty());
}

TEST_CASE("an expected interval adds what was not sent, and says so")
{
    const Result result = run_script(R"(
        report.latency("rtt", 0.1, { expected_interval = 0.01 })
        report.latency("rtt", 0.005, { expected_interval = 0.01 })
    )")
                              .result;
    REQUIRE(result.reported.size() == 1);
    CHECK(result.reported[0].latencies.count == 11);
    CHECK(result.reported[0].latencies.added == 9);
    CHECK(result.reported[0].latencies.clamped == 0);
}

TEST_CASE("times out of range are clamped and counted, also infinite ones")
{
    const Result result = run_script(R"(
        report.latency("rtt", -1)
        report.latency("rtt", math.huge)
        report.latency("rtt", 1)
    )")
                              .result;
    REQUIRE(result.reported.size() == 1);
    CHECK(result.reported[0].latencies.clamped == 2);
    CHECK(result.reported[0].latencies.min == 0);
    CHECK(result.reported[0].latencies.max == Approx(4398.05).epsilon(0.001));
}

TEST_CASE("misuse of the report's functions is thrown")
{
    CHECK_THAT(error_of("report.value(nil, 1)"), Contains("bad argument #1 (name) to 'value': expected a string"));
    CHECK_THAT(error_of("report.value('x', '1')"), Contains("bad argument #2 (value) to 'value': expected a number"));
    CHECK_THAT(error_of("report.value('x', 0/0)"), Contains("(value)"));
    CHECK_THAT(error_of("report.value('x', 1, 5)"), Contains("bad argument #3 (unit)"));
    CHECK_THAT(error_of("report.count('x', -1)"), Contains("bad argument #2 (n) to 'count': expected an integer"));
    CHECK_THAT(error_of("report.count('x', 0.5)"), Contains("(n)"));
    CHECK_THAT(error_of("report.latency('x')"), Contains("bad argument #2 (seconds)"));
    CHECK_THAT(error_of("report.latency('x', 0/0)"), Contains("(seconds)"));
    CHECK_THAT(error_of("report.latency('x', 1, { expected_intervall = 1 })"),
               Contains("did you mean \"expected_interval\"?"));
    CHECK_THAT(error_of("report.latency('x', 1, { expected_interval = 0 })"),
               Contains("test.lua:1: options.expected_interval: expected more than 0 seconds"));
    CHECK_THAT(error_of("report.count('x') report.value('x', 1)"),
               Contains("test.lua:1: the figure 'x' is reported by report.count already"));
}
