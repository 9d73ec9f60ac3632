#pragma once

#include "host/ledger/packet.hpp"

#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace moonwire::capture {

/// One end of the packets that are wanted: a socket of the run, or who the run connects to. An unspecified address
/// stands for any.
struct End {
    ledger::Protocol protocol = ledger::Protocol::tcp;
    ledger::Address address;
};

/// Which packets are the run's.
class Selection
{
public:
    /// False if it is there already.
    bool add(const End& end);

    /// Is every packet of this end the run's?
    bool has(const End& end) const;

    /// Somebody whom the run is about to connect to: `filter` lets packets of this end pass, but whether they are the
    /// run's depends on their other end.
    bool add_peer(const End& end);

    /// For each packet once, in order: which parts of a larger packet belong to it, only its first one tells.
    bool takes(const ledger::Packet& packet);

    /// Lets all packets pass that there can be.
    static const std::string widest_filter;

    /// A filter in libpcap's language that lets all of these packets pass, and some others.
    std::string filter() const;

private:
    using Ends = std::unordered_set<ledger::Address, ledger::AddressHash>;

    struct Whole {
        ledger::Address source;
        ledger::Address destination;
        std::uint32_t id = 0;

        bool operator==(const Whole&) const = default;
    };

    bool add_to(Ends& ends, const End& end);
    bool takes(const ledger::Way& way) const;

    Ends tcp_;
    Ends udp_;
    Ends peers_;
    std::vector<End> in_order_;     // all of them
    std::deque<Whole> fragmented_;  // whose first parts have been seen lately
};

}  // namespace moonwire::capture
