// RFC 6455, section 5.2: the beginning of a frame, read and written, and the mask that clients put on what they send.
#pragma once
#include <endian.h>
#include <array>
#include <cstdint>
#include <cstring>
#include <optional>

namespace bench {

constexpr unsigned fin = 0x80;
constexpr unsigned reserved_bits = 0x70;
constexpr unsigned opcode_bits = 0x0f;
constexpr unsigned continuation = 0;
constexpr unsigned text = 1;
constexpr unsigned binary = 2;
constexpr unsigned closing = 8;
constexpr unsigned ping = 9;
constexpr unsigned pong = 10;

constexpr std::size_t longest_header = 14;

struct Header {
    unsigned first = 0;  // the flags and the opcode
    bool masked = false;
    std::size_t size = 0;  // of the header itself, with the mask
    std::uint64_t length = 0;
    std::array<char, 4> mask{};
};

// Nothing if it has not arrived whole.
inline std::optional<Header> read_header(const char* data, std::size_t size)
{
    if (size < 2) {
        return std::nullopt;
    }
    Header header;
    header.first = static_cast<unsigned char>(data[0]);
    const unsigned second = static_cast<unsigned char>(data[1]);
    const unsigned short_length = second & 0x7f;
    header.masked = (second & 0x80) != 0;
    const std::size_t long_length = short_length < 126 ? 0 : short_length == 126 ? 2 : 8;
    header.size = 2 + long_length + (header.masked ? header.mask.size() : 0);
    if (size < header.size) {
        return std::nullopt;
    }
    if (long_length == 0) {
        header.length = short_length;
    } else if (long_length == 2) {
        std::uint16_t length = 0;
        std::memcpy(&length, data + 2, sizeof length);
        header.length = be16toh(length);
    } else {
        std::memcpy(&header.length, data + 2, sizeof header.length);
        header.length = be64toh(header.length);
    }
    if (header.masked) {
        std::memcpy(header.mask.data(), data + 2 + long_length, header.mask.size());
    }
    return header;
}

// The size of a header without a mask.
constexpr std::size_t header_size(std::uint64_t length)
{
    return length < 126 ? 2 : length <= 0xffff ? 4 : 10;
}

// Writes a header without a mask, and returns its size; `masked` says that the caller appends one.
inline std::size_t write_header(char* out, unsigned first, std::uint64_t length, bool masked = false)
{
    const unsigned mask_bit = masked ? 0x80 : 0;
    out[0] = static_cast<char>(first);
    if (length < 126) {
        out[1] = static_cast<char>(mask_bit | length);
    } else if (length <= 0xffff) {
        const std::uint16_t big_endian = htobe16(static_cast<std::uint16_t>(length));
        out[1] = static_cast<char>(mask_bit | 126);
        std::memcpy(out + 2, &big_endian, sizeof big_endian);
    } else {
        const std::uint64_t big_endian = htobe64(length);
        out[1] = static_cast<char>(mask_bit | 127);
        std::memcpy(out + 2, &big_endian, sizeof big_endian);
    }
    return header_size(length);
}

// Masks or unmasks from `in` to `out`, which may be the same place or one before it.
inline void apply_mask(char* out, const char* in, std::size_t size, const std::array<char, 4>& mask)
{
    using Block = std::uint32_t __attribute__((vector_size(16)));
    std::uint32_t word = 0;
    std::memcpy(&word, mask.data(), sizeof word);
    const Block wide{word, word, word, word};
    std::size_t at = 0;
    for (; at + sizeof wide <= size; at += sizeof wide) {
        Block block;
        std::memcpy(&block, in + at, sizeof block);
        block ^= wide;
        std::memcpy(out + at, &block, sizeof block);
    }
    for (; at < size; ++at) {
        out[at] = static_cast<char>(in[at] ^ mask[at % 4]);
    }
}

}  // namespace bench
