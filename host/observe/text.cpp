#include "host/observe/text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace moonwire::observe {

namespace {

constexpr std::string_view digits = "0123456789abcdef";

unsigned byte_at(std::string_view bytes, std::size_t index)
{
    return static_cast<unsigned char>(bytes[index]);
}

// Stands for itself everywhere: printable ASCII but quotes and backslashes.
constexpr std::array<bool, 256> plain = [] {
    std::array<bool, 256> table{};
    for (std::size_t byte = 0x20; byte < 0x7f; ++byte) {
        table[byte] = byte != '"' && byte != '\\';
    }
    return table;
}();

// Of a character that is valid.
std::uint32_t code_point(std::string_view character)
{
    if (character.size() == 1) {
        return byte_at(character, 0);
    }
    std::uint32_t value = byte_at(character, 0) & (0x7fU >> character.size());
    for (std::size_t i = 1; i < character.size(); ++i) {
        value = value << 6 | (byte_at(character, i) & 0x3fU);
    }
    return value;
}

// Invisible, or of effect on what stands beside it: controls of C0 and C1, marks and overrides of direction, joiners,
// line separators, the byte order mark, tags.
bool is_control(std::uint32_t point)
{
    return point < 0x20 || (point >= 0x7f && point < 0xa0) || point == 0xad || point == 0x61c ||
           (point >= 0x200b && point <= 0x200f) || (point >= 0x2028 && point <= 0x202e) ||
           (point >= 0x2060 && point <= 0x206f) || point == 0xfeff || (point >= 0xe0000 && point <= 0xe007f);
}

void append_hex(std::string& out, std::uint32_t value, int width)
{
    for (int shift = 4 * (width - 1); shift >= 0; shift -= 4) {
        out += digits[value >> shift & 0xfU];
    }
}

std::string escape_of(std::uint32_t point)
{
    switch (point) {
    case '\n':
        return "\\n";
    case '\r':
        return "\\r";
    case '\t':
        return "\\t";
    case '"':
        return "\\\"";
    case '\\':
        return "\\\\";
    default:
        break;
    }
    std::string text = point < 0x80 ? "\\x" : point <= 0xffff ? "\\u" : "\\U";
    append_hex(text, point, point < 0x80 ? 2 : point <= 0xffff ? 4 : 8);
    return text;
}

void append_json_character(std::string& out, std::string_view character)
{
    const unsigned byte = byte_at(character, 0);
    if (character.size() > 1) {
        out += character;
    } else if (plain[byte]) {
        out += character;
    } else if (byte == '"' || byte == '\\') {
        out += '\\';
        out += character;
    } else if (byte == '\n') {
        out += "\\n";
    } else {
        out += "\\u";
        append_hex(out, byte, 4);
    }
}

// Returns how many bytes at the front need no escape.
std::size_t plain_run(std::string_view bytes)
{
    std::size_t size = 0;
    while (size < bytes.size() && plain[static_cast<unsigned char>(bytes[size])]) {
        ++size;
    }
    return size;
}

}  // namespace

std::size_t character_size(std::string_view bytes)
{
    const unsigned first = byte_at(bytes, 0);
    if (first < 0x80) {
        return 1;
    }
    const std::size_t size = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
    if (size == 0 || bytes.size() < size) {
        return 0;
    }
    for (std::size_t i = 1; i < size; ++i) {
        if ((byte_at(bytes, i) & 0xc0U) != 0x80) {
            return 0;
        }
    }
    const std::uint32_t point = code_point(bytes.substr(0, size));
    const bool shortest = size == 2 || point >= (size == 3 ? 0x800U : 0x10000U);
    const bool surrogate = point >= 0xd800 && point < 0xe000;
    return shortest && !surrogate && point <= 0x10ffff ? size : 0;
}

std::size_t append_visible(std::string& out, std::string_view bytes, std::size_t most)
{
    std::size_t taken = 0;
    std::size_t shown = 0;
    while (taken < bytes.size()) {
        const std::size_t run = std::min(plain_run(bytes.substr(taken)), most - shown);
        out += bytes.substr(taken, run);
        taken += run;
        shown += run;
        if (taken == bytes.size() || shown == most) {
            break;
        }
        const std::string_view rest = bytes.substr(taken);
        const std::size_t size = character_size(rest);
        std::string text;
        std::size_t columns = 0;
        if (size == 0) {
            text = "\\x";
            append_hex(text, byte_at(rest, 0), 2);
        } else if (const auto point = code_point(rest.substr(0, size));
                   is_control(point) || point == '"' || point == '\\') {
            text = escape_of(point);
        } else {
            text = rest.substr(0, size);
            columns = 1;
        }
        columns = columns == 0 ? text.size() : columns;
        if (shown + columns > most) {
            break;
        }
        out += text;
        shown += columns;
        taken += size == 0 ? 1 : size;
    }
    return taken;
}

bool append_json(std::string& out, std::string_view bytes)
{
    const std::size_t before = out.size();
    out += '"';
    while (!bytes.empty()) {
        const std::size_t run = plain_run(bytes);
        out += bytes.substr(0, run);
        bytes.remove_prefix(run);
        if (bytes.empty()) {
            break;
        }
        const std::size_t size = character_size(bytes);
        if (size == 0) {
            out.resize(before);
            return false;
        }
        append_json_character(out, bytes.substr(0, size));
        bytes.remove_prefix(size);
    }
    out += '"';
    return true;
}

void append_json_lossy(std::string& out, std::string_view bytes)
{
    if (append_json(out, bytes)) {
        return;
    }
    std::string clean;
    while (!bytes.empty()) {
        const std::size_t size = character_size(bytes);
        clean += size == 0 ? std::string_view("\xef\xbf\xbd") : bytes.substr(0, size);
        bytes.remove_prefix(size == 0 ? 1 : size);
    }
    append_json(out, clean);
}

void append_json_hex(std::string& out, std::string_view bytes)
{
    out += '"';
    for (const char byte : bytes) {
        append_hex(out, static_cast<unsigned char>(byte), 2);
    }
    out += '"';
}

}  // namespace moonwire::observe
