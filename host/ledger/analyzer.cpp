#include "host/ledger/analyzer.hpp"

#include <tuple>

namespace moonwire::ledger {

namespace {

bool is_before(const Address& a, const Address& b)
{
    return std::tie(a.bytes, a.port) < std::tie(b.bytes, b.port);
}

}  // namespace

void Analyzer::add(const Packet& packet)
{
    if (packet.way.protocol != Protocol::tcp || packet.is_later_fragment) {
        return;
    }
    const bool from_high = is_before(packet.way.destination, packet.way.source);
    const Ends ends =
        from_high ? Ends{packet.way.destination, packet.way.source} : Ends{packet.way.source, packet.way.destination};
    auto found = connections_.find(ends);
    if (found == connections_.end()) {
        if ((packet.flags & tcp_syn) == 0 || connections_.size() == most_connections) {
            return;
        }
        found = connections_.emplace(ends, Connection()).first;
    }
    Connection& connection = found->second;
    const bool was_open = connection.open();
    Side& sender = connection.sides[from_high ? 1 : 0];
    Side& receiver = connection.sides[from_high ? 0 : 1];
    sender.begun = sender.begun || (packet.flags & tcp_syn) != 0;
    if ((packet.flags & tcp_fin) != 0) {
        sender.ended = true;
        sender.end = packet.sequence + packet.payload_size + 1;
    }
    if ((packet.flags & tcp_ack) != 0 && receiver.ended && packet.acknowledgement == receiver.end) {
        receiver.acknowledged = true;
    }
    if (!was_open && connection.open()) {
        ++open_;
    }
    if ((packet.flags & tcp_rst) != 0 || connection.closed()) {
        if (connection.open()) {
            --open_;
        }
        connections_.erase(found);
    }
}

}  // namespace moonwire::ledger
