#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace moonwire::test {

/// Bytes of packets, made by hand. Checksums are left out.

inline std::string number16(std::uint32_t number)
{
    return {static_cast<char>(number >> 8), static_cast<char>(number)};
}

inline std::string number32(std::uint32_t number)
{
    return number16(number >> 16) + number16(number & 0xFFFF);
}

/// `addresses`: as many bytes as the header has for both.
inline std::string ethernet_ipv4(std::uint8_t protocol, const std::string& addresses, std::string_view content,
                                 std::uint32_t part = 0, std::uint32_t id = 7)
{
    return std::string(12, '\0') + number16(0x0800) + '\x45' + '\0' +
           number16(static_cast<std::uint32_t>(20 + content.size())) + number16(id) + number16(part) + '\x40' +
           static_cast<char>(protocol) + number16(0) + addresses + std::string(content);
}

inline std::string ethernet_ipv6(std::uint8_t next, const std::string& addresses, std::string_view content)
{
    return std::string(12, '\0') + number16(0x86DD) + '\x60' + std::string(3, '\0') +
           number16(static_cast<std::uint32_t>(content.size())) + static_cast<char>(next) + '\x40' + addresses +
           std::string(content);
}

inline std::string tcp(std::uint16_t from, std::uint16_t to, std::uint32_t sequence, std::uint32_t acknowledgement,
                       std::uint8_t flags, std::string_view payload = {})
{
    return number16(from) + number16(to) + number32(sequence) + number32(acknowledgement) + '\x50' +
           static_cast<char>(flags) + number16(1000) + number16(0) + number16(0) + std::string(payload);
}

inline std::string udp(std::uint16_t from, std::uint16_t to, std::string_view payload)
{
    return number16(from) + number16(to) + number16(static_cast<std::uint32_t>(8 + payload.size())) + number16(0) +
           std::string(payload);
}

/// From 10.0.0.`from` to 10.0.0.`to`.
inline std::string hosts(char from, char to)
{
    return std::string("\x0a\0\0", 3) + from + std::string("\x0a\0\0", 3) + to;
}

}  // namespace moonwire::test
