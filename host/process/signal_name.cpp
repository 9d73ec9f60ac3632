#include "host/process/signal_name.hpp"

#include <charconv>
#include <csignal>
#include <cstring>

namespace moonwire::process {

std::string signal_name(int number)
{
    const char* name = ::sigabbrev_np(number);
    return name != nullptr ? "SIG" + std::string(name) : std::to_string(number);
}

std::optional<int> signal_number(std::string_view name)
{
    int number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (error == std::errc{} && end == name.data() + name.size()) {
        return number > 0 && number < NSIG ? std::optional(number) : std::nullopt;
    }
    for (number = 1; number < NSIG; ++number) {
        const std::string full = signal_name(number);
        if (name == full || (full.starts_with("SIG") && name == std::string_view(full).substr(3))) {
            return number;
        }
    }
    return std::nullopt;
}

}  // namespace moonwire::process
