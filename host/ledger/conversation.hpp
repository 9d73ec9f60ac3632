#pragma once

#include <moonwire/ledger.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace moonwire::ledger {

enum class Side : std::uint8_t { client, server };

/// Finds TLS and WebSocket in the bytes of a TCP connection, as far as somebody who listens can: which phase each
/// segment belongs to. It keeps no bytes but those of a header that is cut.
class Conversation
{
public:
    struct Segment {
        LedgerPhase phase = LedgerPhase::data;
        bool is_ping = false;         ///< nothing but pings and pongs
        bool may_be_goodbye = false;  ///< could be TLS's close_notify, which a FIN proves
    };

    /// The next bytes that a side has sent.
    Segment take(Side side, std::span<const unsigned char> bytes);

    /// Bytes are missing: from now on nobody knows where records and frames begin.
    void lose();

private:
    enum class Kind : std::uint8_t { unknown, tls, opening_websocket, websocket, plain };

    /// The header of a record or frame, and how much of what it announces is to come.
    struct Unit {
        std::array<unsigned char, 14> header{};
        std::size_t have = 0;
        std::uint64_t rest = 0;
    };

    struct Stream {
        Unit unit;
        std::size_t line_ends = 0;    // of "\r\n\r\n", where HTTP's header ends
        bool opened = false;          // HTTP's header has ended
        bool changed_cipher = false;  // TLS: what follows is encrypted
        bool finished = false;        // TLS 1.2
        bool encrypted = false;       // TLS: application data have been seen
    };

    using Bytes = std::span<const unsigned char>;

    Stream& stream(Side side) { return streams_[static_cast<std::size_t>(side)]; }

    void begin(Side side, Bytes bytes);
    Segment take_records(Side side, Bytes bytes);
    Segment take_opening(Side side, Bytes bytes);
    Segment take_frames(Side side, Bytes bytes);
    void note_record(Side side, unsigned type);

    Kind kind_ = Kind::unknown;
    bool closing_ = false;
    bool secured_ = false;  // TLS's handshake is over
    std::array<Stream, 2> streams_;
};

}  // namespace moonwire::ledger
