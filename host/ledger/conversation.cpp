#include "host/ledger/conversation.hpp"

#include <algorithm>
#include <cctype>
#include <string_view>

namespace moonwire::ledger {

namespace {

// RFC 8446, section 5.1.
enum RecordType : unsigned { change_cipher_spec = 20, alert = 21, handshake = 22, application_data = 23 };
constexpr std::size_t record_header = 5;

// What close_notify takes in TLS 1.3: two bytes, one for the type, 16 of authentication.
constexpr std::uint64_t encrypted_alert = 19;

// RFC 6455, section 5.2.
enum Opcode : unsigned { opcode_close = 8, opcode_ping = 9, opcode_pong = 10 };

std::string_view text(std::span<const unsigned char> bytes)
{
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

bool contains_ignoring_case(std::string_view text, std::string_view lower)
{
    return std::search(text.begin(), text.end(), lower.begin(), lower.end(),
                       [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; }) != text.end();
}

std::size_t frame_header_size(std::span<const unsigned char> two)
{
    const unsigned length = two[1] & 0x7FU;
    return 2U + (length == 126 ? 2U : length == 127 ? 8U : 0U) + ((two[1] & 0x80U) != 0 ? 4U : 0U);
}

std::uint64_t frame_payload_size(std::span<const unsigned char> header)
{
    const unsigned length = header[1] & 0x7FU;
    const std::size_t bytes = length == 126 ? 2 : length == 127 ? 8 : 0;
    std::uint64_t size = bytes == 0 ? length : 0;
    for (std::size_t i = 0; i < bytes; ++i) {
        size = size << 8U | header[2 + i];
    }
    return size;
}

}  // namespace

void Conversation::lose()
{
    kind_ = Kind::plain;
}

Conversation::Segment Conversation::take(Side side, Bytes bytes)
{
    if (bytes.empty()) {
        return {};
    }
    if (kind_ == Kind::unknown) {
        begin(side, bytes);
    }
    Segment segment;
    switch (kind_) {
    case Kind::tls:
        segment = take_records(side, bytes);
        break;
    case Kind::opening_websocket:
        segment = take_opening(side, bytes);
        break;
    case Kind::websocket:
        segment = take_frames(side, bytes);
        break;
    default:
        break;
    }
    if (closing_) {
        segment.phase = LedgerPhase::close;
    }
    return segment;
}

// By what the client says first.
void Conversation::begin(Side side, Bytes bytes)
{
    const std::string_view said = text(bytes);
    if (side == Side::client && bytes.size() >= 3 && bytes[0] == handshake && bytes[1] == 3) {
        kind_ = Kind::tls;
    } else if (side == Side::client && said.starts_with("GET ") &&
               contains_ignoring_case(said, "\nupgrade: websocket")) {
        kind_ = Kind::opening_websocket;
    } else {
        kind_ = Kind::plain;
    }
}

Conversation::Segment Conversation::take_records(Side side, Bytes bytes)
{
    Unit& unit = stream(side).unit;
    const LedgerPhase phase = secured_ ? LedgerPhase::data : LedgerPhase::tls;
    std::size_t records = 0;
    bool goodbye = false;
    while (!bytes.empty()) {
        if (unit.rest > 0) {
            const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(unit.rest, bytes.size()));
            unit.rest -= part;
            bytes = bytes.subspan(part);
            continue;
        }
        unit.header[unit.have++] = bytes.front();
        bytes = bytes.subspan(1);
        if (unit.have == record_header) {
            unit.have = 0;
            unit.rest = static_cast<std::uint64_t>(unit.header[3]) << 8U | unit.header[4];
            note_record(side, unit.header[0]);
            goodbye = unit.header[0] == alert || (unit.header[0] == application_data && unit.rest == encrypted_alert);
            ++records;
        }
    }
    return {phase, false, secured_ && records == 1 && goodbye && unit.rest == 0};
}

// TLS 1.2: both sides send a last message of the handshake, encrypted, after they have changed the cipher. TLS 1.3:
// what is encrypted looks like data; the handshake is over with the first of it from the client.
void Conversation::note_record(Side side, unsigned type)
{
    Stream& own = stream(side);
    if (type == change_cipher_spec) {
        own.changed_cipher = true;
    } else if (type == handshake && own.changed_cipher) {
        own.finished = true;
    } else if (type == application_data) {
        own.encrypted = true;
    }
    const bool both_finished = streams_[0].finished && streams_[1].finished;
    secured_ = secured_ || both_finished || (side == Side::client && own.encrypted);
}

Conversation::Segment Conversation::take_opening(Side side, Bytes bytes)
{
    Stream& own = stream(side);
    if (side == Side::server && own.line_ends == 0 && !own.opened && !text(bytes).starts_with("HTTP/1.1 101")) {
        kind_ = Kind::plain;  // refused
        return {LedgerPhase::upgrade, false, false};
    }
    constexpr std::string_view end = "\r\n\r\n";
    std::size_t taken = 0;
    while (taken < bytes.size() && !own.opened) {
        const char c = static_cast<char>(bytes[taken++]);
        own.line_ends = c == end[own.line_ends] ? own.line_ends + 1 : (c == '\r' ? 1 : 0);
        own.opened = own.line_ends == end.size();
    }
    if (streams_[0].opened && streams_[1].opened) {
        kind_ = Kind::websocket;
    }
    if (taken < bytes.size()) {
        take_frames(side, bytes.subspan(taken));
    }
    return {LedgerPhase::upgrade, false, false};
}

Conversation::Segment Conversation::take_frames(Side side, Bytes bytes)
{
    Unit& unit = stream(side).unit;
    bool only_pings = unit.rest == 0 && unit.have == 0;
    bool any_ping = false;
    while (!bytes.empty()) {
        if (unit.rest > 0) {
            const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(unit.rest, bytes.size()));
            unit.rest -= part;
            bytes = bytes.subspan(part);
            continue;
        }
        unit.header[unit.have++] = bytes.front();
        bytes = bytes.subspan(1);
        if (unit.have < 2 || unit.have < frame_header_size(unit.header)) {
            continue;
        }
        unit.rest = frame_payload_size(unit.header);
        unit.have = 0;
        const unsigned opcode = unit.header[0] & 0x0FU;
        const bool is_ping = opcode == opcode_ping || opcode == opcode_pong;
        any_ping = any_ping || is_ping;
        only_pings = only_pings && is_ping;
        closing_ = closing_ || opcode == opcode_close;
    }
    const bool is_ping = only_pings && any_ping;
    return {is_ping ? LedgerPhase::keep_alive : LedgerPhase::data, is_ping, false};
}

}  // namespace moonwire::ledger
