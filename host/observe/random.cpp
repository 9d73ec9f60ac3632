#include "host/observe/random.hpp"

#include <limits>

namespace moonwire::observe {

namespace {

std::uint64_t seed_from_system()
{
    std::random_device device;
    return (std::uint64_t{device()} << 32) | device();
}

}  // namespace

Random::Random() : Random(seed_from_system()) {}

Random::Random(std::uint64_t seed) : seed_(seed), generator_(seed) {}

double Random::uniform()
{
    return static_cast<double>(bits() >> 11) * 0x1.0p-53;
}

std::int64_t Random::integer(std::int64_t low, std::int64_t high)
{
    const std::uint64_t range = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
    if (range == std::numeric_limits<std::uint64_t>::max()) {
        return static_cast<std::int64_t>(bits());
    }
    // Numbers of the last, incomplete repetition of the range would favour its beginning: draw again.
    const std::uint64_t count = range + 1;
    const std::uint64_t limit = std::numeric_limits<std::uint64_t>::max() / count * count;
    std::uint64_t drawn = bits();
    while (drawn >= limit) {
        drawn = bits();
    }
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + drawn % count);
}

}  // namespace moonwire::observe
