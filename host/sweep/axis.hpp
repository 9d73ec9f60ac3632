#pragma once

#include <moonwire/scenario.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace moonwire::sweep {

/// A parameter, and the values that a sweep gives it one after the other.
struct Axis {
    Parameter parameter;
    Values values;
};

/// Reads "loss=0:0.9:0.1" (from, to, step) or "family=ipv4,ipv6" (one by one; a range may stand in a list). Throws
/// UsageError for what the declaration does not allow, for a range that leads nowhere, for a value that comes twice,
/// and for more than `most` values.
Axis parse_axis(const Declaration& declaration, std::string_view text, std::size_t most);

/// A value as a person writes it: 0.3, ipv4, true.
std::string text_of(const Value& value);

}  // namespace moonwire::sweep
