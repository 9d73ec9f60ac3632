#include "host/capture/selection.hpp"

#include <algorithm>

namespace moonwire::capture {

namespace {

// The kernel runs the filter for each packet, a comparison after the other. With more ends than these it lets all of
// TCP and UDP pass, and `takes` alone decides.
constexpr std::size_t most_filtered_ends = 64;

constexpr std::size_t most_fragmented = 256;

// Errors of ICMP, and the later parts of cut packets, do not have the ports where a filter would look.
const std::string without_ports = "icmp or icmp6 or ip6 proto 44 or ip[6:2] & 0x1fff != 0";

ledger::Address without_port(const ledger::Address& address)
{
    ledger::Address host = address;
    host.port = 0;
    return host;
}

ledger::Address any_address(const ledger::Address& address)
{
    ledger::Address any;
    any.port = address.port;
    return any;
}

}  // namespace

const std::string Selection::widest_filter = without_ports + " or tcp or udp";

bool Selection::add(const End& end)
{
    return add_to(end.protocol == ledger::Protocol::tcp ? tcp_ : udp_, end);
}

bool Selection::add_peer(const End& end)
{
    return add_to(peers_, end);
}

bool Selection::add_to(Ends& ends, const End& end)
{
    End added = end;
    added.address.zone = 0;
    if (ledger::is_unspecified(added.address)) {
        added.address = any_address(added.address);
    }
    if (!ends.insert(added.address).second) {
        return false;
    }
    in_order_.push_back(added);
    return true;
}

bool Selection::has(const End& end) const
{
    const Ends& ends = end.protocol == ledger::Protocol::tcp ? tcp_ : udp_;
    return ends.contains(end.address) || ends.contains(any_address(end.address));
}

bool Selection::takes(const ledger::Way& way) const
{
    return way.protocol != ledger::Protocol::other &&
           (has({way.protocol, way.source}) || has({way.protocol, way.destination}));
}

bool Selection::takes(const ledger::Packet& packet)
{
    if (packet.quoted) {
        return takes(*packet.quoted);
    }
    if (!packet.is_fragment) {
        return takes(packet.way);
    }
    const Whole whole = {without_port(packet.way.source), without_port(packet.way.destination), packet.fragment_id};
    const auto known = std::find(fragmented_.begin(), fragmented_.end(), whole);
    if (packet.is_later_fragment) {
        return known != fragmented_.end();
    }
    if (!takes(packet.way)) {
        if (known != fragmented_.end()) {
            fragmented_.erase(known);  // the number is used again, by another packet
        }
        return false;
    }
    if (known == fragmented_.end()) {
        fragmented_.push_back(whole);
        if (fragmented_.size() > most_fragmented) {
            fragmented_.pop_front();
        }
    }
    return true;
}

std::string Selection::filter() const
{
    if (in_order_.empty()) {
        return "less 0";  // nothing
    }
    if (in_order_.size() > most_filtered_ends) {
        return widest_filter;
    }
    std::string text = without_ports;
    for (const End& end : in_order_) {
        const std::string port = end.protocol == ledger::Protocol::tcp ? "tcp port " : "udp port ";
        text += " or (" + port + std::to_string(end.address.port);
        if (end.address) {
            text += " and host " + observe::host_of(end.address);
        }
        text += ")";
    }
    return text;
}

}  // namespace moonwire::capture
