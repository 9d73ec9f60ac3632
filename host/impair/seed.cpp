#include "host/impair/seed.hpp"

namespace moonwire::impair {

namespace {

std::uint64_t mix(std::uint64_t value)
{
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
    value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
    return value ^ (value >> 31);
}

}  // namespace

std::uint64_t seed_of_part(std::uint64_t seed, std::uint64_t part)
{
    return mix(mix(seed) + (part + 1) * 0x9e3779b97f4a7c15);
}

observe::Random random_of(std::uint64_t relay_seed, std::uint64_t client, Way way)
{
    return observe::Random(seed_of_part(seed_of_part(relay_seed, client), static_cast<std::uint64_t>(way)));
}

}  // namespace moonwire::impair
