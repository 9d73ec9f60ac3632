#pragma once

#include <boost/asio/ip/address.hpp>

namespace moonwire::impair {

/// Whether two addresses are of one version of IP. IPv4-mapped IPv6 addresses, which a dual-stack socket sees, count as
/// IPv4: a client of such a relay came by that.
inline bool same_version(const boost::asio::ip::address& one, const boost::asio::ip::address& other)
{
    const auto is_v4 = [](const boost::asio::ip::address& address) {
        return address.is_v4() || address.to_v6().is_v4_mapped();
    };
    return is_v4(one) == is_v4(other);
}

}  // namespace moonwire::impair
