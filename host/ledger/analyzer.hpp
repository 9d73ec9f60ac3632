#pragma once

#include <moonwire/ledger.hpp>

#include "host/ledger/flow.hpp"
#include "host/ledger/packet.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <unordered_map>

namespace moonwire::ledger {

/// Makes the ledger of the packets that it is given. Parts of a cut packet but the first belong to no flow, and errors
/// of ICMP to none either.
class Analyzer
{
public:
    /// More flows are not followed, so that a flood of them does not take all memory.
    static constexpr std::size_t most_flows = 10'000;

    /// In the order in which they were captured. `time`: nanoseconds since 1970.
    void add(std::uint64_t time, const Packet& packet);

    /// Is there a connection of TCP that has not ended?
    bool has_open_connections() const;

    const std::deque<Flow>& flows() const { return flows_; }

    /// Packets of TCP and UDP that belong to no flow that is followed.
    std::uint64_t uncounted() const { return uncounted_; }

private:
    // By the address that sorts first.
    struct Ends {
        Protocol protocol = Protocol::tcp;
        Address low;
        Address high;

        explicit Ends(const Way& way);
        bool operator==(const Ends&) const = default;
    };

    struct EndsHash {
        std::size_t operator()(const Ends& ends) const
        {
            return AddressHash()(ends.low) * 31 + AddressHash()(ends.high);
        }
    };

    std::deque<Flow> flows_;
    std::unordered_map<Ends, Flow*, EndsHash> by_ends_;  // the latest of the same ends
    std::uint64_t uncounted_ = 0;
};

}  // namespace moonwire::ledger
