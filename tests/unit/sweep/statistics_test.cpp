#include "host/sweep/statistics.hpp"

#include <catch2/catch.hpp>

#include <cmath>

using moonwire::sweep::summarize;
using moonwire::sweep::Summary;

TEST_CASE("sweep: mean, deviation and confidence interval of a sample")
{
    // 2 4 4 4 5 5 7 9: squares of the differences from 5 add up to 32.
    const Summary summary = *summarize({2, 4, 4, 4, 5, 5, 7, 9});
    CHECK(summary.n == 8);
    CHECK(summary.mean == 5);
    CHECK(*summary.deviation == Approx(std::sqrt(32.0 / 7)));
    const double half = 2.364624251 * std::sqrt(32.0 / 7 / 8);  // t for 7 degrees of freedom, from any table: 2.365
    CHECK(*summary.low == Approx(5 - half).epsilon(1e-9));
    CHECK(*summary.high == Approx(5 + half).epsilon(1e-9));
}

TEST_CASE("sweep: Student's t is that of the tables")
{
    // Of the values -1 and 1 (and so on) the standard error is known, so the interval's half width gives t.
    const auto t = [](std::size_t n) {
        std::vector<double> values(n, 0.0);
        values[0] = -1;
        values[1] = 1;
        const double error = std::sqrt(2.0 / static_cast<double>(n - 1) / static_cast<double>(n));
        return *summarize(values)->high / error;
    };
    CHECK(t(2) == Approx(12.706).margin(0.0005));
    CHECK(t(3) == Approx(4.303).margin(0.0005));
    CHECK(t(11) == Approx(2.228).margin(0.0005));
    CHECK(t(31) == Approx(2.042).margin(0.0005));
    CHECK(t(100001) == Approx(1.960).margin(0.0005));
}

TEST_CASE("sweep: one value has a mean and nothing else, none has nothing")
{
    const Summary one = *summarize({3});
    CHECK(one.n == 1);
    CHECK(one.mean == 3);
    CHECK_FALSE(one.deviation);
    CHECK_FALSE(one.low);
    CHECK_FALSE(one.high);
    CHECK_FALSE(summarize({}));
}

TEST_CASE("sweep: equal values have no deviation, and large ones lose no digits")
{
    const Summary equal = *summarize({0.1, 0.1, 0.1});
    CHECK(equal.mean == 0.1);
    CHECK(*equal.deviation == 0);
    CHECK(*equal.low == 0.1);
    CHECK(*equal.high == 0.1);
    const Summary large = *summarize({1e15 + 1, 1e15 + 2, 1e15 + 3});
    CHECK(large.mean == 1e15 + 2);
    CHECK(*large.deviation == 1);
}
