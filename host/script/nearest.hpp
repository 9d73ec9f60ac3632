#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace moonwire::script {

/// The name among `candidates` that `name` was probably meant to be: the one with the fewest edits (a letter inserted,
/// left out, changed, or two neighbours swapped), at most two of them, or one in a name of up to four letters.
/// Something of the name must be left: for one letter there is none.
std::optional<std::string> nearest_name(std::string_view name, std::span<const std::string> candidates);

}  // namespace moonwire::script
