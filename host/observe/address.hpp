#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

struct sockaddr;

namespace moonwire::observe {

/// An IP address and a port, as plain data. An IPv4-mapped IPv6 address, which a dual-stack socket sees, is an IPv4 one
/// here: that is what stands in the packets.
struct Address {
    std::array<std::uint8_t, 16> bytes{};  ///< in network order; of an IPv4 address the first four
    std::uint32_t zone = 0;                ///< the interface's index of a link-local IPv6 address
    std::uint16_t port = 0;
    std::uint8_t version = 0;  ///< 4 or 6; 0: there is none

    /// None for other families than IP.
    static Address of(const sockaddr* address);

    explicit operator bool() const { return version != 0; }
    bool operator==(const Address&) const = default;
};

/// "127.0.0.1:5003", "[::1]:5003", "[fe80::1%2]:5003" (the zone as a number); empty if there is none.
std::string to_string(const Address& address);

void append(std::string& out, const Address& address);

/// The same without the port: "127.0.0.1", "::1".
std::string host_of(const Address& address);

}  // namespace moonwire::observe
