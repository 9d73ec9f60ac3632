#pragma once

#include "host/websocket/mask.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace moonwire::websocket {

/// RFC 6455, section 11.8.
enum class Opcode : std::uint8_t {
    continuation = 0,
    text = 1,
    binary = 2,
    close = 8,
    ping = 9,
    pong = 10,
};

/// Who has asked for the connection: its frames are masked, the other side's are not (RFC 6455, section 5.1).
enum class Role { client, server };

inline constexpr bool is_control(Opcode opcode)
{
    return static_cast<unsigned>(opcode) >= 8;
}

/// A control frame carries no more than this (RFC 6455, section 5.5).
inline constexpr std::size_t max_control_payload = 125;

/// What stands before a frame's payload (RFC 6455, section 5.2).
struct FrameHeader {
    Opcode opcode = Opcode::text;
    bool fin = true;
    bool compressed = false;  ///< RSV1, as permessage-deflate uses it (RFC 7692, section 6)
    std::uint64_t length = 0;
    std::optional<MaskKey> masking_key;
};

inline constexpr std::size_t max_header_size = 14;

// Its first byte…
inline constexpr unsigned fin_bit = 0x80;
inline constexpr unsigned rsv1_bit = 0x40;
inline constexpr unsigned rsv23_bits = 0x30;
inline constexpr unsigned opcode_bits = 0x0f;

// …and its second, with the length, unless that has one of these values.
inline constexpr unsigned mask_bit = 0x80;
inline constexpr unsigned length_bits = 0x7f;
inline constexpr unsigned two_bytes_follow = 126;
inline constexpr unsigned eight_bytes_follow = 127;

/// How many bytes such a header takes.
inline std::size_t encoded_size(const FrameHeader& header)
{
    const std::size_t of_length = header.length < two_bytes_follow ? 0 : header.length <= 0xffff ? 2 : 8;
    return 2 + of_length + (header.masking_key ? sizeof(MaskKey) : 0);
}

/// Writes them to `to`, and returns where they end.
inline char* encode(const FrameHeader& header, char* to)
{
    const auto put = [&to](std::uint64_t value) { *to++ = static_cast<char>(static_cast<unsigned char>(value)); };
    put(static_cast<unsigned>(header.opcode) | (header.fin ? fin_bit : 0) | (header.compressed ? rsv1_bit : 0));
    const unsigned mask = header.masking_key ? mask_bit : 0;
    const int bits = header.length < two_bytes_follow ? 0 : header.length <= 0xffff ? 16 : 64;
    put(mask | (bits == 0 ? header.length : bits == 16 ? two_bytes_follow : eight_bytes_follow));
    for (int shift = bits; (shift -= 8) >= 0;) {
        put(header.length >> shift);
    }
    if (header.masking_key) {
        for (const unsigned char byte : *header.masking_key) {
            put(byte);
        }
    }
    return to;
}

/// A header as it is sent.
class EncodedHeader
{
public:
    explicit EncodedHeader(const FrameHeader& header)
        : size_(static_cast<std::size_t>(encode(header, bytes_.data()) - bytes_.data()))
    {
    }

    std::string_view bytes() const { return {bytes_.data(), size_}; }

private:
    std::array<char, max_header_size> bytes_;
    std::size_t size_;
};

/// How many bytes the header that begins with these takes; `begin` holds two at least.
inline std::size_t header_size(const char* begin)
{
    const unsigned second = static_cast<unsigned char>(begin[1]);
    const unsigned length = second & length_bits;
    const std::size_t of_length = length < two_bytes_follow ? 0 : length == two_bytes_follow ? 2 : 8;
    return 2 + of_length + ((second & mask_bit) != 0 ? sizeof(MaskKey) : 0);
}

/// How long the payload is that belongs to the header that begins here and is whole.
inline std::uint64_t payload_length(const char* begin)
{
    const unsigned length = static_cast<unsigned char>(begin[1]) & length_bits;
    if (length < two_bytes_follow) {
        return length;
    }
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < (length == two_bytes_follow ? 2U : 8U); ++i) {
        value = value << 8 | static_cast<unsigned char>(begin[2 + i]);
    }
    return value;
}

/// All of such a header, but for its masking key.
FrameHeader decode_header(const char* begin);

}  // namespace moonwire::websocket
