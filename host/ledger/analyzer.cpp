#include "host/ledger/analyzer.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace moonwire::ledger {

namespace {

bool is_before(const Address& a, const Address& b)
{
    return std::tie(a.bytes, a.port) < std::tie(b.bytes, b.port);
}

}  // namespace

Analyzer::Ends::Ends(const Way& way) : protocol(way.protocol), low(way.source), high(way.destination)
{
    if (is_before(high, low)) {
        std::swap(low, high);
    }
}

void Analyzer::add(std::uint64_t time, const Packet& packet)
{
    if (packet.way.protocol == Protocol::other || packet.is_later_fragment) {
        return;
    }
    Flow*& flow = by_ends_[Ends(packet.way)];
    if (flow == nullptr || flow->is_succeeded_by(packet)) {
        if (flows_.size() == most_flows) {
            ++uncounted_;
            if (flow == nullptr) {
                by_ends_.erase(Ends(packet.way));
            }
            return;
        }
        flow = &flows_.emplace_back(packet);
    }
    flow->add(time, packet);
}

bool Analyzer::has_open_connections() const
{
    return std::any_of(flows_.begin(), flows_.end(), [](const Flow& flow) { return flow.is_open(); });
}

}  // namespace moonwire::ledger
