#include "host/net/tcp_info.hpp"

// The kernel's own header, because the C library's struct tcp_info ends before the counters. The two exclude each other
// in one source file, and Asio includes the other.
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <limits>

namespace moonwire::net {

namespace {

constexpr std::array<std::string_view, 12> state_names = {"UNKNOWN",    "ESTAB",      "SYN-SENT",  "SYN-RECV",
                                                          "FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT", "UNCONN",
                                                          "CLOSE-WAIT", "LAST-ACK",   "LISTEN",    "CLOSING"};

constexpr int state_close_wait = 8;
constexpr int state_last_ack = 9;
constexpr int state_closing = 11;

double seconds(std::uint64_t microseconds)
{
    return static_cast<double>(microseconds) * 1e-6;
}

bool has_received_fin(int state)
{
    return state == state_close_wait || state == state_last_ack || state == state_closing;
}

}  // namespace

error_code read_tcp_info(int socket, TcpInfo& info)
{
    // An older kernel fills less than the header describes; what it leaves out stays zero.
    tcp_info raw{};
    socklen_t length = sizeof raw;
    if (::getsockopt(socket, IPPROTO_TCP, TCP_INFO, &raw, &length) != 0) {
        return {errno, boost::system::system_category()};
    }
    info = {};
    info.state = tcp_state_name(raw.tcpi_state);
    info.rtt = seconds(raw.tcpi_rtt);
    info.rtt_variance = seconds(raw.tcpi_rttvar);
    if (raw.tcpi_min_rtt != std::numeric_limits<std::uint32_t>::max()) {
        info.min_rtt = seconds(raw.tcpi_min_rtt);
    }
    info.retransmit_timeout = seconds(raw.tcpi_rto);
    info.mss = raw.tcpi_snd_mss;
    info.congestion_window = raw.tcpi_snd_cwnd;
    info.segments_sent = raw.tcpi_segs_out;
    info.segments_received = raw.tcpi_segs_in;
    info.data_segments_sent = raw.tcpi_data_segs_out;
    info.data_segments_received = raw.tcpi_data_segs_in;
    info.bytes_sent = raw.tcpi_bytes_sent;
    info.retransmits = raw.tcpi_total_retrans;
    info.unacknowledged = raw.tcpi_unacked;

    // The kernel counts sequence numbers, and SYN and FIN take one each (RFC 9293, section 3.4).
    info.bytes_acknowledged = raw.tcpi_bytes_acked;
    if (length >= offsetof(tcp_info, tcpi_bytes_retrans) + sizeof raw.tcpi_bytes_retrans) {
        const std::uint64_t sent_once = raw.tcpi_bytes_sent - raw.tcpi_bytes_retrans;
        info.bytes_acknowledged = std::min(info.bytes_acknowledged, sent_once);
    }
    info.bytes_received = raw.tcpi_bytes_received;
    if (has_received_fin(raw.tcpi_state) && info.bytes_received > 0) {
        --info.bytes_received;
    }
    return {};
}

std::string_view tcp_state_name(int state)
{
    const bool known = state > 0 && static_cast<std::size_t>(state) < state_names.size();
    return state_names[known ? static_cast<std::size_t>(state) : 0];
}

}  // namespace moonwire::net
