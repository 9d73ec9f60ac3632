#include "host/observe/figures.hpp"
#include "host/observe/threshold.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <string>

using Catch::Matchers::Contains;
using namespace moonwire::observe;
using namespace std::chrono_literals;

namespace {

std::map<std::string, double> numbers_of(const Figures& figures)
{
    std::map<std::string, double> numbers;
    for (const auto& number : figures.numbers()) {
        numbers[number.name] = number.value;
    }
    return numbers;
}

struct Example {
    VirtualClock clock;
    Figures figures{clock};

    Example()
    {
        figures.set("size", 7, "bytes");
        figures.add("requests", 30);
        for (int i = 1; i <= 100; ++i) {
            figures.latencies("rtt").record(std::chrono::milliseconds(i));
        }
        clock.advance_to(clock.now() + 10s);
    }

    Verdict judge(const std::string& figure, const std::string& condition) const
    {
        return moonwire::observe::judge(parse_threshold(figure, condition), figures);
    }
};

}  // namespace

TEST_CASE("figures are kept by name, in order, and end with the run")
{
    Example example;
    Figures& figures = example.figures;
    figures.set("size", 8, "KB");
    figures.add("requests", 20);
    REQUIRE(figures.all().size() == 3);
    CHECK(figures.all()[0].name == "size");
    CHECK(std::get<Figures::Number>(figures.all()[0].data).unit == "KB");
    figures.end();
    example.clock.advance_to(example.clock.now() + 1h);
    CHECK(figures.seconds() == 10);
    auto numbers = numbers_of(figures);
    CHECK(numbers["size"] == 8);
    CHECK(numbers["requests"] == 50);
    CHECK(numbers["requests.rate"] == 5);
    CHECK(numbers["rtt.count"] == 100);
    CHECK(numbers["rtt.mean"] == Approx(0.0505));
    CHECK(numbers["rtt.min"] == Approx(0.001));
    CHECK(numbers["rtt.p50"] == Approx(0.05).epsilon(0.001));
    CHECK(numbers["rtt.p90"] == Approx(0.09).epsilon(0.001));
    CHECK(numbers["rtt.p99"] == Approx(0.099).epsilon(0.001));
    CHECK(numbers["rtt.max"] == Approx(0.1));
}

TEST_CASE("a figure's name is of one kind, short and printable, and there are not too many")
{
    Example example;
    Figures& figures = example.figures;
    CHECK_THROWS_WITH(figures.add("size", 1),
                      "the figure 'size' is reported by report.value already: a name is of one kind");
    CHECK_THROWS_WITH(figures.set("rtt", 1, {}), Contains("report.latency already"));
    CHECK_THROWS_WITH(figures.latencies("requests"), Contains("report.count already"));
    CHECK_THROWS_WITH(figures.set("", 1, {}), Contains("1 to 100 bytes"));
    CHECK_THROWS_WITH(figures.set(std::string(101, 'x'), 1, {}), Contains("1 to 100 bytes"));
    CHECK_THROWS_WITH(figures.set("a\nb", 1, {}), Contains("control character"));
    for (std::size_t i = figures.all().size(); i < Figures::max_figures; ++i) {
        figures.set("figure " + std::to_string(i), 1, {});
    }
    CHECK_THROWS_WITH(figures.set("one more", 1, {}), Contains("256 figures at most, 'one more' is one more"));
    figures.set("size", 9, {});
}

TEST_CASE("a threshold compares what a figure was")
{
    const Example example;
    CHECK(example.judge("size", "value == 7").met);
    CHECK(example.judge("size", "value ~= 8").met);
    CHECK_FALSE(example.judge("size", "value<7").met);
    CHECK(example.judge("size", " value <= 7 ").met);
    CHECK(example.judge("requests", "count >= 30").met);
    CHECK(example.judge("requests", "rate > 2.99").met);
    CHECK_FALSE(example.judge("requests", "rate > 3").met);
    CHECK(example.judge("rtt", "p99 < 0.1").met);
    CHECK(example.judge("rtt", "p99.9 > 0.0999").met);
    CHECK(example.judge("rtt", "p0 < 2e-3").met);
    CHECK(example.judge("rtt", "mean < 0.051").met);
    CHECK(example.judge("rtt", "min >= 0.001").met);
    CHECK(example.judge("rtt", "count == 100").met);
    const Verdict missed = example.judge("rtt", "max < 0.1");
    CHECK_FALSE(missed.met);
    CHECK(missed.actual == 0.1);
}

TEST_CASE("a threshold on what was not reported, or not in this way, is missed and says so")
{
    const Example example;
    const Verdict missing = example.judge("rtd", "p99 < 1");
    CHECK_FALSE(missing.met);
    CHECK_FALSE(missing.actual);
    CHECK(missing.reason == "'rtd' was never reported");
    CHECK(example.judge("size", "p99 < 1").reason == "'size' has no p99: it is reported by report.value");
    CHECK(example.judge("rtt", "rate > 1").reason == "'rtt' has no rate: it is reported by report.latency");
    CHECK(example.judge("requests", "value > 1").reason == "'requests' has no value: it is reported by report.count");
}

TEST_CASE("a condition that makes no sense is refused with what would")
{
    const auto refusal = [](const std::string& condition) -> std::string {
        try {
            parse_threshold("rtt", condition);
        } catch (const std::invalid_argument& error) {
            return error.what();
        }
        return "NOT REFUSED";
    };
    CHECK_THAT(refusal(""), Contains("expected a comparison, such as \"p99 < 0.05\""));
    CHECK_THAT(refusal("p99 = 1"), Contains("expected a comparison"));
    CHECK_THAT(refusal("p99 ~ 1"), Contains("expected a comparison"));
    CHECK_THAT(refusal("med < 1"), Contains("'med < 1': unknown 'med'; there are value (report.value)"));
    CHECK_THAT(refusal("p101 < 1"), Contains("unknown 'p101'"));
    CHECK_THAT(refusal("p < 1"), Contains("unknown 'p'"));
    CHECK_THAT(refusal("< 1"), Contains("unknown ''"));
    CHECK_THAT(refusal("max < 50ms"), Contains("expected a number behind <, got '50ms' (times are in seconds)"));
    CHECK_THAT(refusal("max <"), Contains("got ''"));
    CHECK_THAT(refusal("max < nan"), Contains("got 'nan'"));
    CHECK_THAT(refusal("max < 1 2"), Contains("got '1 2'"));
}
