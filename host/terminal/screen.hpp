#pragma once

#include <histedit.h>

#include <string>
#include <string_view>
#include <vector>

namespace moonwire::terminal {

/// The terminal's size; 80 and 24 if it has none.
int columns();
int rows();

/// To standard output, where libedit writes, too.
void write_text(std::string_view text);

std::wstring text_before_cursor(EditLine* editor);

/// Behind wide characters the editor may leave the cursor in the wrong column: puts it into the right one.
void correct_column(EditLine* editor, std::wstring_view prompt);

/// Takes what is being typed, and `rows_above` rows above it, from the screen. The cursor stands where they began.
void erase_entry(EditLine* editor, std::wstring_view prompt, int rows_above);

/// Moves the cursor to the row below what is being typed.
void leave_entry(EditLine* editor, std::wstring_view prompt);

/// Prints the words side by side, as many as the screen takes.
void print_words(const std::vector<std::wstring>& words);

}  // namespace moonwire::terminal
