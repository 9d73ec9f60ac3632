#include "host/ledger/packet.hpp"
#include "tests/support/packets.hpp"

#include <catch2/catch.hpp>

using namespace moonwire::ledger;
using namespace moonwire::test;

namespace {

std::optional<Packet> parse(const std::string& bytes, std::uint16_t link = link_ethernet, std::size_t original = 0)
{
    return parse_packet(link, {reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()},
                        static_cast<std::uint32_t>(original == 0 ? bytes.size() : original));
}

std::string payload(const Packet& packet)
{
    return {packet.payload.begin(), packet.payload.end()};
}

}  // namespace

TEST_CASE("packet: TCP over IPv4")
{
    const std::string bytes = ethernet_ipv4(6, hosts(1, 2), tcp(1000, 80, 7, 9, tcp_ack | tcp_push, "hello"));
    const std::string padded = bytes + std::string(5, '\0');  // by Ethernet
    const auto packet = parse(padded);
    REQUIRE(packet);
    CHECK(packet->way.protocol == Protocol::tcp);
    CHECK(to_string(packet->way.source) == "10.0.0.1:1000");
    CHECK(to_string(packet->way.destination) == "10.0.0.2:80");
    CHECK(packet->sequence == 7);
    CHECK(packet->acknowledgement == 9);
    CHECK(packet->flags == (tcp_ack | tcp_push));
    CHECK(packet->ip_size == 45);
    CHECK(packet->payload_size == 5);
    CHECK(payload(*packet) == "hello");
}

TEST_CASE("packet: UDP over IPv6, also behind extension headers, a VLAN's tag and other links' headers")
{
    const std::string addresses = std::string(15, '\0') + '\1' + std::string(15, '\0') + '\2';
    const std::string options = std::string("\x11\0", 2) + std::string(6, '\0');
    const std::string plain = ethernet_ipv6(17, addresses, udp(5, 6, "hi"));
    const std::string extended = ethernet_ipv6(60, addresses, options + udp(5, 6, "hi"));
    const std::string tagged = std::string(12, '\0') + number16(0x8100) + number16(3) + plain.substr(12);
    const std::string cooked = std::string(14, '\0') + plain.substr(12);
    const std::string cooked2 = number16(0x86DD) + std::string(18, '\0') + plain.substr(14);
    const std::string raw = plain.substr(14);
    const std::string null = std::string(4, '\0') + raw;
    for (const auto& packet : {parse(plain), parse(extended), parse(tagged), parse(cooked, link_linux_sll),
                               parse(cooked2, link_linux_sll2), parse(raw, link_raw), parse(null, link_null)}) {
        REQUIRE(packet);
        CHECK(packet->way.protocol == Protocol::udp);
        CHECK(to_string(packet->way.source) == "[::1]:5");
        CHECK(to_string(packet->way.destination) == "[::2]:6");
        CHECK(payload(*packet) == "hi");
    }
    CHECK(parse(plain)->ip_size == 50);
    CHECK(parse(extended)->ip_size == 58);
}

TEST_CASE("packet: what was cut when it was captured keeps its sizes")
{
    const std::string bytes = ethernet_ipv4(6, hosts(1, 2), tcp(1000, 80, 7, 9, tcp_ack, std::string(1000, 'x')));
    const auto packet = parse(bytes.substr(0, 60), link_ethernet, bytes.size());
    REQUIRE(packet);
    CHECK(packet->payload_size == 1000);
    CHECK(packet->payload.size() == 6);
    CHECK(packet->ip_size == 1040);
}

TEST_CASE("packet: a segment that the network card is to cut can be too large for its length")
{
    std::string bytes = ethernet_ipv4(6, hosts(1, 2), tcp(1000, 80, 7, 9, tcp_ack, std::string(1000, 'x')));
    bytes.replace(16, 2, number16(0));
    const auto packet = parse(bytes);
    REQUIRE(packet);
    CHECK(packet->payload_size == 1000);
    CHECK(packet->ip_size == 1040);
}

TEST_CASE("packet: only the first of a datagram's parts has ports")
{
    const auto first = parse(ethernet_ipv4(17, hosts(1, 2), udp(5, 6, "hello"), 0x2000, 42));
    const auto later = parse(ethernet_ipv4(17, hosts(1, 2), "the rest", 0x0003, 42));
    REQUIRE(first);
    REQUIRE(later);
    CHECK(first->is_fragment);
    CHECK(!first->is_later_fragment);
    CHECK(first->way.source.port == 5);
    CHECK(later->is_later_fragment);
    CHECK(later->way.source.port == 0);
    CHECK(first->fragment_id == later->fragment_id);
}

TEST_CASE("packet: an error of ICMP is about the packet that it quotes")
{
    const std::string quote = ethernet_ipv4(17, hosts(1, 2), udp(5, 6, "hello")).substr(14);
    const std::string unreachable = std::string("\x03\x03", 2) + std::string(6, '\0') + quote;
    const std::string echo = std::string("\x08\x00", 2) + std::string(6, '\0') + quote;
    const auto error = parse(ethernet_ipv4(1, hosts(2, 1), unreachable));
    REQUIRE(error);
    CHECK(error->way.protocol == Protocol::other);
    REQUIRE(error->quoted);
    CHECK(error->quoted->protocol == Protocol::udp);
    CHECK(to_string(error->quoted->source) == "10.0.0.1:5");
    CHECK(to_string(error->quoted->destination) == "10.0.0.2:6");
    CHECK(!parse(ethernet_ipv4(1, hosts(2, 1), echo))->quoted);
}

TEST_CASE("packet: what is too short or damaged is no packet, at any length")
{
    const std::string bytes = ethernet_ipv4(6, hosts(1, 2), tcp(1000, 80, 7, 9, tcp_ack, "hello"));
    for (std::size_t size = 0; size < 54; ++size) {
        CHECK(!parse(bytes.substr(0, size), link_ethernet, bytes.size()));
    }
    const auto damaged = [&](std::size_t at, const std::string& with) {
        std::string packet = bytes;
        return parse(packet.replace(at, with.size(), with));
    };
    CHECK(damaged(14, "\x45"));
    CHECK(!damaged(12, number16(0x0806)));  // ARP
    CHECK(!damaged(14, "\x75"));            // IP's version
    CHECK(!damaged(14, "\x44"));            // a header of 16 bytes
    CHECK(!damaged(16, number16(19)));      // less than its own header
    CHECK(!damaged(14 + 20 + 12, "\x40"));  // TCP with a header of 16 bytes
    CHECK(!damaged(14 + 20 + 12, "\xF0"));  // of more than there is
    CHECK(!parse(bytes, 9999));
}
