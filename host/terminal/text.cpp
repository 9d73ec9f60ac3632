#include "host/terminal/text.hpp"

#include <climits>
#include <cwchar>

namespace moonwire::terminal {

std::wstring to_wide(std::string_view text)
{
    std::wstring wide;
    std::mbstate_t state{};
    while (!text.empty()) {
        wchar_t character = 0;
        const std::size_t size = std::mbrtowc(&character, text.data(), text.size(), &state);
        if (size == 0 || size > text.size()) {  // a zero byte, or an error
            wide += L'?';
            text.remove_prefix(1);
            state = {};
        } else {
            wide += character;
            text.remove_prefix(size);
        }
    }
    return wide;
}

std::string to_bytes(std::wstring_view text)
{
    std::string bytes;
    std::mbstate_t state{};
    for (const wchar_t character : text) {
        char buffer[MB_LEN_MAX];
        const std::size_t size = std::wcrtomb(buffer, character, &state);
        if (size == static_cast<std::size_t>(-1)) {
            bytes += '?';
            state = {};
        } else {
            bytes.append(buffer, size);
        }
    }
    return bytes;
}

}  // namespace moonwire::terminal
