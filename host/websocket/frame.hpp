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

/// A header as it is sent.
class EncodedHeader
{
public:
    explicit EncodedHeader(const FrameHeader& header);

    std::string_view bytes() const { return {bytes_.data(), size_}; }

private:
    std::array<char, max_header_size> bytes_;
    std::size_t size_;
};

/// How many bytes the header that begins with these takes; `begin` holds two at least.
inline std::size_t header_size(const char* begin)
{
    const unsigned second = static_cast<unsigned char>(begin[1]);
    const unsigned length = second & 0x7fU;
    const std::size_t of_length = length < 126 ? 0 : length == 126 ? 2 : 8;
    return 2 + of_length + ((second & 0x80U) != 0 ? sizeof(MaskKey) : 0);
}

/// How long the payload is that belongs to the header that begins here and is whole.
inline std::uint64_t payload_length(const char* begin)
{
    const unsigned length = static_cast<unsigned char>(begin[1]) & 0x7fU;
    if (length < 126) {
        return length;
    }
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < (length == 126 ? 2U : 8U); ++i) {
        value = value << 8 | static_cast<unsigned char>(begin[2 + i]);
    }
    return value;
}

/// All of such a header, but for its masking key.
FrameHeader decode_header(const char* begin);

}  // namespace moonwire::websocket
