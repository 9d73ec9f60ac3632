#include "host/net/interfaces.hpp"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <memory>

namespace moonwire::net {

namespace {

namespace ip = boost::asio::ip;

std::optional<ip::address> address_in(const sockaddr* address)
{
    if (address == nullptr) {
        return std::nullopt;
    }
    if (address->sa_family == AF_INET) {
        sockaddr_in v4{};
        std::memcpy(&v4, address, sizeof v4);
        return ip::address_v4(ntohl(v4.sin_addr.s_addr));
    }
    if (address->sa_family == AF_INET6) {
        sockaddr_in6 v6{};
        std::memcpy(&v6, address, sizeof v6);
        ip::address_v6::bytes_type bytes;
        std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
        return ip::address_v6(bytes, v6.sin6_scope_id);
    }
    return std::nullopt;
}

bool is_called(const Interface& interface, std::string_view text)
{
    unsigned index = 0;
    const auto number = std::from_chars(text.data(), text.data() + text.size(), index);
    const bool is_number = number.ec == std::errc() && number.ptr == text.data() + text.size();
    boost::system::error_code not_numeric;
    const auto address = ip::make_address(text, not_numeric);
    return interface.name == text || (is_number && interface.index == index) ||
           (!not_numeric &&
            std::find(interface.addresses.begin(), interface.addresses.end(), address) != interface.addresses.end());
}

}  // namespace

std::vector<Interface> interfaces()
{
    ifaddrs* list = nullptr;
    if (::getifaddrs(&list) != 0) {
        return {};
    }
    const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner(list, ::freeifaddrs);
    std::vector<Interface> result;
    for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
        auto place = std::find_if(result.begin(), result.end(),
                                  [&](const Interface& interface) { return interface.name == entry->ifa_name; });
        if (place == result.end()) {
            const unsigned flags = entry->ifa_flags;
            Interface interface;
            interface.name = entry->ifa_name;
            interface.index = ::if_nametoindex(entry->ifa_name);
            interface.up = (flags & IFF_UP) != 0;
            interface.multicast = (flags & IFF_MULTICAST) != 0;
            interface.loopback = (flags & IFF_LOOPBACK) != 0;
            place = result.insert(result.end(), std::move(interface));
        }
        if (const auto address = address_in(entry->ifa_addr)) {
            place->addresses.push_back(*address);
        }
    }
    std::sort(result.begin(), result.end(), [](const Interface& a, const Interface& b) { return a.index < b.index; });
    return result;
}

std::optional<Interface> find_interface(std::string_view name_index_or_address)
{
    const auto all = interfaces();
    const auto found = std::find_if(all.begin(), all.end(), [&](const Interface& interface) {
        return is_called(interface, name_index_or_address);
    });
    return found == all.end() ? std::nullopt : std::optional(*found);
}

std::string interface_names()
{
    std::string names;
    for (const Interface& interface : interfaces()) {
        if (interface.up) {
            names += (names.empty() ? "" : ", ") + interface.name;
        }
    }
    return names;
}

}  // namespace moonwire::net
