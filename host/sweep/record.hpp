#pragma once

#include <moonwire/engine.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace moonwire::sweep {

/// A run's outcome, error and figures as bytes, to be sent from its process to the one that sweeps.
std::string encode(const Result& result);

/// Nothing if these are not all the bytes of one result.
std::optional<Result> decode(std::string_view bytes);

}  // namespace moonwire::sweep
