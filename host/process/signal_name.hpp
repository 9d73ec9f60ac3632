#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace moonwire::process {

/// "SIGTERM"; a number where the system has no name (real-time signals).
std::string signal_name(int number);

/// "SIGTERM", "TERM" or "15".
std::optional<int> signal_number(std::string_view name);

}  // namespace moonwire::process
