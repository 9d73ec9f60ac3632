#include "host/ledger/address.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

namespace moonwire::ledger {

namespace {

constexpr std::uint8_t zero = 0;

}  // namespace

Address ipv4_address(const unsigned char* bytes)
{
    Address address;
    address.version = 4;
    std::copy_n(bytes, 4, address.bytes.begin());
    return address;
}

Address ipv6_address(const unsigned char* bytes)
{
    Address address;
    address.version = 6;
    std::copy_n(bytes, 16, address.bytes.begin());
    return address;
}

std::optional<Address> parse_address(std::string_view text)
{
    const std::string host(text.substr(0, text.find('%')));
    std::array<unsigned char, 16> bytes{};
    if (::inet_pton(AF_INET, host.c_str(), bytes.data()) == 1) {
        return ipv4_address(bytes.data());
    }
    if (::inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1) {
        return ipv6_address(bytes.data());
    }
    return std::nullopt;
}

bool is_unspecified(const Address& address)
{
    return std::count(address.bytes.begin(), address.bytes.end(), zero) == 16;
}

bool is_loopback(const Address& address)
{
    if (address.version == 4) {
        return address.bytes[0] == 127;
    }
    return address.bytes[15] == 1 && std::count(address.bytes.begin(), address.bytes.end() - 1, zero) == 15;
}

bool is_multicast(const Address& address)
{
    return address.version == 6 ? address.bytes[0] == 0xFF : address.bytes[0] >= 224 && address.bytes[0] < 240;
}

std::size_t AddressHash::operator()(const Address& address) const
{
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    std::memcpy(&high, address.bytes.data(), sizeof high);
    std::memcpy(&low, address.bytes.data() + sizeof high, sizeof low);
    return static_cast<std::size_t>((high * 0x9E3779B97F4A7C15U) ^ (low * 0xC2B2AE3D27D4EB4FU) ^
                                    (address.port * 0x165667B19E3779F9U));
}

}  // namespace moonwire::ledger
