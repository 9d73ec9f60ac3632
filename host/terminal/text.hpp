#pragma once

#include <string>
#include <string_view>

namespace moonwire::terminal {

// Between UTF-8 and wide characters, by the thread's locale. What is invalid becomes a question mark.
std::wstring to_wide(std::string_view text);
std::string to_bytes(std::wstring_view text);

}  // namespace moonwire::terminal
