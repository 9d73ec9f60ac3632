#pragma once

#include "host/impair/seed.hpp"
#include "host/observe/clock.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace moonwire::impair {

using observe::Duration;

/// Which ways through a relay are impaired. The other one only forwards.
enum class Ways { both, to_target, to_client };

inline bool includes(Ways ways, Way way)
{
    return ways == Ways::both || (ways == Ways::to_target) == (way == Way::to_target);
}

/// What happens to datagrams. Probabilities are 0 to 1.
struct DatagramFaults {
    double drop = 0;                                 ///< that a datagram is lost
    double duplicate = 0;                            ///< that it arrives twice
    double reorder = 0;                              ///< that it is held back until the next one has overtaken it…
    Duration hold = std::chrono::milliseconds(100);  ///< …or this has passed
    Duration delay{};                                ///< how much later it arrives
    Duration jitter{};                               ///< up to this much more, drawn for each; the order stays
    double rate = 0;                                 ///< bytes a second that pass; 0: any number
    std::size_t queue = 1000;                        ///< so many may wait, of each client; what comes then is dropped
    Ways ways = Ways::both;
};

/// What happens to the bytes of a connection. Bytes are counted for each way, times from the connection's beginning;
/// when the faults of an open connection change, both from then.
struct StreamFaults {
    Duration delay{};
    Duration jitter{};
    Duration stall{};                          ///< for so long nothing is forwarded…
    std::optional<std::uint64_t> stall_after;  ///< …when so many bytes have been,
    std::optional<Duration> stall_at;          ///< at this time,
    std::optional<std::uint64_t> stall_every;  ///< at places so many bytes apart on average, each drawn
    std::optional<std::uint64_t> cut_after;    ///< the connection is reset when so many bytes have been forwarded
    std::optional<Duration> cut_at;            ///< or at this time
    Ways ways = Ways::both;
};

}  // namespace moonwire::impair
