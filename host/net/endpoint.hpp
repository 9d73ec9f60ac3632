#pragma once

#include "host/net/tcp_socket.hpp"

#include <boost/asio/ip/udp.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace moonwire::net {

using UdpEndpoint = boost::asio::ip::udp::endpoint;

/// Which version of IP may be used.
enum class Family { any, ipv4, ipv6 };

/// Whether addresses of `address`'s version may be used. An IPv4-mapped IPv6 address (RFC 4291, section 2.5.5.2) counts
/// as IPv6: it takes an IPv6 socket.
bool belongs_to(const boost::asio::ip::address& address, Family family);

/// "127.0.0.1", "::1", "fe80::1%eth0". IPv4-mapped IPv6 addresses, which a dual-stack socket sees, read as IPv4.
std::string address_of(const boost::asio::ip::address& address);
std::string address_of(const TcpEndpoint& endpoint);

/// "127.0.0.1:5003", "[::1]:5003" (RFC 3986, section 3.2.2).
std::string to_string(const TcpEndpoint& endpoint);
std::string to_string(const UdpEndpoint& endpoint);

/// The same from a name or an address as somebody wrote it: "localhost:5003", "[::1]:5003".
std::string host_and_port(std::string_view host, std::uint16_t port);

}  // namespace moonwire::net
