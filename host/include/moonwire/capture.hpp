#pragma once

#include <moonwire/ledger.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace moonwire {

/// Where the packets of an engine's own connections go.
struct CaptureOptions {
    /// Empty: none, and the packets are only counted. Otherwise a pcapng file, which Wireshark opens. It has the keys
    /// of the engine's TLS sessions: keep it as secret as them.
    std::filesystem::path file;

    std::string program;                ///< what has made the file: "moonwire 0.1.0"
    std::vector<std::string> comments;  ///< what the file says of itself

    /// Is a ledger wanted even if nothing can be captured? It is made from what the kernel counts then.
    bool ledger = false;
};

struct CaptureReport {
    std::filesystem::path file;
    std::uint64_t packets = 0;            ///< in the file
    std::uint64_t dropped = 0;            ///< lost for want of room before they could be written
    std::vector<std::string> interfaces;  ///< where packets were taken from
    std::vector<std::string> troubles;    ///< what did not work, a sentence each
    Ledger ledger;                        ///< its packets, counted, or what the kernel has counted
};

}  // namespace moonwire
