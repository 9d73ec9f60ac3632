#pragma once

#include <boost/asio/ip/address.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace moonwire::net {

/// A network interface of this machine (netdevice(7)).
struct Interface {
    std::string name;
    unsigned index = 0;
    bool up = false;
    bool multicast = false;  ///< the interface says that it can; the loopback interface does not, but does for IPv4
    bool loopback = false;
    std::vector<boost::asio::ip::address> addresses;
};

/// All of them, in the order of their indices. Empty if the system does not tell.
std::vector<Interface> interfaces();

/// The one with this name, index or address.
std::optional<Interface> find_interface(std::string_view name_index_or_address);

/// "lo, eth0": the interfaces that are up, for messages.
std::string interface_names();

}  // namespace moonwire::net
