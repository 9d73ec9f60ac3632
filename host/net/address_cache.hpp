#pragma once

#include <boost/asio/ip/address.hpp>

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace moonwire::net {

/// Numeric addresses and their texts, those that were used last: a socket that talks to the same peers again and again
/// neither formats nor parses their addresses each time.
class AddressCache
{
public:
    /// As `address_of`. Valid until the next call.
    std::string_view text(const boost::asio::ip::address& address);

    /// Nothing if the text is no numeric address.
    std::optional<boost::asio::ip::address> parse(std::string_view text);

private:
    struct Entry {
        boost::asio::ip::address address;
        std::string text;
    };

    static constexpr std::size_t size = 16;
    std::array<Entry, size> texts_;
    std::array<Entry, size> addresses_;
};

}  // namespace moonwire::net
