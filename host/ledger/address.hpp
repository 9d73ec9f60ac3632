#pragma once

#include "host/observe/address.hpp"

#include <cstddef>
#include <optional>
#include <string_view>

namespace moonwire::ledger {

/// As packets have it: without a zone.
using observe::Address;

Address ipv4_address(const unsigned char* bytes);
Address ipv6_address(const unsigned char* bytes);

/// "127.0.0.1", "::1"; a zone behind it is left out. Nothing if it is none.
std::optional<Address> parse_address(std::string_view text);

bool is_unspecified(const Address& address);
bool is_loopback(const Address& address);
bool is_multicast(const Address& address);

/// For unordered containers.
struct AddressHash {
    std::size_t operator()(const Address& address) const;
};

}  // namespace moonwire::ledger
