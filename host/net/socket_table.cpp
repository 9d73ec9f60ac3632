#include "host/net/socket_table.hpp"

#include "host/net/tcp_info.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>

namespace moonwire::net {

namespace {

template <class Number>
std::optional<Number> from_hex(std::string_view digits)
{
    Number number{};
    const auto end = digits.data() + digits.size();
    const auto [rest, error] = std::from_chars(digits.data(), end, number, 16);
    if (error != std::errc() || rest != end) {
        return std::nullopt;
    }
    return number;
}

/// The kernel prints an address as 32-bit numbers in the machine's byte order, each of which lies in memory in the
/// network's: storing them restores the address on any machine.
template <class Address>
std::optional<Address> parse_address(std::string_view digits)
{
    typename Address::bytes_type bytes;
    if (digits.size() != 2 * bytes.size()) {
        return std::nullopt;
    }
    for (std::size_t i = 0; i < bytes.size(); i += sizeof(std::uint32_t)) {
        const auto word = from_hex<std::uint32_t>(digits.substr(2 * i, 8));
        if (!word) {
            return std::nullopt;
        }
        std::memcpy(bytes.data() + i, &*word, sizeof *word);
    }
    return Address(bytes);
}

/// "0100007F:138B"
std::optional<TcpEndpoint> parse_endpoint(std::string_view text, bool v6)
{
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) {
        return std::nullopt;
    }
    const auto port = from_hex<std::uint16_t>(text.substr(colon + 1));
    if (!port) {
        return std::nullopt;
    }
    if (v6) {
        const auto address = parse_address<boost::asio::ip::address_v6>(text.substr(0, colon));
        return address ? std::optional(TcpEndpoint(*address, *port)) : std::nullopt;
    }
    const auto address = parse_address<boost::asio::ip::address_v4>(text.substr(0, colon));
    return address ? std::optional(TcpEndpoint(*address, *port)) : std::nullopt;
}

std::optional<SocketEntry> parse_row(const std::string& row, bool v6)
{
    std::istringstream fields(row);
    std::string number, local, peer, state, queues;
    if (!(fields >> number >> local >> peer >> state >> queues)) {
        return std::nullopt;
    }
    const auto local_endpoint = parse_endpoint(local, v6);
    const auto peer_endpoint = parse_endpoint(peer, v6);
    const auto state_number = from_hex<int>(state);
    const std::size_t colon = std::min(queues.find(':'), queues.size() - 1);
    const auto send_queue = from_hex<std::uint64_t>(std::string_view(queues).substr(0, colon));
    const auto receive_queue = from_hex<std::uint64_t>(std::string_view(queues).substr(colon + 1));
    if (!local_endpoint || !peer_endpoint || !state_number || !send_queue || !receive_queue) {
        return std::nullopt;
    }
    return SocketEntry{tcp_state_name(*state_number), *receive_queue, *send_queue, *local_endpoint, *peer_endpoint};
}

}  // namespace

std::vector<SocketEntry> parse_proc_net_tcp(std::istream& table, bool v6)
{
    std::vector<SocketEntry> entries;
    std::string row;
    while (std::getline(table, row)) {
        if (auto entry = parse_row(row, v6)) {
            entries.push_back(*entry);
        }
    }
    return entries;
}

std::vector<SocketEntry> tcp_sockets(std::uint16_t port)
{
    std::vector<SocketEntry> entries;
    for (const bool v6 : {false, true}) {
        std::ifstream table(v6 ? "/proc/self/net/tcp6" : "/proc/self/net/tcp");
        for (auto& entry : parse_proc_net_tcp(table, v6)) {
            if (entry.local.port() == port || entry.peer.port() == port) {
                entries.push_back(entry);
            }
        }
    }
    std::stable_partition(entries.begin(), entries.end(),
                          [](const SocketEntry& entry) { return entry.state == "LISTEN"; });
    return entries;
}

}  // namespace moonwire::net
