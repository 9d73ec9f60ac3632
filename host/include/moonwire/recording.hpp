#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace moonwire {

/// How much of what happens in an engine is kept.
struct RecordOptions {
    std::size_t max_events = 20'000;  ///< the first ones
    std::size_t max_content = 256;    ///< of each: bytes of its content
};

/// Something that a connection, a socket or another native object has done. What the words mean, and which of the
/// fields an event of a kind has, says host/observe/event.hpp.
struct RecordedEvent {
    double time = 0;  ///< seconds since the recording began
    std::string_view kind{};
    std::string_view layer{};
    std::string_view direction{};
    std::string_view cause{};
    bool carries = false;
    int error = 0;
    std::uint64_t object = 0;
    std::uint64_t owner = 0;
    std::int64_t result = 0;
    std::uint64_t size = 0;
    std::string local{};
    std::string remote{};
    std::string content{};  ///< any bytes
    std::string text{};
    std::string role{};
};

/// What has happened in an engine while it ran something.
struct Recording {
    std::vector<RecordedEvent> events;
    std::uint64_t dropped = 0;  ///< events that came when there were enough

    /// Bytes that a role's transports have sent and received, in each step of time.
    struct Throughput {
        std::string role;
        std::vector<std::uint64_t> sent;
        std::vector<std::uint64_t> received;
    };
    double step = 0;  ///< seconds
    std::vector<Throughput> throughput;

    /// How many TCP sockets the kernel had on the run's ports, by state ("TIME-WAIT"). Not under virtual time.
    struct Sockets {
        double time = 0;
        std::map<std::string, std::uint64_t> states;
    };
    std::vector<Sockets> sockets;
};

}  // namespace moonwire
