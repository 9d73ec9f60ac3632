#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace moonwire {

/// What can be handed between C++ and a script: nil, a boolean, a number or a string of bytes.
using Value = std::variant<std::monostate, bool, double, std::string>;
using Values = std::vector<Value>;

}  // namespace moonwire
