#pragma once

#include "host/websocket/frame.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace moonwire::test {

using websocket::Opcode;
using websocket::Role;

/// A frame as it is on the wire, made and read here by hand, and not by the code under test.
struct WireFrame {
    unsigned opcode = 1;
    std::string payload;
    bool fin = true;
    unsigned reserved = 0;  // RSV1 is 4, RSV2 is 2, RSV3 is 1
    std::optional<std::array<unsigned char, 4>> key;

    bool operator==(const WireFrame&) const = default;
};

inline std::ostream& operator<<(std::ostream& out, const WireFrame& frame)
{
    return out << (frame.fin ? "" : "part of ") << "opcode " << frame.opcode << ", reserved " << frame.reserved
               << (frame.key ? ", masked, " : ", ") << frame.payload.size()
               << " bytes: " << frame.payload.substr(0, 40);
}

inline std::string big_endian(std::uint64_t value, int bytes)
{
    std::string text;
    while (bytes-- > 0) {
        text += static_cast<char>(value >> (8 * bytes) & 0xff);
    }
    return text;
}

/// The header of a frame that announces `length` bytes, in the form for so many bytes of length: 0, 2 or 8.
inline std::string wire_header(const WireFrame& frame, std::uint64_t length, int length_bytes)
{
    std::string bytes;
    bytes += static_cast<char>((frame.fin ? 0x80U : 0U) | frame.reserved << 4 | frame.opcode);
    const std::uint64_t form = length_bytes == 0 ? length : length_bytes == 2 ? 126 : 127;
    bytes += static_cast<char>((frame.key ? 0x80U : 0U) | form);
    bytes += big_endian(length, length_bytes);
    if (frame.key) {
        bytes.append(reinterpret_cast<const char*>(frame.key->data()), frame.key->size());
    }
    return bytes;
}

inline std::string wire(const WireFrame& frame)
{
    const std::size_t length = frame.payload.size();
    std::string bytes = wire_header(frame, length, length < 126 ? 0 : length < 65536 ? 2 : 8);
    for (std::size_t i = 0; i < length; ++i) {
        bytes += static_cast<char>(frame.payload[i] ^ (frame.key ? (*frame.key)[i % 4] : 0));
    }
    return bytes;
}

/// Masked if a client sends it.
inline WireFrame frame_from(Role sender, unsigned opcode, std::string_view payload, bool fin = true,
                            unsigned reserved = 0)
{
    WireFrame frame{opcode, std::string(payload), fin, reserved, std::nullopt};
    if (sender == Role::client) {
        frame.key = {0x37, 0xfa, 0x21, 0x3d};
    }
    return frame;
}

inline std::string wire_from(Role sender, unsigned opcode, std::string_view payload, bool fin = true,
                             unsigned reserved = 0)
{
    return wire(frame_from(sender, opcode, payload, fin, reserved));
}

inline Role other(Role role)
{
    return role == Role::server ? Role::client : Role::server;
}

/// Reads frames that were sent whole.
inline std::vector<WireFrame> parsed(std::string_view bytes)
{
    const auto take = [&bytes](std::size_t size) {
        REQUIRE(bytes.size() >= size);
        const std::string_view taken = bytes.substr(0, size);
        bytes.remove_prefix(size);
        return taken;
    };
    const auto number = [](std::string_view digits) {
        std::uint64_t value = 0;
        for (const char digit : digits) {
            value = value << 8 | static_cast<unsigned char>(digit);
        }
        return value;
    };
    std::vector<WireFrame> frames;
    while (!bytes.empty()) {
        WireFrame frame;
        const auto head = static_cast<unsigned>(number(take(2)));
        frame.fin = (head & 0x8000) != 0;
        frame.reserved = head >> 12 & 7;
        frame.opcode = head >> 8 & 15;
        std::uint64_t length = head & 127;
        if (length > 125) {
            length = number(take(length == 126 ? 2 : 8));
        }
        if ((head & 0x80) != 0) {
            frame.key.emplace();
            std::ranges::copy(take(4), frame.key->begin());
        }
        frame.payload = take(static_cast<std::size_t>(length));
        for (std::size_t i = 0; frame.key && i < frame.payload.size(); ++i) {
            frame.payload[i] = static_cast<char>(frame.payload[i] ^ (*frame.key)[i % 4]);
        }
        frames.push_back(std::move(frame));
    }
    return frames;
}

/// The payload of a close frame.
inline std::string close_payload(unsigned code, std::string_view reason = {})
{
    return big_endian(code, 2).append(reason);
}

}  // namespace moonwire::test
