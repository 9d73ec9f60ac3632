#pragma once

#include "host/sweep/axis.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace moonwire::sweep {

/// Which runs a sweep has: all combinations of the axes' values, each repeated.
struct Plan {
    std::string scenario;
    std::optional<std::string> role;     ///< all roles if absent
    std::vector<Axis> axes;              ///< the last one turns fastest
    std::map<std::string, Value> fixed;  ///< the other parameters that differ from their default
    std::size_t repeat = 1;
    std::uint64_t seed = 0;

    std::size_t combinations() const;
    std::size_t runs() const { return combinations() * repeat; }

    /// A value of each axis.
    Values combination(std::size_t index) const;

    /// "loss=0.3, family=ipv4"
    std::string label(std::size_t combination) const;

    /// All that the runs of a combination are given.
    std::map<std::string, Value> parameters(std::size_t combination) const;

    /// The seed of a repetition (from 0): that of the sweep, the swept values and the repetition's number decide, so
    /// that a run has the same seed in a sweep of more values or of more repetitions. At most 53 bits, which are exact
    /// in JSON, too.
    std::uint64_t seed_of(std::size_t combination, std::size_t repetition) const;
};

}  // namespace moonwire::sweep
