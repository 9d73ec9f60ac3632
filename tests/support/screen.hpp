#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace moonwire::test {

/// What a terminal shows: the part of an xterm that line editors use. Characters of UTF-8, some of them two columns
/// wide.
class Screen
{
public:
    Screen(int columns, int rows);

    void write(std::string_view bytes);

    /// As terminals that do not break their lines anew.
    void resize(int columns, int rows);

    /// The rows up to the last one that has something in it, without blanks at their ends; those that have left the
    /// screen at its top come first.
    std::vector<std::string> rows() const;
    std::string text() const;

    /// The row of the cursor, and what stands in front of the cursor.
    std::string cursor_row() const;
    std::string before_cursor() const;

    /// Was there any sequence that sets colours?
    bool coloured() const { return coloured_; }

private:
    using Row = std::vector<std::string>;  // a cell's character; "" behind a wide one

    void put(const std::string& character);
    void control(char character);
    void sequence(char final);
    void new_line();
    int parameter(int default_value) const;
    Row& row() { return grid_[static_cast<std::size_t>(row_)]; }

    int columns_;
    std::vector<Row> grid_;
    std::vector<Row> gone_;  // at the top
    int row_ = 0;
    int column_ = 0;
    bool wraps_ = false;  // the cursor stands behind the last column
    bool coloured_ = false;
    std::string pending_;  // of a character or a sequence
};

}  // namespace moonwire::test
