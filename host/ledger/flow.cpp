#include "host/ledger/flow.hpp"

#include <algorithm>
#include <utility>

namespace moonwire::ledger {

namespace {

// Segments that wait to be acknowledged: more than a window of them, on any network of ours.
constexpr std::size_t most_sent = 16384;

constexpr double nanosecond = 1e-9;

bool is_before(std::uint32_t a, std::uint32_t b)
{
    return static_cast<std::int32_t>(a - b) < 0;
}

double seconds_between(std::uint64_t start, std::uint64_t end)
{
    return end > start ? static_cast<double>(end - start) * nanosecond : 0;
}

Side opposite(Side side)
{
    return side == Side::client ? Side::server : Side::client;
}

bool has(const Packet& packet, unsigned flags)
{
    return (packet.flags & flags) != 0;
}

}  // namespace

Flow::Flow(const Packet& first) : way_(first.way)
{
    if (first.way.protocol == Protocol::tcp && has(first, tcp_syn) && has(first, tcp_ack)) {
        std::swap(way_.source, way_.destination);
    }
}

bool Flow::is_over() const
{
    return broken_off_ || (streams_[0].end_acknowledged && streams_[1].end_acknowledged);
}

bool Flow::is_succeeded_by(const Packet& packet) const
{
    if (way_.protocol != Protocol::tcp || !has(packet, tcp_syn) || has(packet, tcp_ack)) {
        return false;
    }
    const Stream& sender = streams_[static_cast<std::size_t>(sender_of(packet))];
    return is_over() || (sender.begun && sender.first != packet.sequence);
}

void Flow::add(std::uint64_t time, const Packet& packet)
{
    const Side side = sender_of(packet);
    const Class kind =
        way_.protocol == Protocol::tcp ? add_tcp(time, packet, side) : Class{LedgerPhase::data, LedgerPurpose::data};
    LedgerWay& way = counted(side);
    way.at(kind.phase, kind.purpose) += {1, packet.ip_size, packet.payload_size};
    way.data_packets += packet.payload_size > 0 ? 1 : 0;
    note_time(time, kind.phase);
}

void Flow::note_time(std::uint64_t time, LedgerPhase phase)
{
    if (last_ == 0) {
        ledger_.start = time;
        opened_ = time;
    }
    last_ = std::max(last_, time);
    if (phase < LedgerPhase::data) {
        opened_ = time;
    } else if (phase == LedgerPhase::close && closing_ == 0) {
        closing_ = time;
    }
}

Flow::Class Flow::add_tcp(std::uint64_t time, const Packet& packet, Side side)
{
    Stream& own = stream(side);
    Stream& other = stream(opposite(side));
    if (has(packet, tcp_ack)) {
        take_acknowledgement(time, packet, side);
    }
    if (has(packet, tcp_rst)) {
        broken_off_ = true;
        return {LedgerPhase::close, LedgerPurpose::end};
    }
    const bool is_plain = !has(packet, tcp_syn | tcp_fin);
    if (is_plain && packet.payload_size <= 1 && own.knows_next && packet.sequence == own.next - 1) {
        own.probes = true;
        return {LedgerPhase::keep_alive, LedgerPurpose::ping};
    }
    if (!is_plain || packet.payload_size > 0) {
        return take_bytes(time, packet, side);
    }
    if (other.probes && packet.acknowledgement == other.next) {
        other.probes = false;
        return {LedgerPhase::keep_alive, LedgerPurpose::ping};
    }
    return {other.acknowledged_phase, LedgerPurpose::ack};
}

void Flow::take_acknowledgement(std::uint64_t time, const Packet& packet, Side side)
{
    Stream& other = stream(opposite(side));
    while (!other.sent.empty() && !is_before(packet.acknowledgement, other.sent.front().end)) {
        const Sent sent = other.sent.front();
        other.sent.pop_front();
        other.acknowledged_phase = sent.phase;
        if (sent.end != packet.acknowledgement || !sent.is_first) {
            continue;
        }
        const double round_trip = seconds_between(sent.time, time);
        if (sent.is_data) {
            counted(opposite(side)).round_trip.add(round_trip);
        } else if (has(packet, tcp_syn)) {
            ledger_.connect_round_trip = round_trip;
        }
    }
    other.end_acknowledged = other.end_acknowledged || (other.ended && packet.acknowledgement == other.next);
}

// What takes sequence numbers: SYN, FIN and data.
Flow::Class Flow::take_bytes(std::uint64_t time, const Packet& packet, Side side)
{
    Stream& own = stream(side);
    const bool is_syn = has(packet, tcp_syn);
    const bool is_fin = has(packet, tcp_fin);
    const std::uint32_t end = packet.sequence + packet.payload_size + (is_syn ? 1 : 0) + (is_fin ? 1 : 0);
    const bool is_again = own.knows_next && is_before(packet.sequence, own.next);
    Class kind = {LedgerPhase::connect, LedgerPurpose::syn};
    if (is_again) {
        ++counted(side).retransmissions;
        const auto before =
            std::find_if(own.sent.begin(), own.sent.end(), [&](const Sent& sent) { return !is_before(sent.end, end); });
        kind.phase = before != own.sent.end() ? before->phase : own.acknowledged_phase;
        kind.purpose = is_syn ? LedgerPurpose::syn : is_fin ? LedgerPurpose::end : LedgerPurpose::data;
        for (Sent& sent : own.sent) {
            sent.is_first = sent.is_first && (!is_before(packet.sequence, sent.end) || is_before(end, sent.end));
        }
    } else if (!is_syn) {
        const Conversation::Segment segment = listen(packet, side);
        kind = {segment.phase, segment.is_ping ? LedgerPurpose::ping : LedgerPurpose::data};
        note_goodbye(packet, side, segment.may_be_goodbye);
    }
    if (is_syn && !own.begun) {
        own.begun = true;
        own.first = packet.sequence;
    }
    if (is_fin) {
        own.ended = true;
        kind = {LedgerPhase::close, LedgerPurpose::end};
    }
    if (!own.knows_next || is_before(own.next, end)) {
        own.knows_next = true;
        own.next = end;
        own.sent.push_back({end, time, kind.phase, packet.payload_size > 0, !is_again});
        if (own.sent.size() > most_sent) {
            own.sent.pop_front();
        }
    }
    return kind;
}

Conversation::Segment Flow::listen(const Packet& packet, Side side)
{
    const Stream& own = stream(side);
    const bool is_next = own.knows_next && packet.sequence == own.next;
    if (!is_next || packet.payload.size() != packet.payload_size) {
        conversation_.lose();
    }
    return conversation_.take(side, packet.payload);
}

// Only the FIN behind it tells a close_notify of TLS 1.3 from data.
void Flow::note_goodbye(const Packet& packet, Side side, bool may_be_goodbye)
{
    Stream& own = stream(side);
    if (packet.payload_size > 0) {
        own.maybe_goodbye.reset();
        if (may_be_goodbye) {
            own.maybe_goodbye = LedgerCount{1, packet.ip_size, packet.payload_size};
        }
    } else if (own.maybe_goodbye) {
        LedgerCount& data = counted(side).at(LedgerPhase::data, LedgerPurpose::data);
        data.packets -= own.maybe_goodbye->packets;
        data.bytes -= own.maybe_goodbye->bytes;
        data.payload -= own.maybe_goodbye->payload;
        counted(side).at(LedgerPhase::close, LedgerPurpose::data) += *own.maybe_goodbye;
        own.maybe_goodbye.reset();
    }
}

LedgerFlow Flow::summary() const
{
    LedgerFlow result = ledger_;
    result.protocol = way_.protocol == Protocol::tcp ? "tcp" : "udp";
    result.client = observe::to_string(way_.source);
    result.server = observe::to_string(way_.destination);
    result.seconds = seconds_between(ledger_.start, last_);
    result.open_seconds = seconds_between(opened_, closing_ != 0 ? closing_ : last_);
    return result;
}

}  // namespace moonwire::ledger
