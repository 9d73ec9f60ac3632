#pragma once

#include "host/ledger/packet.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <unordered_map>

namespace moonwire::ledger {

/// Follows TCP connections packet by packet. Of more than `most_connections` at once it does not follow the rest.
class Analyzer
{
public:
    static constexpr std::size_t most_connections = 65536;

    /// In the order in which they were captured.
    void add(const Packet& packet);

    /// Connections that have begun and not ended: neither has a side broken off, nor have both sides' ends been
    /// acknowledged.
    std::size_t open_connections() const { return open_; }

private:
    struct Side {
        bool begun = false;         // its SYN has been seen
        bool ended = false;         // its FIN
        std::uint32_t end = 0;      // what acknowledges that
        bool acknowledged = false;  // and has
    };

    // By the address that sorts first.
    struct Ends {
        Address low;
        Address high;

        bool operator==(const Ends&) const = default;
    };

    struct EndsHash {
        std::size_t operator()(const Ends& ends) const
        {
            return AddressHash()(ends.low) * 31 + AddressHash()(ends.high);
        }
    };

    struct Connection {
        std::array<Side, 2> sides;  // low's and high's

        bool open() const { return sides[0].begun && sides[1].begun; }
        bool closed() const { return sides[0].acknowledged && sides[1].acknowledged; }
    };

    std::unordered_map<Ends, Connection, EndsHash> connections_;
    std::size_t open_ = 0;
};

}  // namespace moonwire::ledger
