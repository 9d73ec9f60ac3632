#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace moonwire {

/// What packets were for, in the life of a connection. Acknowledgements belong to what they acknowledge.
enum class LedgerPhase {
    connect,     ///< TCP's handshake
    tls,         ///< TLS's handshake
    upgrade,     ///< from HTTP to WebSocket
    data,        ///< all that is said; of UDP everything
    keep_alive,  ///< WebSocket's pings and pongs, TCP's probes
    close,       ///< close frames, TLS's close_notify, TCP's end
};
constexpr std::size_t ledger_phases = 6;

/// What a packet is.
enum class LedgerPurpose {
    syn,   ///< SYN
    ack,   ///< acknowledges, and nothing else
    data,  ///< carries something
    ping,  ///< carries pings or pongs only, or is a probe of TCP's or the answer to one
    end,   ///< FIN, which may carry something, too, or RST
};
constexpr std::size_t ledger_purposes = 5;

/// "connect", "tls", …, "syn", "ack", …
std::string_view to_string(LedgerPhase phase);
std::string_view to_string(LedgerPurpose purpose);

struct LedgerCount {
    std::uint64_t packets = 0;
    std::uint64_t bytes = 0;    ///< of IP, with its header and TCP's or UDP's
    std::uint64_t payload = 0;  ///< bytes without headers

    LedgerCount& operator+=(const LedgerCount& other);
    double mean_size() const { return packets == 0 ? 0 : static_cast<double>(bytes) / static_cast<double>(packets); }
};

/// Times in seconds.
struct LedgerTimes {
    std::uint64_t count = 0;
    double least = 0;
    double most = 0;
    double sum = 0;

    void add(double seconds);
    double mean() const { return count == 0 ? 0 : sum / static_cast<double>(count); }
};

/// One direction of a flow.
struct LedgerWay {
    std::array<std::array<LedgerCount, ledger_purposes>, ledger_phases> counts{};  ///< by phase and purpose
    std::uint64_t data_packets = 0;     ///< those that carry something, whatever their purpose
    std::uint64_t retransmissions = 0;  ///< of the packets, those that begin before what was sent already
    LedgerTimes round_trip;             ///< from data of this way to its acknowledgement, where the packets were seen

    LedgerCount& at(LedgerPhase phase, LedgerPurpose purpose)
    {
        return counts[static_cast<std::size_t>(phase)][static_cast<std::size_t>(purpose)];
    }

    LedgerCount of(LedgerPhase phase) const;
    LedgerCount of(LedgerPurpose purpose) const;
    LedgerCount of(LedgerPhase phase, LedgerPurpose purpose) const;
    LedgerCount total() const;
};

/// A connection of TCP, or what two ends say to each other over UDP.
struct LedgerFlow {
    std::string protocol;  ///< "tcp", "udp"
    std::string client;    ///< "127.0.0.1:41234": who has begun
    std::string server;
    std::string client_role;  ///< empty if it is none of this run's
    std::string server_role;
    std::uint64_t start = 0;                   ///< nanoseconds since 1970, of the first packet
    double seconds = 0;                        ///< from the first packet to the last
    double open_seconds = 0;                   ///< of these, without opening and closing: what rates are reckoned by
    std::optional<double> connect_round_trip;  ///< seconds from SYN to SYN-ACK
    LedgerWay from_client;
    LedgerWay from_server;

    LedgerCount of(LedgerPhase phase) const;
    LedgerCount of(LedgerPurpose purpose) const;
    LedgerCount of(LedgerPhase phase, LedgerPurpose purpose) const;
    LedgerCount total() const;
};

/// Where counts are from.
enum class LedgerSource {
    capture,  ///< the captured packets
    kernel,   ///< TCP_INFO and what sockets have done: bytes of headers are reckoned, and the last packets missing
};

/// The packets of a run, counted.
struct Ledger {
    LedgerSource source = LedgerSource::capture;
    std::vector<LedgerFlow> flows;  ///< in the order of their first packets
    std::uint64_t uncounted = 0;    ///< packets of further flows: only so many are followed
};

/// One object of JSON, with the fields' names as above.
std::string to_json(const Ledger& ledger);

}  // namespace moonwire
