#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace moonwire::observe {

// Bytes of strangers made fit for people and programs.

/// How many bytes the character takes that `bytes` begins with; 0 if that is no UTF-8 (RFC 3629). `bytes` is not empty.
std::size_t character_size(std::string_view bytes);

/// Appends what a terminal shows one to one: what is no UTF-8, controls (of a terminal, of the direction of writing)
/// and quotes become escapes as in C ("\n", "\x1b", "\u202e"). No more than `most` characters of output, whole escapes
/// only; returns how many bytes of `bytes` they stand for.
std::size_t append_visible(std::string& out, std::string_view bytes, std::size_t most);

/// Appends a string of JSON (RFC 8259, section 7) with its quotes. False if `bytes` are not UTF-8: then nothing is
/// appended.
bool append_json(std::string& out, std::string_view bytes);

/// The same, with U+FFFD for each byte that is none.
void append_json_lossy(std::string& out, std::string_view bytes);

/// "0a1bff", with quotes.
void append_json_hex(std::string& out, std::string_view bytes);

}  // namespace moonwire::observe
