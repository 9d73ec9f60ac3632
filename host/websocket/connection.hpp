#pragma once

#include "host/loop/handler.hpp"
#include "host/loop/loop.hpp"
#include "host/loop/timer.hpp"
#include "host/net/stream.hpp"
#include "host/websocket/decoder.hpp"
#include "host/websocket/deflate.hpp"
#include "host/websocket/frame.hpp"

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace moonwire::websocket {

using observe::Duration;

class Room;

struct Options {
    ReceiveLimits limits;
    DeflateOptions deflate;
    std::size_t fragment_size = 0;  ///< longer messages leave in several frames; 0: every message in one
    Duration keep_alive = std::chrono::seconds(30);          ///< a peer silent for so long is pinged; 0: never
    Duration keep_alive_timeout = std::chrono::seconds(30);  ///< and given up when it stays silent
    Duration close_timeout = std::chrono::seconds(5);        ///< for the closing handshake
};

/// What a connection has done. Bytes are those of payloads.
struct Statistics {
    std::uint64_t messages_sent = 0;
    std::uint64_t messages_received = 0;
    std::uint64_t messages_dropped = 0;  ///< by rooms, because the peer reads too slowly
    std::uint64_t frames_sent = 0;
    std::uint64_t frames_received = 0;
    std::uint64_t bytes_sent = 0;
    std::uint64_t bytes_received = 0;
    std::uint64_t pings_sent = 0;
    std::uint64_t pings_received = 0;
    std::uint64_t pongs_received = 0;
    std::optional<Duration> ping_round_trip;  ///< of the last ping that was answered
};

/// What `receive` comes to.
struct Incoming {
    enum class Kind { text, binary, ping, pong, failure };

    Kind kind;
    std::string_view data;  ///< valid until the next receive, and until the handler returns
    error_code error{};     ///< of a failure: `end().error`, or a timeout, after which all is as it was
};

/// Why nothing more comes.
struct End {
    error_code error;         ///< net::errc::closed for a close frame, and for a peer that just went
    std::uint16_t code = 0;   ///< RFC 6455, section 7.1.5; 1006: there was no close frame
    std::string reason;       ///< the words of the close frame
    std::string_view detail;  ///< what broke the protocol
};

/// A WebSocket connection after its opening handshake (RFC 6455), over any stream, of which it is the only user.
/// Messages are taken out one by one; while nobody does, some are kept, pings are answered and the peer's close is,
/// and then reading stops until there is room again. What is sent is collected by the stream until the turn ends.
///
/// Held by shared_ptr, used on the loop's thread only. One receive at a time. A pending receive does not keep the
/// connection alive: its handler holds it. A closing handshake does.
class Connection final : public std::enable_shared_from_this<Connection>,
                         private net::Receiver,
                         private Decoder::FrameWatcher
{
public:
    using ReceiveHandler = loop::Handler<void(const Incoming&)>;
    using CloseHandler = loop::Handler<void(error_code)>;

    /// `compression` is what the handshake has agreed on, if it has.
    Connection(std::shared_ptr<net::Stream> stream, Role role, std::shared_ptr<const Options> options,
               const std::optional<DeflateParameters>& compression);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// Begins to listen to the peer. Called once, when the connection is held by a shared_ptr.
    void start();

    /// The next message, if it has arrived; the end, if there are no more. The caller holds the connection.
    std::optional<Incoming> try_receive();

    /// The next message if it lies whole where it has arrived, and is of at most `longest` bytes. Calls nobody: neither
    /// a handler nor an observer; leaves to `try_receive` what would.
    std::optional<Incoming> take_arrived(std::size_t longest);

    /// Waits for what `try_receive` did not have.
    void async_receive(std::optional<Duration> timeout, ReceiveHandler handler);
    void cancel_receive();
    bool receiving() const { return static_cast<bool>(receive_handler_); }

    /// Has `receive` tell pings and pongs, too.
    void tell_control_frames(bool tell) { tells_control_frames_ = tell; }

    /// Of a connection that has ended.
    const End& end() const { return *end_; }
    bool ended() const { return end_ != nullptr; }

    /// A text must be UTF-8.
    error_code send(Opcode opcode, std::string_view data);
    error_code send_control(Opcode opcode, std::string_view data);

    /// The same for a message that needs nothing but room in what is collected. Calls nobody, and leaves to `send` what
    /// would.
    bool try_send(Opcode opcode, std::string_view data);

    /// Is a close frame of this side on its way, or the connection over? Nothing can be sent then.
    bool closing() const { return close_sent_ || stream_closed_ || ended(); }

    /// Sends a close frame, waits for the peer's, and closes the stream. `code` 0: a frame without a code.
    void async_close(std::uint16_t code, std::string_view reason, std::optional<Duration> timeout,
                     CloseHandler handler);

    /// Closes the stream at once.
    void abort();

    /// Closes the stream at once, because of `error`.
    void give_up(CloseCode code, error_code error);

    Role role() const { return role_; }
    bool compresses() const { return deflater_ != nullptr; }

    /// What the opening handshake was about: the peer's part of it, as it was sent, and the subprotocol agreed on.
    std::string handshake_head;
    std::string subprotocol;

    Statistics statistics() const;
    const std::shared_ptr<net::Stream>& stream() const { return stream_; }

    /// Its number for observers.
    observe::ObjectId object() const { return object_; }
    std::string description() const { return "WebSocket " + stream_->description(); }

private:
    friend class Room;

    struct Kept {
        Incoming::Kind kind = Incoming::Kind::text;
        std::string data;
    };
    /// What arrived while nobody received: most connections never have any.
    struct Inbox {
        std::list<Kept> messages;
        std::size_t size = 0;
        Kept current{};     // handed out last
        std::string bytes;  // that there was no room for, not yet decoded
    };
    struct Ping {
        std::string payload;
        observe::TimePoint time;
    };
    struct Closing {
        Closing(loop::Loop& loop, CloseHandler on_closed) : work(loop), handler(std::move(on_closed)) {}

        loop::Loop::ClosingWork work;
        CloseHandler handler;  // may be none
    };
    struct Membership {
        Room* room;
        std::size_t index;
    };

    void received(std::span<char> bytes, const error_code& end) override;
    void given_up() override;

    // For observers: see connection_events.cpp.
    void frame_begins(const FrameHeader& header) override { tell_frame(observe::Direction::in, header); }
    void tell(observe::Event event) const;
    void tell_opened() const;
    void tell_message(observe::Direction direction, bool text, std::string_view data) const;
    void tell_control(observe::Direction direction, Opcode opcode, std::string_view payload) const;
    void tell_frame(observe::Direction direction, const FrameHeader& header) const;
    void tell_frame_sent(Opcode opcode, bool fin, bool compressed, std::string_view payload) const;
    void tell_broadcast(std::string_view frames) const;
    void tell_closed(std::string_view text = {});
    void note_cause(observe::Cause cause);
    void note_cause(const error_code& error);
    bool observed() const { return stream_->loop().observed() != nullptr; }

    void pump();
    void continue_reading();
    Inbox& inbox();
    std::optional<Incoming> take_kept();
    std::optional<Incoming> decode();
    std::optional<Incoming> handle(Decoder::Event event);
    Incoming count_message(Decoder::Event event);
    void on_ping();
    void owe_pong();
    void on_pong();
    void on_close();
    void on_end_of_stream();
    void keep(const Incoming& incoming);
    bool has_input() const;
    bool has_room() const;

    error_code write_frame(Opcode opcode, bool fin, bool compressed, std::string_view payload);
    error_code write_message(Opcode opcode, bool compressed, std::string_view payload);
    void send_close(std::uint16_t code, std::string_view reason);

    void fail();
    void finish(const error_code& error, std::uint16_t code, std::string_view reason, std::string_view detail = {});
    void start_close_timer(Duration timeout);
    void close_stream();
    void finish_close(const error_code& error);
    void complete_receive(const Incoming& incoming);

    void start_keep_alive();
    void keep_alive_due();

    std::shared_ptr<net::Stream> stream_;
    std::shared_ptr<const Options> options_;
    Decoder decoder_;
    std::unique_ptr<Deflater> deflater_;
    Role role_;
    observe::ObjectId object_;

    std::span<char> input_;  // not yet decoded: within `received`, or in inbox_->bytes
    error_code stream_end_;  // came after input_
    std::unique_ptr<Inbox> inbox_;
    bool awaits_bytes_ = false;
    bool tells_control_frames_ = false;

    ReceiveHandler receive_handler_;
    loop::SeldomTimer receive_timer_;
    loop::Timer timer_;                       // of the keep-alive, then of the closing handshake
    bool heard_ = false;                      // since the timer was set
    bool ping_sent_ = false;                  // by the keep-alive, not answered
    std::unique_ptr<std::string> owed_pong_;  // to a ping that is answered when the peer has read more
    std::unique_ptr<Ping> ping_;              // the last that was sent, until it is answered

    bool close_sent_ = false;
    bool close_received_ = false;
    bool stream_closed_ = false;
    bool closed_told_ = false;
    observe::Cause cause_ = observe::Cause::none;  // of its end: who was first
    std::unique_ptr<Closing> closing_;
    std::unique_ptr<const End> end_;

    std::vector<Membership> memberships_;
    Statistics statistics_;
};

}  // namespace moonwire::websocket
