#include "host/net/address_cache.hpp"

#include "host/net/endpoint.hpp"

#include <boost/asio/ip/address_v4.hpp>

#include <algorithm>
#include <cstdint>

namespace moonwire::net {

namespace {

namespace ip = boost::asio::ip;

// The last bytes are what differs between neighbours.
std::size_t place(const ip::address& address)
{
    if (address.is_v4()) {
        const std::uint32_t value = address.to_v4().to_uint();
        return value ^ (value >> 8) ^ (value >> 16);
    }
    const auto bytes = address.to_v6().to_bytes();
    return std::size_t{bytes[15]} ^ bytes[14] ^ bytes[7];
}

std::size_t place(std::string_view text)
{
    std::size_t hash = text.size();
    for (const char byte : text.substr(text.size() - std::min<std::size_t>(text.size(), 4))) {
        hash = hash * 31 + static_cast<unsigned char>(byte);
    }
    return hash;
}

}  // namespace

std::string_view AddressCache::text(const ip::address& address)
{
    Entry& entry = texts_[place(address) % size];
    if (entry.text.empty() || entry.address != address) {
        entry.address = address;
        entry.text = address_of(address);
    }
    return entry.text;
}

std::optional<ip::address> AddressCache::parse(std::string_view text)
{
    if (text.empty()) {
        return std::nullopt;
    }
    Entry& entry = addresses_[place(text) % size];
    if (entry.text == text) {
        return entry.address;
    }
    // The system's functions end at a NUL.
    if (text.find('\0') != std::string_view::npos) {
        return std::nullopt;
    }
    boost::system::error_code not_numeric;
    const auto address = ip::make_address(text, not_numeric);
    if (not_numeric) {
        return std::nullopt;
    }
    const auto zone = text.find('%');
    if (zone != std::string_view::npos) {
        // An unknown zone is no address; one that is known may be another interface's tomorrow.
        return address.is_v6() && address.to_v6().scope_id() != 0 ? std::optional(address) : std::nullopt;
    }
    entry.address = address;
    entry.text = text;
    return address;
}

}  // namespace moonwire::net
