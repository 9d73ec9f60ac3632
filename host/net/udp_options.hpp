#pragma once

#include "host/net/error.hpp"
#include "host/net/socket_options.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace moonwire::net {

/// The largest payloads that UDP can carry: what the 16 bits of the IPv4 total length, or of the IPv6 payload length,
/// leave beside the headers (RFC 791, RFC 8200, RFC 768).
constexpr std::size_t largest_payload_v4 = 65535 - 20 - 8;
constexpr std::size_t largest_payload_v6 = 65535 - 8;

/// Options of a UDP socket (socket(7), ip(7), ipv6(7)).
struct UdpOptions {
    /// Others may bind to the same address if they allow it, too; datagrams to a group reach all of them, other
    /// datagrams the last one (SO_REUSEADDR).
    bool reuse_address = false;
    /// The same for processes of one user; the kernel spreads what arrives over them (SO_REUSEPORT).
    bool reuse_port = false;
    /// Sending to broadcast addresses is permitted (SO_BROADCAST).
    bool broadcast = false;
    /// Every datagram comes with the kernel's time of its arrival (SO_TIMESTAMPNS).
    bool timestamps = false;
    /// ICMP errors that concern earlier datagrams are reported (IP_RECVERR). Always so on connected sockets.
    bool errors = false;
    /// How many routers datagrams to one host may pass (IP_TTL, IPV6_UNICAST_HOPS). Nothing: the system's choice.
    std::optional<int> ttl;
    /// Bytes; the kernel doubles them for its own use and has limits.
    std::optional<int> send_buffer;
    std::optional<int> receive_buffer;
    /// Longer datagrams are received as truncated.
    std::size_t max_size = 65535;
};

/// Which IP options a socket takes. A dual-stack IPv6 socket takes those of both versions.
struct IpVersions {
    bool v4 = false;
    bool v6 = false;
};

// All of these take a native socket and return what the system says (bad_descriptor when it is closed).

/// Sets everything that differs from a fresh socket, except `max_size`, which is no option of the kernel's. Also has
/// the socket hear only those multicast groups that it has joined itself (IP_MULTICAST_ALL), which the kernel does not
/// do by default. To be called before bind and connect.
error_code apply_options(int socket, IpVersions versions, const UdpOptions& options);

error_code set_ttl(int socket, IpVersions versions, int hops);
error_code set_broadcast(int socket, bool on);
error_code set_report_errors(int socket, IpVersions versions);

/// For datagrams to groups: how many routers they may pass (1: they stay on their link), whether members on this
/// machine hear them, and by which interface they leave (0: the kernel's routes decide).
error_code set_multicast_ttl(int socket, IpVersions versions, int hops);
error_code set_multicast_loopback(int socket, IpVersions versions, bool on);
error_code set_multicast_interface(int socket, IpVersions versions, unsigned index);

/// What the kernel holds for a socket.
struct SocketMemory {
    std::uint64_t receive_queue = 0;   ///< bytes that the waiting datagrams take, with the kernel's own overhead
    std::uint64_t receive_buffer = 0;  ///< the limit of that
    std::uint64_t send_queue = 0;
    std::uint64_t send_buffer = 0;
    std::uint64_t dropped = 0;  ///< datagrams that found the receive buffer full (or a wrong checksum)
};

error_code read_socket_memory(int socket, SocketMemory& memory);

}  // namespace moonwire::net
