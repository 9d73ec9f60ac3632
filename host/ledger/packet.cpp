#include "host/ledger/packet.hpp"

#include <algorithm>

namespace moonwire::ledger {

namespace {

using Bytes = std::span<const unsigned char>;

constexpr std::uint16_t ether_ipv4 = 0x0800;
constexpr std::uint16_t ether_ipv6 = 0x86DD;
constexpr std::uint16_t ether_vlan = 0x8100;
constexpr std::uint16_t ether_outer_vlan = 0x88A8;

enum IpProtocol : std::uint8_t {
    hop_by_hop = 0,
    icmp = 1,
    tcp = 6,
    udp = 17,
    routing = 43,
    fragment = 44,
    icmpv6 = 58,
    destination_options = 60,
};

std::uint16_t number16(Bytes data, std::size_t at)
{
    return static_cast<std::uint16_t>(data[at] << 8 | data[at + 1]);
}

std::uint32_t number32(Bytes data, std::size_t at)
{
    return static_cast<std::uint32_t>(number16(data, at)) << 16 | number16(data, at + 2);
}

/// Where IP begins, or nothing if it does not.
std::optional<std::size_t> link_size(std::uint16_t link_type, Bytes data)
{
    const auto has_ip = [&](std::size_t type_at, std::size_t size) -> std::optional<std::size_t> {
        if (data.size() < size) {
            return std::nullopt;
        }
        const std::uint16_t type = number16(data, type_at);
        return type == ether_ipv4 || type == ether_ipv6 ? std::optional(size) : std::nullopt;
    };
    switch (link_type) {
    case link_null:
        return data.size() >= 4 ? std::optional<std::size_t>(4) : std::nullopt;
    case link_raw:
        return 0;
    case link_linux_sll:
        return has_ip(14, 16);
    case link_linux_sll2:
        return has_ip(0, 20);
    case link_ethernet: {
        std::size_t type_at = 12;
        for (int tags = 0; tags < 2 && data.size() >= type_at + 2; ++tags) {
            const std::uint16_t type = number16(data, type_at);
            if (type != ether_vlan && type != ether_outer_vlan) {
                break;
            }
            type_at += 4;
        }
        return has_ip(type_at, type_at + 2);
    }
    default:
        return std::nullopt;
    }
}

/// What IP's header says: what comes next, and what of it was captured.
struct Inside {
    std::uint8_t protocol = 0;
    Bytes data;
    std::uint32_t size = 0;  // on the wire
};

bool cut_to(Bytes& data, std::uint32_t& size, std::uint32_t start, std::uint32_t end)
{
    if (end < start || data.size() < start) {
        return false;
    }
    size = end - start;
    data = data.subspan(start, std::min<std::size_t>(data.size() - start, size));
    return true;
}

std::optional<Inside> parse_ipv4(Bytes data, std::uint32_t wire_size, Packet& packet)
{
    if (data.size() < 20) {
        return std::nullopt;
    }
    const std::uint32_t header = (data[0] & 0x0FU) * 4U;
    const std::uint32_t total = number16(data, 2);
    // Segments that the network card is going to cut can be too large for the field, and have 0 in it.
    packet.ip_size = total == 0 ? wire_size : total;
    const std::uint16_t part = number16(data, 6);
    packet.is_fragment = (part & 0x3FFFU) != 0;
    packet.is_later_fragment = (part & 0x1FFFU) != 0;
    packet.fragment_id = number16(data, 4);
    packet.way.source = ipv4_address(&data[12]);
    packet.way.destination = ipv4_address(&data[16]);
    Inside inside{data[9], data, 0};
    if (header < 20 || !cut_to(inside.data, inside.size, header, packet.ip_size)) {
        return std::nullopt;
    }
    return inside;
}

std::optional<Inside> parse_ipv6(Bytes data, std::uint32_t wire_size, Packet& packet)
{
    constexpr std::uint32_t header = 40;
    if (data.size() < header) {
        return std::nullopt;
    }
    const std::uint32_t length = number16(data, 4);
    packet.ip_size = length == 0 ? wire_size : header + length;
    packet.way.source = ipv6_address(&data[8]);
    packet.way.destination = ipv6_address(&data[24]);
    Inside inside{data[6], data, 0};
    if (!cut_to(inside.data, inside.size, header, packet.ip_size)) {
        return std::nullopt;
    }
    // Extension headers (RFC 8200, section 4). Each takes eight bytes at least, so this ends.
    while (inside.protocol == hop_by_hop || inside.protocol == routing || inside.protocol == destination_options ||
           inside.protocol == fragment) {
        if (inside.data.size() < 8) {
            return std::nullopt;
        }
        std::uint32_t size = 8;
        if (inside.protocol == fragment) {
            packet.is_fragment = true;
            packet.is_later_fragment = (number16(inside.data, 2) & 0xFFF8U) != 0;
            packet.fragment_id = number32(inside.data, 4);
        } else {
            size += inside.data[1] * 8U;
        }
        inside.protocol = inside.data[0];
        if (!cut_to(inside.data, inside.size, size, inside.size)) {
            return std::nullopt;
        }
        if (packet.is_later_fragment) {
            break;
        }
    }
    return inside;
}

bool parse_tcp(const Inside& inside, Packet& packet)
{
    if (inside.data.size() < 20) {
        return false;
    }
    packet.way.source.port = number16(inside.data, 0);
    packet.way.destination.port = number16(inside.data, 2);
    packet.sequence = number32(inside.data, 4);
    packet.acknowledgement = number32(inside.data, 8);
    packet.flags = inside.data[13];
    const std::uint32_t header = (inside.data[12] >> 4U) * 4U;
    packet.payload = inside.data;
    return header >= 20 && cut_to(packet.payload, packet.payload_size, header, inside.size);
}

bool parse_udp(const Inside& inside, Packet& packet)
{
    if (inside.data.size() < 8) {
        return false;
    }
    packet.way.source.port = number16(inside.data, 0);
    packet.way.destination.port = number16(inside.data, 2);
    packet.payload = inside.data;
    return cut_to(packet.payload, packet.payload_size, 8, inside.size);
}

// An error of ICMP has the beginning of the packet that it is about behind its 8 bytes of header: of TCP and UDP at
// least the ports (RFC 792; RFC 4443, section 2.4).
std::optional<Way> quoted_way(const Inside& inside)
{
    if (inside.data.size() < 8) {
        return std::nullopt;
    }
    const std::uint8_t type = inside.data[0];
    const bool is_error =
        inside.protocol == icmp ? type == 3 || type == 4 || type == 5 || type == 11 || type == 12 : type < 128;
    if (!is_error) {
        return std::nullopt;
    }
    const Bytes quote = inside.data.subspan(8);
    Packet packet;
    const auto quoted =
        inside.protocol == icmp ? parse_ipv4(quote, inside.size, packet) : parse_ipv6(quote, inside.size, packet);
    if (!quoted || quoted->data.size() < 4 || packet.is_later_fragment ||
        (quoted->protocol != tcp && quoted->protocol != udp)) {
        return std::nullopt;
    }
    packet.way.protocol = quoted->protocol == tcp ? Protocol::tcp : Protocol::udp;
    packet.way.source.port = number16(quoted->data, 0);
    packet.way.destination.port = number16(quoted->data, 2);
    return packet.way;
}

}  // namespace

std::optional<Packet> parse_packet(std::uint16_t link_type, std::span<const unsigned char> data,
                                   std::uint32_t original_size)
{
    const auto link = link_size(link_type, data);
    if (!link || data.size() <= *link || original_size < data.size()) {
        return std::nullopt;
    }
    const Bytes ip = data.subspan(*link);
    const auto wire_size = static_cast<std::uint32_t>(original_size - *link);
    Packet packet;
    const unsigned version = ip[0] >> 4U;
    const auto inside = version == 4   ? parse_ipv4(ip, wire_size, packet)
                        : version == 6 ? parse_ipv6(ip, wire_size, packet)
                                       : std::nullopt;
    if (!inside) {
        return std::nullopt;
    }
    if (inside->protocol == tcp || inside->protocol == udp) {
        packet.way.protocol = inside->protocol == tcp ? Protocol::tcp : Protocol::udp;
        if (!packet.is_later_fragment &&
            !(inside->protocol == tcp ? parse_tcp(*inside, packet) : parse_udp(*inside, packet))) {
            return std::nullopt;
        }
    } else if (inside->protocol == icmp || inside->protocol == icmpv6) {
        packet.quoted = quoted_way(*inside);
    }
    return packet;
}

}  // namespace moonwire::ledger
