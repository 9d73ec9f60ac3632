#pragma once

#include <cstddef>
#include <cstdint>

namespace moonwire::impair {

/// Datagrams, or pieces of a stream, and the payload in them.
struct Count {
    std::uint64_t packets = 0;
    std::uint64_t bytes = 0;

    void add(std::size_t size)
    {
        ++packets;
        bytes += size;
    }
};

/// What a UDP relay has done one way.
struct DatagramCounters {
    Count received;
    Count forwarded;   ///< has left, duplicates included
    Count dropped;     ///< by chance
    Count duplicated;  ///< copies that were made
    Count reordered;   ///< were overtaken
    Count delayed;     ///< have waited
    Count overflowed;  ///< dropped because the queue, or the kernel's buffer, was full
    Count failed;      ///< could not be sent, or came from one client too many
};

/// What a TCP relay has done one way.
struct StreamCounters {
    Count received;  ///< packets are what one read has brought
    Count forwarded;
    Count delayed;
    std::uint64_t stalls = 0;
};

}  // namespace moonwire::impair
