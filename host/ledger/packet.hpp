#pragma once

#include "host/ledger/address.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace moonwire::ledger {

/// How the bytes of a captured packet begin (LINKTYPE_… of pcapng).
enum LinkType : std::uint16_t {
    link_null = 0,         ///< the loopback interface of other systems
    link_ethernet = 1,     ///< Linux's loopback interface, too
    link_raw = 101,        ///< IP without anything before it
    link_linux_sll = 113,  ///< "cooked"
    link_linux_sll2 = 276,
};

enum class Protocol : std::uint8_t { tcp, udp, other };

/// Who a packet is from and to.
struct Way {
    Protocol protocol = Protocol::other;
    Address source;  ///< its port is 0 where a packet has none
    Address destination;

    bool operator==(const Way&) const = default;
};

enum TcpFlags : std::uint8_t { tcp_fin = 0x01, tcp_syn = 0x02, tcp_rst = 0x04, tcp_push = 0x08, tcp_ack = 0x10 };

/// A packet of IP. What it refers to is the caller's.
struct Packet {
    Way way;
    std::uint32_t ip_size = 0;  ///< bytes, with IP's header

    /// A part of a larger packet: `is_later_fragment` has no ports.
    bool is_fragment = false;
    bool is_later_fragment = false;
    std::uint32_t fragment_id = 0;

    std::optional<Way> quoted;  ///< of an error of ICMP: the packet that it is about

    std::uint32_t sequence = 0;
    std::uint32_t acknowledgement = 0;
    std::uint8_t flags = 0;

    std::uint32_t payload_size = 0;          ///< of TCP or UDP
    std::span<const unsigned char> payload;  ///< what of it was captured
};

/// Finds what a packet's headers say. Nothing if it is not IP, or damaged, or too short.
/// `original_size`: bytes on the wire, of which `data` may have less.
std::optional<Packet> parse_packet(std::uint16_t link_type, std::span<const unsigned char> data,
                                   std::uint32_t original_size);

}  // namespace moonwire::ledger
