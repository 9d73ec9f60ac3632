#include "host/net/multicast.hpp"

#include "host/net/endpoint.hpp"
#include "host/net/interfaces.hpp"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace moonwire::net {

namespace {

sockaddr_storage storage_of(const boost::asio::ip::address& address)
{
    const UdpEndpoint endpoint(address, 0);
    sockaddr_storage storage{};
    std::memcpy(&storage, endpoint.data(), endpoint.size());
    return storage;
}

bool change(const UdpSocket& socket, const Membership& membership, int any_source, int one_source)
{
    const int level = membership.group.is_v4() ? IPPROTO_IP : IPPROTO_IPV6;
    if (membership.source) {
        group_source_req request{};
        request.gsr_interface = membership.interface_index;
        request.gsr_group = storage_of(membership.group);
        request.gsr_source = storage_of(*membership.source);
        return ::setsockopt(socket.native_handle(), level, one_source, &request, sizeof request) == 0;
    }
    group_req request{};
    request.gr_interface = membership.interface_index;
    request.gr_group = storage_of(membership.group);
    return ::setsockopt(socket.native_handle(), level, any_source, &request, sizeof request) == 0;
}

void tell(const UdpSocket& socket, observe::Kind kind, const Membership& membership)
{
    if (observe::Observers* observers = socket.loop().observed()) {
        const UdpEndpoint group(membership.group, 0);
        const std::string source = membership.source ? address_of(*membership.source) : "";
        observers->tell({.kind = kind,
                         .layer = observe::Layer::udp,
                         .object = socket.object(),
                         .remote = observe::Address::of(group.data()),
                         .text = source});
    }
}

std::string named(const Membership& membership)
{
    const std::string group = address_of(membership.group);
    return membership.source ? group + " from " + address_of(*membership.source) : group;
}

bool fits(const UdpSocket& socket, const Membership& membership)
{
    const IpVersions versions = socket.versions();
    return membership.group.is_v4() ? versions.v4 : versions.v6;
}

/// Groups of one link are named together with the interface (RFC 4007, section 6).
boost::asio::ip::address in_zone(const boost::asio::ip::address& group, unsigned interface_index)
{
    if (group.is_v4() || !(group.to_v6().is_multicast_link_local() || group.to_v6().is_multicast_node_local())) {
        return group;
    }
    auto zoned = group.to_v6();
    zoned.scope_id(interface_index);
    return zoned;
}

Failure failure(const std::string& what, const error_code& error, const std::string& advice = {})
{
    return {error, what + ": " + reason(error) + advice};
}

}  // namespace

Failure join_group(const UdpSocket& socket, const Membership& membership)
{
    const std::string what = "join " + named(membership);
    if (!fits(socket, membership)) {
        return failure(what, errc::wrong_family,
                       membership.group.is_v4() ? ": this socket takes IPv6 only" : ": this socket takes IPv4 only");
    }
    if (change(socket, membership, MCAST_JOIN_GROUP, MCAST_JOIN_SOURCE_GROUP)) {
        tell(socket, observe::Kind::joined, membership);
        return {};
    }
    const int number = errno;
    const error_code error(number, boost::system::system_category());
    const bool on_interface = membership.interface_index != 0;
    if (number == EADDRINUSE || (membership.source && number == EADDRNOTAVAIL)) {
        return failure(what, errc::already_member);
    }
    if ((number == ENODEV || number == ENETUNREACH) && !on_interface) {
        return failure(what, error_code(ENETUNREACH, boost::system::system_category()),
                       multicast_hint(membership.group));
    }
    if (number == ENODEV) {
        return failure(what, errc::no_interface, "; there are " + interface_names());
    }
    if (membership.source && number == EINVAL) {
        return failure(what, error, ": the socket has joined this group from any source already");
    }
    if (number == ENOBUFS) {
        return failure(what, error, ": too many groups on one socket (net.ipv4.igmp_max_memberships)");
    }
    return failure(what, error);
}

Failure leave_group(const UdpSocket& socket, const Membership& membership)
{
    const std::string what = "leave " + named(membership);
    if (!fits(socket, membership)) {
        return failure(what, errc::not_member);
    }
    if (change(socket, membership, MCAST_LEAVE_GROUP, MCAST_LEAVE_SOURCE_GROUP)) {
        tell(socket, observe::Kind::left, membership);
        return {};
    }
    const int number = errno;
    const bool never_joined = number == EADDRNOTAVAIL || number == EINVAL || number == ENODEV;
    return failure(
        what, never_joined ? make_error_code(errc::not_member) : error_code(number, boost::system::system_category()));
}

std::string multicast_hint(const boost::asio::ip::address& address)
{
    const bool mapped = address.is_v6() && address.to_v6().is_v4_mapped();
    const bool group =
        mapped ? boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, address.to_v6()).is_multicast()
               : address.is_multicast();
    return group ? "; give interface = … (" + interface_names() + ")" : "";
}

std::pair<Failure, std::shared_ptr<UdpSocket>> open_multicast_receiver(loop::Loop& loop, const Membership& membership,
                                                                       std::uint16_t port, UdpOptions options)
{
    options.reuse_address = true;
    auto socket = std::make_shared<UdpSocket>(loop, options);
    const UdpEndpoint local(in_zone(membership.group, membership.interface_index), port);
    if (const error_code error = socket->open(local, false)) {
        const bool needs_zone = error == boost::system::errc::invalid_argument && membership.interface_index == 0;
        return {failure("receive from group " + to_string(local), error,
                        needs_zone ? multicast_hint(membership.group) : ""),
                nullptr};
    }
    Failure joined = join_group(*socket, membership);
    return {joined, joined.error ? nullptr : std::move(socket)};
}

std::pair<Failure, std::shared_ptr<UdpSocket>> open_multicast_sender(loop::Loop& loop, const UdpEndpoint& group,
                                                                     const MulticastSending& sending,
                                                                     const UdpOptions& options)
{
    auto socket = std::make_shared<UdpSocket>(loop, options);
    const UdpEndpoint local(group.protocol(), 0);
    error_code error = socket->open(local, false);
    if (!error) {
        error = set_multicast_ttl(socket->native_handle(), socket->versions(), sending.ttl);
    }
    if (!error) {
        error = set_multicast_loopback(socket->native_handle(), socket->versions(), sending.loopback);
    }
    if (!error && sending.interface_index != 0) {
        error = set_multicast_interface(socket->native_handle(), socket->versions(), sending.interface_index);
    }
    if (error) {
        return {failure("send to group " + to_string(group), error), nullptr};
    }
    socket->set_default_destination({in_zone(group.address(), sending.interface_index), group.port()});
    return {Failure{}, std::move(socket)};
}

}  // namespace moonwire::net
