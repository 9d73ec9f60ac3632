#include "tests/support/screen.hpp"

#include <algorithm>
#include <cstdlib>

namespace moonwire::test {

namespace {

std::string trimmed(const std::vector<std::string>& cells)
{
    std::string text;
    for (const std::string& cell : cells) {
        text += cell;
    }
    text.erase(text.find_last_not_of(' ') + 1);
    return text;
}

std::size_t length_of(char lead)
{
    const auto byte = static_cast<unsigned char>(lead);
    return byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

// The tests' wide characters: CJK ideographs.
bool is_wide(const std::string& character)
{
    return character >= "\u4E00" && character <= "\u9FFF";
}

}  // namespace

Screen::Screen(int columns, int rows)
    : columns_(columns), grid_(static_cast<std::size_t>(rows), Row(static_cast<std::size_t>(columns), " "))
{
}

void Screen::write(std::string_view bytes)
{
    for (const char byte : bytes) {
        pending_ += byte;
        if (pending_.front() == '\033') {
            const bool longer = pending_.size() > 1 && (pending_[1] == '[' || pending_[1] == '(');
            const bool complete = longer ? pending_.size() > 2 && byte >= 0x40 && byte <= 0x7E : pending_.size() > 1;
            if (complete) {
                if (pending_[1] == '[') {
                    sequence(byte);
                }
                pending_.clear();
            }
        } else if (static_cast<unsigned char>(pending_.front()) < 0x20) {
            control(byte);
            pending_.clear();
        } else if (pending_.size() == length_of(pending_.front())) {
            put(pending_);
            pending_.clear();
        }
    }
}

void Screen::put(const std::string& character)
{
    const int width = is_wide(character) ? 2 : 1;
    if (wraps_ || column_ + width > columns_) {
        column_ = 0;
        new_line();
    }
    row()[static_cast<std::size_t>(column_)] = character;
    if (width == 2) {
        row()[static_cast<std::size_t>(column_) + 1] = "";
    }
    column_ += width;
    wraps_ = column_ >= columns_;
    column_ = std::min(column_, columns_ - 1);
}

void Screen::control(char character)
{
    wraps_ = false;
    switch (character) {
    case '\r':
        column_ = 0;
        break;
    case '\n':
        new_line();
        break;
    case '\b':
        column_ = std::max(0, column_ - 1);
        break;
    case '\t':
        column_ = std::min(columns_ - 1, column_ / 8 * 8 + 8);
        break;
    default:
        break;  // the bell
    }
}

void Screen::new_line()
{
    wraps_ = false;
    if (row_ + 1 < static_cast<int>(grid_.size())) {
        ++row_;
        return;
    }
    gone_.push_back(grid_.front());
    grid_.erase(grid_.begin());
    grid_.emplace_back(static_cast<std::size_t>(columns_), " ");
}

int Screen::parameter(int default_value) const
{
    const int value = std::atoi(pending_.c_str() + 2);
    return value > 0 ? value : default_value;
}

// ECMA-48
void Screen::sequence(char final)
{
    const auto at = static_cast<std::size_t>(column_);
    const auto count = static_cast<std::size_t>(std::min(parameter(1), columns_ - column_));
    wraps_ = false;
    switch (final) {
    case 'A':
        row_ = std::max(0, row_ - parameter(1));
        break;
    case 'B':
        row_ = std::min(static_cast<int>(grid_.size()) - 1, row_ + parameter(1));
        break;
    case 'C':
        column_ = std::min(columns_ - 1, column_ + parameter(1));
        break;
    case 'D':
        column_ = std::max(0, column_ - parameter(1));
        break;
    case 'G':
        column_ = std::min(columns_, parameter(1)) - 1;
        break;
    case 'H':
        row_ = column_ = 0;
        break;
    case 'J':
        for (int below = row_ + 1; below < static_cast<int>(grid_.size()); ++below) {
            grid_[static_cast<std::size_t>(below)].assign(static_cast<std::size_t>(columns_), " ");
        }
        [[fallthrough]];
    case 'K':
        std::fill(row().begin() + column_, row().end(), " ");
        break;
    case '@':
        row().insert(row().begin() + column_, count, " ");
        row().resize(static_cast<std::size_t>(columns_));
        break;
    case 'P':
        row().erase(row().begin() + column_, row().begin() + static_cast<std::ptrdiff_t>(at + count));
        row().resize(static_cast<std::size_t>(columns_), " ");
        break;
    case 'm':
        coloured_ = true;
        break;
    default:
        break;  // modes
    }
}

void Screen::resize(int columns, int rows)
{
    columns_ = columns;
    while (static_cast<int>(grid_.size()) > rows && row_ > 0) {
        gone_.push_back(grid_.front());
        grid_.erase(grid_.begin());
        --row_;
    }
    for (Row& cells : grid_) {
        cells.resize(static_cast<std::size_t>(columns), " ");
    }
    grid_.resize(static_cast<std::size_t>(rows), Row(static_cast<std::size_t>(columns), " "));
    column_ = std::min(column_, columns - 1);
    wraps_ = false;
}

std::vector<std::string> Screen::rows() const
{
    std::vector<std::string> rows;
    for (const auto* part : {&gone_, &grid_}) {
        for (const Row& cells : *part) {
            rows.push_back(trimmed(cells));
        }
    }
    while (!rows.empty() && rows.back().empty()) {
        rows.pop_back();
    }
    return rows;
}

std::string Screen::text() const
{
    std::string text;
    for (const std::string& line : rows()) {
        text += line + "\n";
    }
    return text;
}

std::string Screen::cursor_row() const
{
    return trimmed(grid_[static_cast<std::size_t>(row_)]);
}

std::string Screen::before_cursor() const
{
    const Row& cells = grid_[static_cast<std::size_t>(row_)];
    std::string text;
    for (int i = 0; i < column_; ++i) {
        text += cells[static_cast<std::size_t>(i)];
    }
    return text;
}

}  // namespace moonwire::test
