// The statistics that scenarios share: scenarios/lib/geometric.lua.
#include "tests/bindings/script.hpp"

#include <catch2/catch.hpp>

#include <cmath>
#include <cstdio>

using Catch::Matchers::Contains;
using namespace moonwire::test;

namespace {

struct Interval {
    double low = -1;
    double high = -1;
};

Interval interval(int runs, int requests, const std::string& confidence = "0.95")
{
    const std::string text =
        output_of("local low, high = require('geometric').loss_interval(" + std::to_string(runs) + ", " +
                  std::to_string(requests) + ", " + confidence + ") print(('%.12f %.12f'):format(low, high))");
    INFO(text);
    Interval read;
    REQUIRE(std::sscanf(text.c_str(), "%lf %lf", &read.low, &read.high) == 2);
    return read;
}

void check_interval(const Interval& found, double low, double high)
{
    CHECK(found.low == Approx(low).margin(1e-11));
    CHECK(found.high == Approx(high).margin(1e-11));
}

}  // namespace

TEST_CASE("geometric: the loss that a mean implies")
{
    CHECK(output_of("local g = require 'geometric' print(g.loss(60, 60), g.loss(60, 120), g.loss(3, 4))") ==
          "0\t0.5\t0.25\n");
}

TEST_CASE("geometric: one run has an interval in closed form")
{
    // P(N <= n) = loss^n ends and P(N >= n) = loss^(n - 1) begins the interval.
    check_interval(interval(1, 1), 0, 0.975);
    check_interval(interval(1, 5), std::pow(0.025, 1.0 / 4), std::pow(0.975, 1.0 / 5));
    check_interval(interval(1, 100, "0.9"), std::pow(0.05, 1.0 / 99), std::pow(0.95, 1.0 / 100));
}

TEST_CASE("geometric: without a loss the interval begins at 0 and has its end in closed form")
{
    check_interval(interval(10, 10), 0, 1 - std::pow(0.025, 1.0 / 10));
    check_interval(interval(60, 60), 0, 1 - std::pow(0.025, 1.0 / 60));
}

TEST_CASE("geometric: intervals from sums in exact fractions")
{
    // Found by halving, from sums of comb(m - 1, runs - 1) p^runs (1 - p)^(m - runs) in rational numbers.
    check_interval(interval(5, 12), 0.307904715012, 0.848347770192);
    check_interval(interval(60, 61), 0.000421874452, 0.087988122923);
    check_interval(interval(60, 86), 0.210487218142, 0.410830129108);
    check_interval(interval(60, 86, "0.99"), 0.185375056971, 0.444145966817);
    check_interval(interval(60, 600), 0.874786757272, 0.922819788848);
}

TEST_CASE("geometric: large trials come close to the normal approximation")
{
    // The estimate has the variance loss (1 - loss)^2 / runs.
    const Interval large = interval(1000000, 2000000);
    CHECK(large.low == Approx(0.5 - 1.959964 * std::sqrt(0.125e-6)).margin(1e-6));
    CHECK(large.high == Approx(0.5 + 1.959964 * std::sqrt(0.125e-6)).margin(1e-6));
}

TEST_CASE("geometric: the interval holds the true loss as often as it says")
{
    // Sums the probability of every number of requests whose interval has the true loss in it.
    const std::string coverage = R"lua(
        local geometric = require "geometric"
        local function coverage(runs, loss)
          local probability, covered = (1 - loss) ^ runs, 0
          for requests = runs, runs + 400 do
            local low, high = geometric.loss_interval(runs, requests, 0.95)
            if low <= loss and loss <= high then
              covered = covered + probability
            end
            probability = probability * requests / (requests + 1 - runs) * loss
          end
          return covered
        end
        for _, runs in ipairs { 1, 5, 60 } do
          for _, loss in ipairs { 0.01, 0.1, 0.3, 0.6 } do
            local covered = coverage(runs, loss)
            assert(covered >= 0.95 and covered <= 1, ("%d runs, loss %g: %.4f"):format(runs, loss, covered))
          end
        end
        print(coverage(60, 0.3) < 0.97))lua";
    CHECK(output_of(coverage) == "true\n");
}

TEST_CASE("geometric: a histogram has what is expected beside what was seen")
{
    CHECK(output_of(R"lua(
        local rows = require("geometric").histogram({ 4, 2, [4] = 2 }, 20)
        local expected = 0
        for _, row in ipairs(rows) do
          print(row.requests, row.or_more, row.observed, row.expected)
          expected = expected + row.expected
        end
        print(expected))lua") ==
          "1\tfalse\t4\t4\n2\tfalse\t2\t2\n3\tfalse\t0\t1\n4\tfalse\t2\t0.5\n5\ttrue\t0\t0.5\n8\n");
}

TEST_CASE("geometric: a histogram has no more rows than wanted, and loses nothing")
{
    CHECK(output_of(R"lua(
        local rows = require("geometric").histogram({ 4, 2, [4] = 2 }, 2)
        for _, row in ipairs(rows) do
          print(row.requests, row.or_more, row.observed, row.expected)
        end)lua") == "1\tfalse\t4\t4\n2\ttrue\t4\t4\n");
    CHECK(output_of(R"lua(
        for _, row in ipairs(require("geometric").histogram({ 7 }, 20)) do
          print(row.requests, row.or_more, row.observed, row.expected)
        end)lua") == "1\tfalse\t7\t7\n2\ttrue\t0\t0\n");
}

TEST_CASE("geometric: no trial has fewer requests than runs, or no run")
{
    CHECK_THAT(error_of("require('geometric').loss(5, 4)"), Contains("not 5 runs and 4 requests"));
    CHECK_THAT(error_of("require('geometric').histogram({}, 20)"), Contains("not 0 runs and 0 requests"));
}
