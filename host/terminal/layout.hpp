#pragma once

#include <string_view>

namespace moonwire::terminal {

/// A cell of the terminal, counted from where something began to be written.
struct Cell {
    int row = 0;
    int column = 0;

    bool operator==(const Cell&) const = default;
};

/// Where the cursor stands after `text` was written from `start`, by the line editor's rules: a line that is full goes
/// on in the next row at once, a wide character does not stand astride two rows, a tab goes to the next multiple of
/// eight, what cannot be shown takes the place of its name (^A). By the thread's locale.
Cell advance(Cell start, std::wstring_view text, int columns);

/// How much of `text` fits into this many columns.
std::wstring_view fitting(std::wstring_view text, int columns);

}  // namespace moonwire::terminal
