#pragma once

#include "host/observe/address.hpp"
#include "host/observe/clock.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace moonwire::observe {

/// Which native object an event is about. Every object of a loop has a number of its own, from 1 on, never used again;
/// 0: none.
using ObjectId = std::uint64_t;

enum class Layer : std::uint8_t { loop, dns, tcp, udp, tls, http, websocket, pipe, process };

enum class Direction : std::uint8_t { none, out, in };

/// Who, or what, has brought an object to its end.
enum class Cause : std::uint8_t {
    none,
    us,       ///< this side has closed it first
    peer,     ///< the peer has ended first, in order
    reset,    ///< the peer has broken it off (RST)
    timeout,  ///< nothing came in time
    error,    ///< what `error` and `text` say
};

/// What has happened. Beside each: which fields of the event have a meaning, those apart that every event has (time,
/// object, layer, and what is known of owner, role and addresses).
///
/// The order is guaranteed where packets are concerned: `bound` comes before listen(2), `connecting` before connect(2)
/// and `destination` before the sendto(2) of a datagram to somebody new, so that who captures packets knows of an
/// address before the first packet from or to it can be on its way.
enum class Kind : std::uint8_t {
    opened,       ///< the object begins its life (`text`: what it is called); TLS, WebSocket: over `owner`. HTTP has no
                  ///< objects: its events are the stream's, and this one says that HTTP is spoken from now on
    resolving,    ///< `text`: the name that is looked up
    resolved,     ///< `text`: the addresses, with a blank between them (a look-up that fails is `failed`)
    bound,        ///< `local`: the socket has this address from now on
    listening,    ///< `local`
    connecting,   ///< `remote`; TCP: `bound` comes right behind it. One object may try several addresses
    connected,    ///< both addresses; `text`: TLS's version and cipher suite (`content`: the chain), the subprotocol
    accepted,     ///< a new object; `owner` is the listener, both addresses
    destination,  ///< UDP: the next datagram goes to `remote`
    joined,       ///< UDP: the group is `remote`, without a port; `text`: the source, if it is one only
    left,         ///< the opposite
    handshake,    ///< `direction`, `size`, `text`: a message of the TLS handshake ("ClientHello"), an alert
    sent,         ///< `size`, `content`: bytes that the transport has taken, a datagram (to `remote`), a message
    received,     ///< `size`, `content`: bytes that have arrived, a datagram (from `remote`), a message
    frame,        ///< WebSocket: `direction`, `size` of the payload, `text` the opcode: "text", "continuation", "ping"
    ping,         ///< WebSocket: `direction`, `content`
    pong,         ///< WebSocket: `direction`, `content`
    ended,        ///< `direction` has come to its end: FIN, close_notify, a close frame (`text`: "1000 bye")
    failed,       ///< `error`, `text`: something has not gone well (one address of several, an ICMP error, a look-up)
    closed,       ///< `cause`; the last event of the object
    call,         ///< a system call: `text` is its name, `result` what it has returned, `error` errno
    socket,       ///< TCP: `result` can be asked for TCP_INFO; when connected, before it is closed, to those who ask
    secret,       ///< TLS: `text` is a line of a key log (RFC 9850); told to those only who ask for it
};

std::string_view name_of(Layer layer);
std::string_view name_of(Direction direction);
std::string_view name_of(Cause cause);
std::string_view name_of(Kind kind);

/// What a native object tells of itself. Plain data; the views are valid during the call that hands the event over.
/// The object sets what the kind needs. `Observers` adds the time, and what is known of the object from earlier events.
struct Event {
    Kind kind = Kind::opened;
    Layer layer = Layer::loop;
    Direction direction = Direction::none;
    Cause cause = Cause::none;
    bool carries = false;  ///< TLS, HTTP or WebSocket is spoken over the object: what is sent is told there
    int error = 0;         ///< errno, or 0 where the failure is none of the system's
    ObjectId object = 0;
    ObjectId owner = 0;       ///< the listener of what is accepted, the transport of TLS, HTTP and WebSocket, …
    TimePoint time{};         ///< by the loop's clock
    std::int64_t result = 0;  ///< of a system call
    std::size_t size = 0;     ///< bytes
    Address local{};
    Address remote{};
    std::string_view content{};  ///< the bytes; of large ones in several pieces perhaps the beginning only
    std::string_view text{};
    std::string_view role{};  ///< whose object it is; empty where no role plays
};

/// How much an observer, or a reader, wants to hear of.
enum class Detail : std::uint8_t {
    messages,  ///< connections that come and go, and what is sent over the topmost layer
    packets,   ///< what each layer makes of it: records, frames, handshakes
    calls,     ///< and the system calls that it takes
};

/// The least detail at which an event belongs to what is told. A `secret` and a `socket` belong to none.
Detail detail_of(const Event& event);

}  // namespace moonwire::observe
