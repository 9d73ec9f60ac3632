#pragma once

#include <cstdint>
#include <random>

namespace moonwire::observe {

/// The engine's random numbers. The same seed gives the same numbers on every machine: the generator is specified by
/// the C++ standard, and what is drawn from it is computed here, because the standard's distributions differ by
/// library. Not for secrets.
class Random
{
public:
    /// Seeded by the system.
    Random();
    explicit Random(std::uint64_t seed);

    std::uint64_t seed() const { return seed_; }

    std::uint64_t bits() { return generator_(); }

    /// 0 (inclusive) to 1 (exclusive), 53 random bits.
    double uniform();

    /// `low` to `high`, both inclusive, without bias.
    std::int64_t integer(std::int64_t low, std::int64_t high);

private:
    std::uint64_t seed_;
    std::mt19937_64 generator_;
};

}  // namespace moonwire::observe
