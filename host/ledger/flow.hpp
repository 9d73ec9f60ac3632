#pragma once

#include <moonwire/ledger.hpp>

#include "host/ledger/conversation.hpp"
#include "host/ledger/packet.hpp"

#include <array>
#include <cstdint>
#include <deque>
#include <optional>

namespace moonwire::ledger {

/// Counts the packets of one flow.
class Flow
{
public:
    /// By its first packet: who has sent that is the client, unless it answers somebody (SYN and ACK).
    explicit Flow(const Packet& first);

    const Way& way() const { return way_; }  ///< from the client

    /// `time`: nanoseconds since 1970.
    void add(std::uint64_t time, const Packet& packet);

    /// Is this the first packet of a later connection of the same ends?
    bool is_succeeded_by(const Packet& packet) const;

    /// A connection of TCP that both sides have begun, and that has not ended.
    bool is_open() const { return begun(Side::client) && begun(Side::server) && !is_over(); }

    /// What has been counted, without roles.
    LedgerFlow summary() const;

private:
    /// What has been sent and waits to be acknowledged.
    struct Sent {
        std::uint32_t end = 0;  ///< the sequence number behind it
        std::uint64_t time = 0;
        LedgerPhase phase = LedgerPhase::connect;
        bool is_data = false;
        bool is_first = true;  ///< not sent again: its acknowledgement tells the round trip
    };

    struct Stream {
        bool begun = false;  // its SYN has been seen
        bool ended = false;  // its FIN
        bool end_acknowledged = false;
        bool knows_next = false;
        std::uint32_t next = 0;   // the highest sequence number that is still to come
        std::uint32_t first = 0;  // of its SYN
        bool probes = false;      // asks by TCP's keep-alive, and has no answer yet
        std::deque<Sent> sent;
        LedgerPhase acknowledged_phase = LedgerPhase::connect;  // of what was acknowledged last
        std::optional<LedgerCount> maybe_goodbye;               // its last packet, counted as data
    };

    /// What a packet is, and what it is for.
    struct Class {
        LedgerPhase phase;
        LedgerPurpose purpose;
    };

    bool begun(Side side) const { return streams_[static_cast<std::size_t>(side)].begun; }
    bool is_over() const;
    Side sender_of(const Packet& packet) const { return packet.way == way_ ? Side::client : Side::server; }
    Stream& stream(Side side) { return streams_[static_cast<std::size_t>(side)]; }
    LedgerWay& counted(Side side) { return side == Side::client ? ledger_.from_client : ledger_.from_server; }

    Class add_tcp(std::uint64_t time, const Packet& packet, Side side);
    void take_acknowledgement(std::uint64_t time, const Packet& packet, Side side);
    Class take_bytes(std::uint64_t time, const Packet& packet, Side side);
    Conversation::Segment listen(const Packet& packet, Side side);
    void note_goodbye(const Packet& packet, Side side, bool may_be_goodbye);
    void note_time(std::uint64_t time, LedgerPhase phase);

    Way way_;
    LedgerFlow ledger_;
    std::array<Stream, 2> streams_;
    Conversation conversation_;
    bool broken_off_ = false;  // by RST
    std::uint64_t last_ = 0;
    std::uint64_t opened_ = 0;   // when the last packet of opening came
    std::uint64_t closing_ = 0;  // and the first of closing, or 0
};

}  // namespace moonwire::ledger
