// What a WebSocket connection tells of itself to observers.
#include "host/websocket/connection.hpp"

#include <boost/asio/error.hpp>

#include <string>
#include <utility>

namespace moonwire::websocket {

namespace {

std::string_view name_of(Opcode opcode)
{
    switch (opcode) {
    case Opcode::continuation:
        return "continuation";
    case Opcode::text:
        return "text";
    case Opcode::binary:
        return "binary";
    case Opcode::close:
        return "close";
    case Opcode::ping:
        return "ping";
    case Opcode::pong:
        return "pong";
    }
    return "unknown";
}

// "1000 bye" of a close frame's payload; empty where there is no code.
std::string close_text(std::string_view payload)
{
    if (payload.size() < 2) {
        return {};
    }
    const auto byte = [&](std::size_t i) { return static_cast<unsigned>(static_cast<unsigned char>(payload[i])); };
    const unsigned code = byte(0) << 8U | byte(1);
    std::string text = std::to_string(code);
    return payload.size() == 2 ? text : text.append(" ").append(payload.substr(2));
}

observe::Cause cause_of(const error_code& error)
{
    if (error == net::errc::closed) {
        return observe::Cause::peer;
    }
    if (error == net::errc::timeout) {
        return observe::Cause::timeout;
    }
    const bool reset = error == boost::asio::error::connection_reset || error == boost::asio::error::broken_pipe;
    return reset ? observe::Cause::reset : observe::Cause::error;
}

}  // namespace

void Connection::tell(observe::Event event) const
{
    if (observe::Observers* observers = stream_->loop().observed()) {
        event.layer = observe::Layer::websocket;
        event.object = object_;
        observers->tell(event);
    }
}

void Connection::tell_opened() const
{
    tell({.kind = observe::Kind::opened,
          .owner = stream_->object(),
          .text = role_ == Role::client ? "client" : "server"});
    tell({.kind = observe::Kind::connected, .content = handshake_head, .text = subprotocol});
}

void Connection::tell_message(observe::Direction direction, bool text, std::string_view data) const
{
    tell({.kind = direction == observe::Direction::out ? observe::Kind::sent : observe::Kind::received,
          .direction = direction,
          .size = data.size(),
          .content = data,
          .text = text ? "text" : "binary"});
}

void Connection::tell_control(observe::Direction direction, Opcode opcode, std::string_view payload) const
{
    if (opcode == Opcode::close) {
        const std::string text = close_text(payload);
        tell({.kind = observe::Kind::ended, .direction = direction, .text = text});
    } else {
        tell({.kind = opcode == Opcode::ping ? observe::Kind::ping : observe::Kind::pong,
              .direction = direction,
              .size = payload.size(),
              .content = payload});
    }
}

void Connection::tell_frame_sent(Opcode opcode, bool fin, bool compressed, std::string_view payload) const
{
    if (is_control(opcode)) {
        tell_control(observe::Direction::out, opcode, payload);
    }
    tell_frame(observe::Direction::out, {opcode, fin, compressed, payload.size(), std::nullopt});
}

void Connection::tell_frame(observe::Direction direction, const FrameHeader& header) const
{
    std::string text(name_of(header.opcode));
    text += header.compressed ? ", compressed" : "";
    text += header.fin ? "" : ", more follow";
    tell({.kind = observe::Kind::frame,
          .direction = direction,
          .size = static_cast<std::size_t>(header.length),
          .text = text});
}

// Frames of a server that are sent from a room.
void Connection::tell_broadcast(std::string_view frames) const
{
    while (frames.size() >= 2) {
        const FrameHeader header = decode_header(frames.data());
        const std::size_t begin = header_size(frames.data());
        const auto length = static_cast<std::size_t>(header.length);
        tell_message(observe::Direction::out, header.opcode == Opcode::text, frames.substr(begin, length));
        tell_frame(observe::Direction::out, header);
        frames.remove_prefix(begin + length);
    }
}

void Connection::note_cause(observe::Cause cause)
{
    if (cause_ == observe::Cause::none) {
        cause_ = cause;
    }
}

void Connection::note_cause(const error_code& error)
{
    note_cause(cause_of(error));
}

void Connection::tell_closed(std::string_view text)
{
    if (!std::exchange(closed_told_, true)) {
        note_cause(observe::Cause::us);
        tell({.kind = observe::Kind::closed, .cause = cause_, .text = text});
    }
}

}  // namespace moonwire::websocket
