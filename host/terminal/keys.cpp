#include "host/terminal/keys.hpp"

#include <algorithm>
#include <string_view>

namespace moonwire::terminal {

namespace {

constexpr wchar_t escape_key = 0x1B;
constexpr std::wstring_view paste_begin = L"\033[200~";
constexpr std::wstring_view paste_end = L"\033[201~";

// What is longer is no key.
constexpr std::size_t longest_sequence = 32;

// Nobody pastes more into a line; the rest is dropped.
constexpr std::size_t longest_paste = std::size_t{1} << 20;

// ECMA-48: a control sequence ends with one of these.
bool is_final(wchar_t character)
{
    return character >= 0x40 && character <= 0x7E;
}

bool is_bound(std::wstring_view sequence)
{
    return std::any_of(bound_sequences().begin(), bound_sequences().end(),
                       [&](const BoundSequence& bound) { return sequence == bound.sequence; });
}

}  // namespace

std::span<const BoundSequence> bound_sequences()
{
    static constexpr BoundSequence sequences[] = {
        {L"\033[A", L"moonwire-up"},     {L"\033[B", L"moonwire-down"},        {L"\033[C", L"ed-next-char"},
        {L"\033[D", L"ed-prev-char"},    {L"\033[H", L"ed-move-to-beg"},       {L"\033[F", L"ed-move-to-end"},
        {L"\033[1~", L"ed-move-to-beg"}, {L"\033[4~", L"ed-move-to-end"},      {L"\033[7~", L"ed-move-to-beg"},
        {L"\033[8~", L"ed-move-to-end"}, {L"\033[3~", L"ed-delete-next-char"}, {L"\033[1;5C", L"em-next-word"},
        {L"\033[1;5D", L"ed-prev-word"}, {L"\033[1;3C", L"em-next-word"},      {L"\033[1;3D", L"ed-prev-word"},
    };
    return sequences;
}

void KeyDecoder::take(char byte, std::deque<wchar_t>& keys)
{
    wchar_t character = 0;
    const std::size_t size = std::mbrtowc(&character, &byte, 1, &multibyte_);
    if (size == static_cast<std::size_t>(-1)) {
        multibyte_ = {};
    } else if (size != static_cast<std::size_t>(-2)) {
        take_character(character, keys);
    }
}

void KeyDecoder::take_character(wchar_t character, std::deque<wchar_t>& keys)
{
    switch (state_) {
    case State::plain:
        if (character == escape_key) {
            state_ = State::escape;
        } else {
            keys.push_back(character);
        }
        break;
    case State::escape:
        if (character == L'[' || character == L'O') {
            sequence_ = L"\033[";  // \033OA is another terminal's word for \033[A
            state_ = State::sequence;
        } else {
            keys.push_back(escape_key);
            keys.push_back(character);
            state_ = State::plain;
        }
        break;
    case State::sequence:
        take_sequence(character, keys);
        break;
    case State::paste:
        take_pasted(character, keys);
        break;
    }
}

void KeyDecoder::take_sequence(wchar_t character, std::deque<wchar_t>& keys)
{
    sequence_ += character;
    if (sequence_ == paste_begin) {
        paste_.clear();
        state_ = State::paste;
    } else if (is_final(character) || sequence_.size() > longest_sequence) {
        if (is_bound(sequence_)) {
            keys.insert(keys.end(), sequence_.begin(), sequence_.end());
        }
        state_ = State::plain;
    }
}

void KeyDecoder::take_pasted(wchar_t character, std::deque<wchar_t>& keys)
{
    const bool line_end = character == L'\r' || character == L'\n';
    if (line_end && line_end_ != 0 && line_end_ != character) {
        line_end_ = 0;  // the other half of "\r\n", which a terminal in raw mode may turn round
        return;
    }
    line_end_ = line_end ? character : L'\0';
    paste_ += line_end ? L'\n' : character;
    if (paste_.ends_with(paste_end)) {
        paste_.resize(paste_.size() - paste_end.size());
        keys.push_back(paste_key);
        state_ = State::plain;
    } else if (paste_.size() > longest_paste) {
        paste_.erase(longest_paste - paste_end.size(), 1);
    }
}

}  // namespace moonwire::terminal
