#pragma once

#include "host/observe/random.hpp"

#include <cstdint>

namespace moonwire::impair {

/// Which way through a relay.
enum class Way { to_target, to_client };

/// The seed of a part of something that has a seed itself: as good as any other, and the same every time
/// (SplitMix64, https://prng.di.unimi.it/splitmix64.c).
std::uint64_t seed_of_part(std::uint64_t seed, std::uint64_t part);

/// The random numbers of one way of a relay's client: what happens there depends on nobody else and on no time.
observe::Random random_of(std::uint64_t relay_seed, std::uint64_t client, Way way);

}  // namespace moonwire::impair
