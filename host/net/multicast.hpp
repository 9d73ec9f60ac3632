#pragma once

#include "host/net/error.hpp"
#include "host/net/udp_socket.hpp"

#include <boost/asio/ip/address.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace moonwire::net {

/// What a socket joins: a group, from any source or from one only (RFC 3678, section 3), on one interface.
struct Membership {
    boost::asio::ip::address group;
    std::optional<boost::asio::ip::address> source;
    unsigned interface_index = 0;  ///< 0: the one by which the kernel would send to the group
};

/// Has the socket hear what is sent to the group (on its port). Nothing in the failure if that went well;
/// otherwise its message names the group and says what to do: wrong_family, already_member, unreachable (no route to
/// the group, and no interface given), closed, …
Failure join_group(const UdpSocket& socket, const Membership& membership);

/// The opposite; not_member.
Failure leave_group(const UdpSocket& socket, const Membership& membership);

/// A socket bound to the group itself, so that it hears nothing else on the port, and joined. Any number of them, in
/// any number of processes, hear the same group on the same port.
std::pair<Failure, std::shared_ptr<UdpSocket>> open_multicast_receiver(loop::Loop& loop, const Membership& membership,
                                                                       std::uint16_t port, UdpOptions options);

struct MulticastSending {
    int ttl = 1;                   ///< routers that the datagrams may pass; 1: they stay on their link
    bool loopback = true;          ///< members on this machine hear them
    unsigned interface_index = 0;  ///< 0: the kernel's routes decide
};

/// A socket whose datagrams go to the group unless they are sent to somebody else. It is not connected, so that it
/// hears answers, which come from the members' own addresses.
std::pair<Failure, std::shared_ptr<UdpSocket>> open_multicast_sender(loop::Loop& loop, const UdpEndpoint& group,
                                                                     const MulticastSending& sending,
                                                                     const UdpOptions& options);

/// What to say to somebody who sends to or joins a group and has no route to it: "; give interface = … (lo, eth0)".
/// Empty for addresses that are no groups'.
std::string multicast_hint(const boost::asio::ip::address& address);

}  // namespace moonwire::net
