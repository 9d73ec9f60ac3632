#include "host/terminal/layout.hpp"

#include <cwchar>
#include <cwctype>

namespace moonwire::terminal {

namespace {

// What cannot be printed is shown as ^A or \U+200E.
int width_of(wchar_t character)
{
    const auto wide = static_cast<std::wint_t>(character);
    if (std::iswcntrl(wide) != 0 && character < 0x100) {
        return 2;
    }
    if (std::iswprint(wide) == 0) {
        return character > 0xFFFF ? 8 : 7;
    }
    return ::wcwidth(character);
}

}  // namespace

Cell advance(Cell cell, std::wstring_view text, int columns)
{
    const auto take = [&](int width) {
        if (cell.column + width > columns) {
            cell = {cell.row + 1, 0};
        }
        cell.column += width;
        if (cell.column >= columns) {
            cell = {cell.row + 1, 0};
        }
    };
    for (const wchar_t character : text) {
        if (character == L'\n') {
            cell = {cell.row + 1, 0};
        } else if (character == L'\t') {
            do {
                take(1);
            } while (cell.column % 8 != 0);
        } else if (std::iswprint(static_cast<std::wint_t>(character)) != 0) {
            take(width_of(character));
        } else {
            for (int i = width_of(character); i > 0; --i) {
                take(1);
            }
        }
    }
    return cell;
}

std::wstring_view fitting(std::wstring_view text, int columns)
{
    std::size_t count = 0;
    for (; count < text.size(); ++count) {
        columns -= width_of(text[count]);
        if (columns < 0) {
            break;
        }
    }
    return text.substr(0, count);
}

}  // namespace moonwire::terminal
