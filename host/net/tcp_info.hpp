#pragma once

#include "host/net/error.hpp"

#include <cstdint>
#include <string_view>

namespace moonwire::net {

/// What the kernel knows about a TCP connection (TCP_INFO, tcp(7)). Times in seconds. What the running kernel is too
/// old to tell is 0.
struct TcpInfo {
    std::string_view state;  ///< as `tcp_state_name`
    double rtt = 0;          ///< smoothed round-trip time (RFC 6298)
    double rtt_variance = 0;
    double min_rtt = 0;  ///< 0 until there is a sample
    double retransmit_timeout = 0;
    std::uint64_t mss = 0;                ///< bytes that a segment may carry
    std::uint64_t congestion_window = 0;  ///< segments
    std::uint64_t segments_sent = 0;
    std::uint64_t segments_received = 0;
    std::uint64_t data_segments_sent = 0;
    std::uint64_t data_segments_received = 0;
    std::uint64_t bytes_sent = 0;          ///< payload, retransmissions included
    std::uint64_t bytes_acknowledged = 0;  ///< payload that the peer has confirmed
    std::uint64_t bytes_received = 0;      ///< payload, each byte once
    std::uint64_t retransmits = 0;         ///< segments sent again
    std::uint64_t unacknowledged = 0;      ///< segments on their way
};

/// Fills `info` from a native socket; what the system says if it cannot.
error_code read_tcp_info(int socket, TcpInfo& info);

/// The name of a state's number in the kernel (enum in its tcp_states.h, as in TCP_INFO and /proc/net/tcp) as ss(8)
/// writes it: "ESTAB", "FIN-WAIT-1", …; "UNKNOWN" for others.
std::string_view tcp_state_name(int state);

}  // namespace moonwire::net
