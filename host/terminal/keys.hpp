#pragma once

#include <cstddef>
#include <cwchar>
#include <deque>
#include <span>
#include <string>

namespace moonwire::terminal {

/// Keys that a terminal sends as a sequence, and the editor's command for each.
struct BoundSequence {
    const wchar_t* sequence;
    const wchar_t* command;
};
std::span<const BoundSequence> bound_sequences();

/// Turns a terminal's bytes into keys for the line editor: characters of UTF-8, and the sequences that it has a command
/// for. Sequences that it does not know are dropped, of which it would take the end for text. By the thread's locale.
class KeyDecoder
{
public:
    /// Stands for a pasted block: see `take_paste`.
    static constexpr wchar_t paste_key = 0x1E;

    /// Appends the keys that `byte` completes.
    void take(char byte, std::deque<wchar_t>& keys);

    /// The block that the last `paste_key` stood for.
    std::wstring take_paste() { return std::move(paste_); }

private:
    enum class State { plain, escape, sequence, paste };

    void take_character(wchar_t character, std::deque<wchar_t>& keys);
    void take_sequence(wchar_t character, std::deque<wchar_t>& keys);
    void take_pasted(wchar_t character, std::deque<wchar_t>& keys);

    State state_ = State::plain;
    std::mbstate_t multibyte_{};
    std::wstring sequence_;
    std::wstring paste_;
    wchar_t line_end_ = 0;  // the last character of the pasted block so far, if it is one
};

}  // namespace moonwire::terminal
