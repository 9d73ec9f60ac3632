#pragma once

#include <string>
#include <string_view>

namespace moonwire::net {

/// Of ASCII letters only, whatever the locale: for names that protocols compare without case.
inline std::string lower_case(std::string_view text)
{
    std::string result(text);
    for (char& c : result) {
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return result;
}

}  // namespace moonwire::net
