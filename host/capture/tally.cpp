#include "host/capture/tally.hpp"

#include <algorithm>
#include <chrono>

namespace moonwire::capture {

namespace {

using observe::Direction;
using observe::Kind;
using observe::Layer;

constexpr std::uint64_t udp_header = 8;

// TCP's with its time stamps (RFC 7323), which Linux sends unless told otherwise, and what a SYN has more.
constexpr std::uint64_t tcp_header = 32;
constexpr std::uint64_t syn_options = 8;

constexpr int closed_state = 7;  // TCP_CLOSE of the kernel

std::uint64_t ip_header(const observe::Address& remote)
{
    return remote.version == 6 ? 40 : 20;
}

std::uint64_t now()
{
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch())
            .count());
}

double seconds(observe::Duration duration)
{
    return std::chrono::duration<double>(duration).count();
}

std::string key(const char* protocol, const std::string& a, const std::string& b)
{
    return protocol + (" " + std::min(a, b)) + " " + std::max(a, b);
}

/// What the kernel has counted since.
void add(LedgerWay& way, LedgerPhase phase, std::uint64_t header, std::uint64_t packets, std::uint64_t data_packets,
         std::uint64_t payload)
{
    const std::uint64_t data = std::min(packets, data_packets);
    const std::uint64_t rest = packets - data;
    way.at(phase, LedgerPurpose::data) += {data, data * header + payload, payload};
    way.at(phase, LedgerPurpose::ack) += {rest, rest * header, 0};
    way.data_packets += data;
}

/// One of the packets that have been counted was a FIN, most likely one without data.
void claim_end(LedgerWay& way, LedgerPhase phase, std::uint64_t header)
{
    const LedgerCount fin = {1, header, 0};
    LedgerCount& acks = way.at(phase, LedgerPurpose::ack);
    if (acks.packets > 0) {
        acks.packets -= fin.packets;
        acks.bytes -= fin.bytes;
        way.at(LedgerPhase::close, LedgerPurpose::end) += fin;
    }
}

}  // namespace

void Tally::on_event(const observe::Event& event)
{
    switch (event.kind) {
    case Kind::opened:
        if (event.layer == Layer::tls || event.layer == Layer::websocket) {
            owners_[event.object] = event.owner;
        }
        break;
    case Kind::bound:
        if (event.layer == Layer::udp) {
            own_ports_.insert(event.local.port);
        }
        break;
    case Kind::connected:
    case Kind::accepted:
        event.layer == Layer::tcp ? open(event) : take_carried(event);
        break;
    case Kind::socket:
        take_socket(event);
        break;
    case Kind::sent:
    case Kind::received:
        if (event.layer == Layer::udp) {
            take_datagram(event);
        }
        break;
    case Kind::ended:
        end(event);
        break;
    case Kind::closed:
        owners_.erase(event.object);
        connections_.erase(event.object);
        break;
    default:
        break;
    }
}

LedgerFlow* Tally::add_flow(const char* protocol)
{
    if (flows_.size() == most_flows) {
        return nullptr;
    }
    LedgerFlow& flow = flows_.emplace_back();
    flow.protocol = protocol;
    flow.start = now();
    return &flow;
}

// Where both ends are this run's, the one that is told of first is asked for the counts of both.
void Tally::open(const observe::Event& event)
{
    const bool is_client = event.kind == Kind::connected;
    const std::string local = observe::to_string(event.local);
    const std::string remote = observe::to_string(event.remote);
    LedgerFlow*& flow = by_ends_[key("tcp", local, remote)];
    if (flow != nullptr) {
        (is_client ? flow->client_role : flow->server_role) = event.role;
        return;
    }
    flow = add_flow("tcp");
    if (flow == nullptr) {
        by_ends_.erase(key("tcp", local, remote));
        return;
    }
    flow->client = is_client ? local : remote;
    flow->server = is_client ? remote : local;
    (is_client ? flow->client_role : flow->server_role) = event.role;
    const std::uint64_t header = ip_header(event.remote) + tcp_header;
    const LedgerCount syn = {1, header + syn_options, 0};
    flow->from_client.at(LedgerPhase::connect, LedgerPurpose::syn) += syn;
    flow->from_server.at(LedgerPhase::connect, LedgerPurpose::syn) += syn;
    flow->from_client.at(LedgerPhase::connect, LedgerPurpose::ack) += {1, header, 0};
    Connection connection;
    connection.flow = flow;
    connection.is_client = is_client;
    connection.header = header;
    connection.start = connection.opened = event.time;
    // What the kernel has counted of TCP's handshake: a server's socket begins with the last packet of it.
    connection.counted.segments_sent = is_client ? 2 : 0;
    connection.counted.segments_received = 1;
    connections_[event.object] = connection;
}

void Tally::take_socket(const observe::Event& event)
{
    const auto found = connections_.find(event.object);
    if (found == connections_.end()) {
        return;
    }
    Connection& connection = found->second;
    if (connection.socket < 0) {
        connection.socket = static_cast<int>(event.result);
        return;
    }
    finish(connection, event.time);
    by_ends_.erase(key("tcp", connection.flow->client, connection.flow->server));
    connections_.erase(found);
}

// What has been counted until TLS or WebSocket stands was their handshake.
void Tally::take_carried(const observe::Event& event)
{
    Connection* const connection = connection_of(event.object);
    if (connection == nullptr || (event.layer != Layer::tls && event.layer != Layer::websocket)) {
        return;
    }
    connection->phase = event.layer == Layer::tls ? LedgerPhase::tls : LedgerPhase::upgrade;
    count_until(*connection, LedgerPhase::data);
    connection->opened = event.time;
}

void Tally::count_until(Connection& connection, LedgerPhase next)
{
    net::TcpInfo info;
    if (connection.socket < 0 || net::read_tcp_info(connection.socket, info)) {
        return;
    }
    if (connection.peer_ended && info.state == net::tcp_state_name(closed_state) && info.bytes_received > 0) {
        --info.bytes_received;  // the FIN, which takes a sequence number
    }
    const net::TcpInfo& before = connection.counted;
    add(connection.sent(), connection.phase, connection.header, info.segments_sent - before.segments_sent,
        info.data_segments_sent - before.data_segments_sent, info.bytes_sent - before.bytes_sent);
    add(connection.received(), connection.phase, connection.header, info.segments_received - before.segments_received,
        info.data_segments_received - before.data_segments_received, info.bytes_received - before.bytes_received);
    connection.sent().retransmissions += info.retransmits - before.retransmits;
    connection.counted = info;
    connection.phase = next;
}

// A close frame of WebSocket, TLS's close_notify or TCP's FIN: from the first one on the connection closes.
void Tally::end(const observe::Event& event)
{
    Connection* const connection = connection_of(event.object);
    if (connection == nullptr) {
        return;
    }
    const LedgerPhase counted = connection->phase;
    count_until(*connection, LedgerPhase::close);
    if (counted != LedgerPhase::close) {
        connection->flow->open_seconds = seconds(event.time - connection->opened);
    }
    if (event.layer == Layer::tcp) {
        connection->peer_ended = connection->peer_ended || event.direction == Direction::in;
        claim_end(event.direction == Direction::out ? connection->sent() : connection->received(), counted,
                  connection->header);
    }
}

void Tally::finish(Connection& connection, observe::TimePoint time)
{
    const bool was_closing = connection.phase == LedgerPhase::close;
    count_until(connection, LedgerPhase::close);
    LedgerFlow& flow = *connection.flow;
    flow.seconds = seconds(time - connection.start);
    if (!was_closing) {
        flow.open_seconds = seconds(time - connection.opened);
    }
    if (connection.counted.rtt > 0) {
        LedgerTimes& times = connection.sent().round_trip;
        times.add(connection.counted.rtt);
        times.least = std::min(connection.counted.rtt, connection.counted.min_rtt);
    }
}

// A datagram between two sockets of the run is told by both, and counted when it is sent.
void Tally::take_datagram(const observe::Event& event)
{
    const bool is_sent = event.kind == Kind::sent;
    const bool has_own_peer = own_ports_.contains(event.remote.port);
    if (!is_sent && has_own_peer) {
        return;
    }
    const std::string local = observe::to_string(event.local);
    const std::string remote = observe::to_string(event.remote);
    // The addresses that a socket has for itself and for others differ when it is bound to all of them.
    const char* const version = event.remote.version == 6 ? "udp over IPv6" : "udp";
    const std::string ends = has_own_peer
                                 ? key(version, std::to_string(event.local.port), std::to_string(event.remote.port))
                                 : key("udp", local, remote);
    LedgerFlow*& flow = by_ends_[ends];
    if (flow == nullptr) {
        flow = add_flow("udp");
        if (flow == nullptr) {
            by_ends_.erase(ends);
            ++uncounted_;
            return;
        }
        flow->client = is_sent ? local : remote;
        flow->server = is_sent ? remote : local;
    }
    const bool is_of_client = flow->client == (is_sent ? local : remote);
    const bool client_is_here = is_of_client == is_sent;
    (client_is_here ? flow->client_role : flow->server_role) = event.role;
    LedgerWay& way = is_of_client ? flow->from_client : flow->from_server;
    way.at(LedgerPhase::data, LedgerPurpose::data) +=
        {1, event.size + udp_header + ip_header(event.remote), event.size};
    way.data_packets += event.size > 0 ? 1 : 0;
    flow->seconds = flow->open_seconds = static_cast<double>(now() - flow->start) * 1e-9;
}

Tally::Connection* Tally::connection_of(observe::ObjectId object)
{
    for (auto owner = owners_.find(object); owner != owners_.end(); owner = owners_.find(object)) {
        object = owner->second;
    }
    const auto found = connections_.find(object);
    return found != connections_.end() ? &found->second : nullptr;
}

Ledger Tally::ledger() const
{
    Ledger ledger;
    ledger.source = LedgerSource::kernel;
    ledger.flows.assign(flows_.begin(), flows_.end());
    ledger.uncounted = uncounted_;
    return ledger;
}

}  // namespace moonwire::capture
