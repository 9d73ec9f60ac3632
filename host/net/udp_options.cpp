#include "host/net/udp_options.hpp"

#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>

namespace moonwire::net {

namespace {

// The C library of Debian 12 has it only from <linux/in6.h>, which excludes its own <netinet/in.h>.
constexpr int ipv6_multicast_all = 29;

error_code last_error()
{
    return {errno, boost::system::system_category()};
}

template <class Value>
error_code set(int socket, int level, int option, const Value& value)
{
    return ::setsockopt(socket, level, option, &value, sizeof value) == 0 ? error_code() : last_error();
}

template <class Value>
error_code set_both(int socket, IpVersions versions, int v4_option, int v6_option, const Value& value)
{
    error_code error;
    if (versions.v4) {
        error = set(socket, IPPROTO_IP, v4_option, value);
    }
    if (versions.v6 && !error) {
        error = set(socket, IPPROTO_IPV6, v6_option, value);
    }
    return error;
}

}  // namespace

error_code apply_options(int socket, IpVersions versions, const UdpOptions& options)
{
    error_code error = set_both(socket, versions, IP_MULTICAST_ALL, ipv6_multicast_all, 0);
    if (!error && options.reuse_address) {
        error = set(socket, SOL_SOCKET, SO_REUSEADDR, 1);
    }
    if (!error && options.reuse_port) {
        error = set(socket, SOL_SOCKET, SO_REUSEPORT, 1);
    }
    if (!error && options.broadcast) {
        error = set_broadcast(socket, true);
    }
    if (!error && options.timestamps) {
        error = set(socket, SOL_SOCKET, SO_TIMESTAMPNS, 1);
    }
    if (!error && options.errors) {
        error = set_report_errors(socket, versions);
    }
    if (!error && options.ttl) {
        error = set_ttl(socket, versions, *options.ttl);
    }
    if (!error && options.send_buffer) {
        error = set_send_buffer(socket, *options.send_buffer);
    }
    if (!error && options.receive_buffer) {
        error = set_receive_buffer(socket, *options.receive_buffer);
    }
    return error;
}

error_code set_ttl(int socket, IpVersions versions, int hops)
{
    return set_both(socket, versions, IP_TTL, IPV6_UNICAST_HOPS, hops);
}

error_code set_broadcast(int socket, bool on)
{
    return set(socket, SOL_SOCKET, SO_BROADCAST, int{on});
}

error_code set_report_errors(int socket, IpVersions versions)
{
    return set_both(socket, versions, IP_RECVERR, IPV6_RECVERR, 1);
}

error_code set_multicast_ttl(int socket, IpVersions versions, int hops)
{
    return set_both(socket, versions, IP_MULTICAST_TTL, IPV6_MULTICAST_HOPS, hops);
}

error_code set_multicast_loopback(int socket, IpVersions versions, bool on)
{
    return set_both(socket, versions, IP_MULTICAST_LOOP, IPV6_MULTICAST_LOOP, int{on});
}

error_code set_multicast_interface(int socket, IpVersions versions, unsigned index)
{
    error_code error;
    if (versions.v4) {
        ip_mreqn request{};
        request.imr_ifindex = static_cast<int>(index);
        error = set(socket, IPPROTO_IP, IP_MULTICAST_IF, request);
    }
    if (versions.v6 && !error) {
        error = set(socket, IPPROTO_IPV6, IPV6_MULTICAST_IF, static_cast<int>(index));
    }
    return error;
}

error_code read_socket_memory(int socket, SocketMemory& memory)
{
    std::array<std::uint32_t, SK_MEMINFO_VARS> values{};
    socklen_t size = sizeof values;
    if (::getsockopt(socket, SOL_SOCKET, SO_MEMINFO, values.data(), &size) != 0) {
        return last_error();
    }
    memory.receive_queue = values[SK_MEMINFO_RMEM_ALLOC];
    memory.receive_buffer = values[SK_MEMINFO_RCVBUF];
    memory.send_queue = values[SK_MEMINFO_WMEM_ALLOC];
    memory.send_buffer = values[SK_MEMINFO_SNDBUF];
    memory.dropped = values[SK_MEMINFO_DROPS];
    return {};
}

}  // namespace moonwire::net
