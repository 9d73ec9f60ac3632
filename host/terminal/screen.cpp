#include "host/terminal/screen.hpp"

#include "host/terminal/layout.hpp"
#include "host/terminal/text.hpp"

#include <sys/ioctl.h>
#include <unistd.h>
#include <algorithm>
#include <cstdio>
#include <cwchar>

namespace moonwire::terminal {

namespace {

winsize terminal_size()
{
    winsize size{};
    ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
    return size;
}

std::wstring_view whole_text(EditLine* editor)
{
    const LineInfoW* line = ::el_wline(editor);
    return {line->buffer, static_cast<std::size_t>(line->lastchar - line->buffer)};
}

// Where the cursor belongs, from the first cell of the prompt.
Cell cell_of_cursor(EditLine* editor, std::wstring_view prompt)
{
    const LineInfoW* line = ::el_wline(editor);
    const Cell cell = advance(advance({}, prompt, columns()), text_before_cursor(editor), columns());
    const bool wide_follows = line->cursor<line->lastchar&& ::wcwidth(*line->cursor)> 1;
    const bool astride = wide_follows && cell.column + 2 > columns();  // it stands in the next row, the cursor on it
    return astride ? Cell{cell.row + 1, 0} : cell;
}

// Of an entry that is longer than the screen, the upper rows are gone.
int row_of_cursor(EditLine* editor, std::wstring_view prompt)
{
    return std::min(cell_of_cursor(editor, prompt).row, rows() - 1);
}

}  // namespace

int columns()
{
    const int count = terminal_size().ws_col;
    return count > 0 ? count : 80;
}

int rows()
{
    const int count = terminal_size().ws_row;
    return count > 0 ? count : 24;
}

void write_text(std::string_view text)
{
    std::fwrite(text.data(), 1, text.size(), stdout);
}

std::wstring text_before_cursor(EditLine* editor)
{
    const LineInfoW* line = ::el_wline(editor);
    return {line->buffer, line->cursor};
}

void correct_column(EditLine* editor, std::wstring_view prompt)
{
    const std::wstring_view text = whole_text(editor);
    const auto is_wide = [](wchar_t character) { return ::wcwidth(character) > 1; };
    if (std::any_of(text.begin(), text.end(), is_wide)) {
        write_text("\033[" + std::to_string(cell_of_cursor(editor, prompt).column + 1) + "G");
    }
    std::fflush(stdout);
}

void erase_entry(EditLine* editor, std::wstring_view prompt, int rows_above)
{
    const int up = std::min(row_of_cursor(editor, prompt) + rows_above, rows() - 1);
    write_text("\r");
    if (up > 0) {
        write_text("\033[" + std::to_string(up) + "A");
    }
    write_text("\033[J");
}

void leave_entry(EditLine* editor, std::wstring_view prompt)
{
    const Cell end = advance(advance({}, prompt, columns()), whole_text(editor), columns());
    const int down = std::min(end.row, rows() - 1) - row_of_cursor(editor, prompt);
    write_text(std::string(static_cast<std::size_t>(std::max(down, 0)), '\n') + "\r\n");
}

void print_words(const std::vector<std::wstring>& words)
{
    const auto width_of = [](const std::wstring& word) { return advance({}, word, 1 << 20).column; };
    int width = 0;
    for (const std::wstring& word : words) {
        width = std::max(width, width_of(word) + 2);
    }
    const auto a_row = static_cast<std::size_t>(std::max(1, (columns() - 1) / std::max(1, width)));
    const std::size_t shown = std::min(words.size(), a_row * static_cast<std::size_t>(std::max(1, rows() - 4)));
    std::string text;
    for (std::size_t i = 0; i < shown; ++i) {
        const bool last_of_row = (i + 1) % a_row == 0 || i + 1 == shown;
        text += to_bytes(words[i]);
        text += last_of_row ? "\r\n" : std::string(static_cast<std::size_t>(width - width_of(words[i])), ' ');
    }
    if (shown < words.size()) {
        text += "… " + std::to_string(words.size() - shown) + " more\r\n";
    }
    write_text(text);
}

}  // namespace moonwire::terminal
