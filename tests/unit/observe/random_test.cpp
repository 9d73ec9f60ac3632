#include "host/observe/random.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <cmath>
#include <cstdint>
#include <limits>

using moonwire::observe::Random;

TEST_CASE("a seed gives the numbers that the C++ standard says")
{
    Random random(5489);
    CHECK(random.seed() == 5489);
    std::uint64_t last = 0;
    for (int i = 0; i < 10000; ++i) {
        last = random.bits();
    }
    CHECK(last == 9981545732273789042U);  // [rand.predef] of the C++ standard
}

TEST_CASE("equal seeds give equal numbers, others do not")
{
    Random first(7);
    Random second(7);
    Random other(8);
    bool differs = false;
    for (int i = 0; i < 100; ++i) {
        const double number = first.uniform();
        CHECK(number == second.uniform());
        differs = differs || number != other.uniform();
    }
    CHECK(differs);
    CHECK(Random().seed() != Random().seed());
}

TEST_CASE("uniform numbers lie from 0 up to 1")
{
    Random random(1);
    double sum = 0;
    for (int i = 0; i < 100'000; ++i) {
        const double number = random.uniform();
        REQUIRE(number >= 0);
        REQUIRE(number < 1);
        sum += number;
    }
    CHECK(std::abs(sum / 100'000 - 0.5) < 0.01);
}

TEST_CASE("integers lie between both bounds, each as often as the others")
{
    Random random(1);
    std::array<int, 6> counts{};
    for (int i = 0; i < 60'000; ++i) {
        const auto number = random.integer(-2, 3);
        REQUIRE(number >= -2);
        REQUIRE(number <= 3);
        ++counts[static_cast<std::size_t>(number + 2)];
    }
    for (const int count : counts) {
        CHECK(std::abs(count - 10'000) < 500);
    }
    CHECK(random.integer(42, 42) == 42);
}

TEST_CASE("every range of integers is possible")
{
    constexpr auto lowest = std::numeric_limits<std::int64_t>::min();
    constexpr auto highest = std::numeric_limits<std::int64_t>::max();
    Random random(1);
    Random same(1);
    CHECK(random.integer(lowest, highest) == static_cast<std::int64_t>(same.bits()));
    bool negative = false;
    bool positive = false;
    for (int i = 0; i < 1000; ++i) {
        const auto number = random.integer(lowest, highest - 1);
        REQUIRE(number < highest);
        negative = negative || number < 0;
        positive = positive || number > 0;
    }
    CHECK(negative);
    CHECK(positive);
    CHECK(random.integer(highest - 1, highest) >= highest - 1);
}
