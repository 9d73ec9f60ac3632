#include "host/app/ledger_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace moonwire::app {

namespace {

constexpr std::size_t most_tables = 20;

// Packets a minute say nothing about what took less than a second.
constexpr double shortest_rate = 1;

constexpr std::array<const char*, ledger_phases> phase_names = {"connect", "TLS handshake", "upgrade",
                                                                "data",    "keep-alive",    "close"};
constexpr std::array<const char*, ledger_purposes> purpose_names = {"SYN", "ACK only", "data", "ping", "FIN/RST"};

std::string milliseconds(double seconds)
{
    return fmt::format("{:.3f} ms", seconds * 1e3);
}

std::string end_of(const std::string& role, const std::string& address)
{
    return role.empty() ? address : role + " " + address;
}

// "2 SYN, 1 ACK only"
std::string purposes(const LedgerFlow& flow, LedgerPhase phase)
{
    std::string text;
    for (std::size_t purpose = 0; purpose < ledger_purposes; ++purpose) {
        const auto packets = flow.of(phase, static_cast<LedgerPurpose>(purpose)).packets;
        if (packets > 0) {
            text += fmt::format("{}{} {}", text.empty() ? "" : ", ", packets, purpose_names[purpose]);
        }
    }
    return text;
}

std::string row(const char* name, const LedgerCount& all, const LedgerCount& client, const LedgerCount& server,
                const std::string& what_for)
{
    return fmt::format("  {:<14}{:>9}{:>9}{:>9}{:>12}{:>10.1f}  {}", name, all.packets, client.packets, server.packets,
                       all.bytes, all.mean_size(), what_for);
}

std::string rows(const LedgerFlow& flow)
{
    std::string text = fmt::format("  {:<14}{:>9}{:>9}{:>9}{:>12}{:>10}  {}\n", "", "packets", "client's", "server's",
                                   "bytes", "mean size", "what for");
    for (std::size_t i = 0; i < ledger_phases; ++i) {
        const auto phase = static_cast<LedgerPhase>(i);
        if (const LedgerCount count = flow.of(phase); count.packets > 0) {
            text += row(phase_names[i], count, flow.from_client.of(phase), flow.from_server.of(phase),
                        purposes(flow, phase)) +
                    "\n";
        }
    }
    std::string all = row("all", flow.total(), flow.from_client.total(), flow.from_server.total(), "");
    all.erase(all.find_last_not_of(' ') + 1);
    return text + all + "\n";
}

std::string round_trip(const char* who, const LedgerTimes& times)
{
    return times.count == 0 ? std::string()
                            : fmt::format("; {}'s data {} ({} to {})", who, milliseconds(times.mean()),
                                          milliseconds(times.least), milliseconds(times.most));
}

std::string notes(const LedgerFlow& flow)
{
    std::string text;
    LedgerCount open = flow.of(LedgerPhase::data);
    open += flow.of(LedgerPhase::keep_alive);
    if (flow.open_seconds >= shortest_rate && open.packets > 0) {
        const double minutes = flow.open_seconds / 60;
        text +=
            fmt::format("  while open: {:.3f} seconds, {:.1f} packets and {:.0f} bytes a minute\n", flow.open_seconds,
                        static_cast<double>(open.packets) / minutes, static_cast<double>(open.bytes) / minutes);
    }
    if (flow.protocol != "tcp") {
        return text;
    }
    text += fmt::format("  packets with data: {} of the client's, {} of the server's; sent again: {} and {}\n",
                        flow.from_client.data_packets, flow.from_server.data_packets, flow.from_client.retransmissions,
                        flow.from_server.retransmissions);
    std::string times = flow.connect_round_trip ? "; SYN " + milliseconds(*flow.connect_round_trip) : "";
    times += round_trip("client", flow.from_client.round_trip) + round_trip("server", flow.from_server.round_trip);
    if (!times.empty()) {
        text += "  until acknowledged: " + times.substr(2) + "\n";
    }
    return text;
}

void add(LedgerWay& all, const LedgerWay& way)
{
    for (std::size_t phase = 0; phase < ledger_phases; ++phase) {
        for (std::size_t purpose = 0; purpose < ledger_purposes; ++purpose) {
            all.counts[phase][purpose] += way.counts[phase][purpose];
        }
    }
    all.data_packets += way.data_packets;
    all.retransmissions += way.retransmissions;
}

LedgerFlow sum(const std::vector<LedgerFlow>& flows)
{
    LedgerFlow all;
    for (const LedgerFlow& flow : flows) {
        add(all.from_client, flow.from_client);
        add(all.from_server, flow.from_server);
    }
    return all;
}

}  // namespace

std::string ledger_table(const Ledger& ledger)
{
    std::string text = ledger.source == LedgerSource::capture
                           ? "ledger, from the captured packets; bytes with the headers of IP\n"
                           : "ledger, from what the kernel has counted (TCP_INFO); bytes of headers are reckoned, "
                             "and the last packets may be missing\n";
    for (std::size_t i = 0; i < std::min(ledger.flows.size(), most_tables); ++i) {
        const LedgerFlow& flow = ledger.flows[i];
        text += fmt::format("\n{} to {}, {}, {:.3f} seconds\n", end_of(flow.client_role, flow.client),
                            end_of(flow.server_role, flow.server), flow.protocol, flow.seconds);
        text += rows(flow) + notes(flow);
    }
    if (ledger.flows.size() > most_tables) {
        text += fmt::format("\n{} more\n", ledger.flows.size() - most_tables);
    }
    if (ledger.flows.size() != 1) {
        text += fmt::format("\nall {} together\n", ledger.flows.size()) + rows(sum(ledger.flows));
    }
    if (ledger.uncounted > 0) {
        text += fmt::format("\nbeside these {} packets of more connections than are followed\n", ledger.uncounted);
    }
    return text;
}

}  // namespace moonwire::app
