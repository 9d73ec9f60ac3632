#include "host/websocket/connection.hpp"

#include "host/websocket/close_code.hpp"
#include "host/websocket/mask.hpp"
#include "host/websocket/random_bytes.hpp"
#include "host/websocket/room.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace moonwire::websocket {

namespace {

// As much is kept of what arrives while nobody receives.
constexpr std::size_t inbox_limit = 256 * 1024;

// Reading goes on when no more than this is left of it.
constexpr std::size_t inbox_refill = inbox_limit / 2;

// And each message counts as so much more, so that empty ones are not kept without end.
constexpr std::size_t kept_overhead = 64;

constexpr std::uint16_t number(CloseCode code)
{
    return static_cast<std::uint16_t>(code);
}

}  // namespace

Connection::Connection(std::shared_ptr<net::Stream> stream, Role role, std::shared_ptr<const Options> options,
                       const std::optional<DeflateParameters>& compression)
    : stream_(std::move(stream)),
      options_(std::move(options)),
      decoder_(role, options_->limits,
               compression ? std::make_unique<Inflater>(*compression, options_->limits.max_message) : nullptr),
      deflater_(compression ? std::make_unique<Deflater>(*compression, options_->deflate) : nullptr),
      role_(role),
      object_(stream_->loop().new_object()),
      receive_timer_(stream_->loop()),
      timer_(stream_->loop())
{
}

Connection::~Connection()
{
    while (!memberships_.empty()) {
        memberships_.back().room->leave(*this);
    }
    stream_->set_receiver(nullptr);
    tell_closed();
}

void Connection::start()
{
    if (observed()) {
        tell_opened();
    }
    stream_->set_receiver(this);
    start_keep_alive();
    continue_reading();
}

void Connection::received(std::span<char> bytes, const error_code& end)
{
    const auto keep_alive = shared_from_this();
    awaits_bytes_ = false;
    heard_ = true;
    decoder_.set_watcher(observed() ? this : nullptr);
    input_ = bytes;
    stream_end_ = end;
    pump();
    if (!input_.empty()) {
        inbox().bytes.assign(input_.data(), input_.size());
        input_ = inbox_->bytes;
    }
    continue_reading();
}

void Connection::given_up()
{
    const auto keep_alive = shared_from_this();
    const ReceiveHandler receive_handler = std::move(receive_handler_);
    const auto closing = std::move(closing_);
    timer_.cancel();
    receive_timer_.cancel();
    tell_closed();  // this may be destroyed when the loop is gone
}

// Hands out what has arrived, one message a handler, and keeps some of what nobody waits for.
void Connection::pump()
{
    while ((receive_handler_ || has_room()) && has_input()) {
        const auto incoming = decode();
        if (!incoming) {
            break;
        }
        if (receive_handler_) {
            complete_receive(*incoming);
        } else {
            keep(*incoming);
        }
    }
    decoder_.release_delivered();
}

// Is there anything to decode, or to be said of what was decoded?
bool Connection::has_input() const
{
    return !input_.empty() || stream_end_ || decoder_.failed();
}

bool Connection::has_room() const
{
    return inbox_ == nullptr || inbox_->size < inbox_limit;
}

void Connection::keep(const Incoming& incoming)
{
    inbox().size += incoming.data.size() + kept_overhead;
    inbox_->messages.push_back({incoming.kind, std::string(incoming.data)});
}

Connection::Inbox& Connection::inbox()
{
    if (inbox_ == nullptr) {
        inbox_ = std::make_unique<Inbox>();
    }
    return *inbox_;
}

std::optional<Incoming> Connection::take_kept()
{
    if (inbox_ == nullptr) {
        return std::nullopt;
    }
    if (inbox_->messages.empty()) {
        if (input_.empty()) {
            inbox_.reset();
        } else {
            inbox_->current = {};
        }
        return std::nullopt;
    }
    Kept& current = inbox_->current;
    current = std::move(inbox_->messages.front());
    inbox_->messages.pop_front();
    inbox_->size -= current.data.size() + kept_overhead;
    return Incoming{current.kind, current.data};
}

void Connection::continue_reading()
{
    if (input_.empty() && !awaits_bytes_ && !stream_closed_ && !stream_end_ && has_room()) {
        awaits_bytes_ = true;
        stream_->await_bytes();
    }
}

std::optional<Incoming> Connection::try_receive()
{
    if (auto kept = take_kept()) {
        if (inbox_->size < inbox_refill) {
            const auto keep_alive = shared_from_this();
            pump();
            continue_reading();
        }
        return kept;
    }
    if (has_input()) {
        const auto incoming = decode();
        continue_reading();
        if (incoming) {
            return incoming;
        }
    }
    return ended() ? std::optional(Incoming{Incoming::Kind::failure, {}, end_->error}) : std::nullopt;
}

std::optional<Incoming> Connection::take_arrived(std::size_t longest)
{
    if (input_.empty() || inbox_ != nullptr || stream_closed_ || close_received_ || observed()) {
        return std::nullopt;
    }
    const auto event = decoder_.take_whole_message(input_, longest);
    return event == Decoder::Event::text || event == Decoder::Event::binary ? std::optional(count_message(event))
                                                                            : std::nullopt;
}

void Connection::async_receive(std::optional<Duration> timeout, ReceiveHandler handler)
{
    receive_handler_ = std::move(handler);
    if (timeout) {
        receive_timer_.expires_after(*timeout, [this] {
            const auto keep_alive = shared_from_this();
            complete_receive({Incoming::Kind::failure, {}, net::errc::timeout});
        });
    }
    continue_reading();
}

void Connection::cancel_receive()
{
    if (receive_handler_) {
        receive_timer_.cancel();
        // What arrives from now on stays for the next receive.
        stream_->loop().post([keep_alive = shared_from_this(), handler = std::move(receive_handler_)]() mutable {
            handler({Incoming::Kind::failure, {}, net::errc::cancelled});
        });
    }
}

void Connection::complete_receive(const Incoming& incoming)
{
    if (receive_handler_) {
        receive_timer_.cancel();
        ReceiveHandler handler = std::move(receive_handler_);
        handler(incoming);
    }
}

// The next message in `input_`; control frames are dealt with on the way.
std::optional<Incoming> Connection::decode()
{
    while (!stream_closed_ && !close_received_) {
        const auto event = decoder_.next(input_);
        if (event == Decoder::Event::none) {
            break;
        }
        if (const auto incoming = handle(event); incoming && !ended()) {
            return incoming;
        }
    }
    input_ = {};  // nothing counts after a close frame (RFC 6455, section 5.5.1)
    if (stream_end_ && !stream_closed_) {
        on_end_of_stream();
    }
    return std::nullopt;
}

std::optional<Incoming> Connection::handle(Decoder::Event event)
{
    switch (event) {
    case Decoder::Event::text:
    case Decoder::Event::binary:
        if (observed()) {
            tell_message(observe::Direction::in, event == Decoder::Event::text, decoder_.payload());
        }
        return count_message(event);
    case Decoder::Event::ping:
        tell_control(observe::Direction::in, Opcode::ping, decoder_.payload());
        on_ping();
        break;
    case Decoder::Event::pong:
        tell_control(observe::Direction::in, Opcode::pong, decoder_.payload());
        on_pong();
        break;
    case Decoder::Event::close:
        on_close();
        return std::nullopt;
    default:
        fail();
        return std::nullopt;
    }
    return tells_control_frames_
               ? std::optional(Incoming{event == Decoder::Event::ping ? Incoming::Kind::ping : Incoming::Kind::pong,
                                        decoder_.payload()})
               : std::nullopt;
}

Incoming Connection::count_message(Decoder::Event event)
{
    ++statistics_.messages_received;
    statistics_.bytes_received += decoder_.payload().size();
    return {event == Decoder::Event::text ? Incoming::Kind::text : Incoming::Kind::binary, decoder_.payload()};
}

void Connection::on_ping()
{
    ++statistics_.pings_received;
    if (closing()) {
        return;
    }
    if (owed_pong_) {
        *owed_pong_ = decoder_.payload();
    } else if (!stream_->must_wait()) {
        write_frame(Opcode::pong, true, false, decoder_.payload());
    } else {
        owe_pong();
    }
}

// A peer that pings and does not read is answered when it has read, and then its last ping only, which is enough (RFC
// 6455, section 5.5.3).
void Connection::owe_pong()
{
    owed_pong_ = std::make_unique<std::string>(decoder_.payload());
    stream_->async_drain(std::nullopt, [weak = weak_from_this()](const error_code& error) {
        if (const auto self = weak.lock()) {
            const auto payload = std::move(self->owed_pong_);
            if (!error && !self->closing()) {
                self->write_frame(Opcode::pong, true, false, *payload);
            }
        }
    });
}

void Connection::on_pong()
{
    ++statistics_.pongs_received;
    if (ping_ != nullptr && decoder_.payload() == ping_->payload) {
        statistics_.ping_round_trip = stream_->loop().now() - ping_->time;
        ping_.reset();
    }
}

void Connection::on_close()
{
    close_received_ = true;
    const std::uint16_t code = decoder_.close_code();
    note_cause(observe::Cause::peer);
    if (observed()) {
        const std::string reason(decoder_.payload());
        const std::string text = std::to_string(code) + (reason.empty() ? "" : " " + reason);
        tell({.kind = observe::Kind::ended, .direction = observe::Direction::in, .text = text});
    }
    if (!close_sent_) {
        send_close(code == number(CloseCode::no_status) ? 0 : code, {});
    }
    if (role_ == Role::server) {
        close_stream();
    } else if (closing_ == nullptr) {  // the server closes first (RFC 6455, section 7.1.1)
        start_close_timer(options_->close_timeout);
    }
    finish(net::errc::closed, code, decoder_.payload());
}

void Connection::on_end_of_stream()
{
    note_cause(stream_end_);
    close_stream();
    finish(stream_end_, number(CloseCode::abnormal), {});
}

void Connection::fail()
{
    const error_code error = decoder_.failure();
    const std::uint16_t code = number(close_code(static_cast<errc>(error.value())));
    note_cause(observe::Cause::error);
    if (!close_sent_) {
        send_close(code, decoder_.failure_detail());
    }
    close_stream();
    finish(error, code, {}, decoder_.failure_detail());
}

void Connection::give_up(CloseCode code, error_code error)
{
    if (closing()) {
        return;
    }
    stream_closed_ = true;
    note_cause(error == net::errc::closed    ? observe::Cause::us
               : error == net::errc::timeout ? observe::Cause::timeout
                                             : observe::Cause::error);
    tell_closed("aborted");
    stream_->abort();
    if (const auto keep_alive = weak_from_this().lock()) {  // not when it leaves a room because it is destroyed
        // Whoever gives it up is in the middle of something.
        stream_->loop().post([self = keep_alive, code, error] {
            self->finish(error, number(code), {});
            self->finish_close(error);
        });
    }
}

void Connection::finish(const error_code& error, std::uint16_t code, std::string_view reason, std::string_view detail)
{
    if (ended()) {
        return;
    }
    end_ = std::make_unique<End>(End{error, code, std::string(reason), detail});
    while (!memberships_.empty()) {
        memberships_.back().room->leave(*this);
    }
    complete_receive({Incoming::Kind::failure, {}, error});
}

void Connection::async_close(std::uint16_t code, std::string_view reason, std::optional<Duration> timeout,
                             CloseHandler handler)
{
    if (stream_closed_ || closing_ != nullptr) {
        stream_->loop().post([handler = std::move(handler)]() mutable { handler({}); });
        return;
    }
    closing_ = std::make_unique<Closing>(stream_->loop(), std::move(handler));
    if (!close_sent_) {
        send_close(code, reason);
    }
    start_close_timer(timeout.value_or(options_->close_timeout));
    if (inbox_ != nullptr) {
        inbox_->messages.clear();
        inbox_->size = 0;
    }
    stream_->loop().post([self = shared_from_this(), code] {
        self->finish(net::errc::closed, code == 0 ? number(CloseCode::no_status) : code, {});
        self->pump();  // the peer's close frame may be there
        self->continue_reading();
    });
}

void Connection::abort()
{
    give_up(CloseCode::abnormal, net::errc::closed);
    stream_->abort();  // it may have been closing
    tell_closed("aborted");
    if (!std::exchange(stream_closed_, true)) {
        stream_->loop().post([self = shared_from_this()] { self->finish_close(net::errc::closed); });
    }
}

void Connection::start_close_timer(Duration timeout)
{
    timer_.expires_after(timeout, [self = shared_from_this()] {
        if (self->close_received_) {
            self->close_stream();
            return;
        }
        self->stream_closed_ = true;
        self->tell_closed("the peer has not answered the close frame in time");
        self->stream_->abort();
        self->finish_close(net::errc::timeout);
    });
}

void Connection::close_stream()
{
    if (!std::exchange(stream_closed_, true)) {
        timer_.cancel();
        stream_->set_receiver(nullptr);
        tell_closed(decoder_.failure() ? decoder_.failure_detail() : "");
        if (closing_ == nullptr) {
            closing_ = std::make_unique<Closing>(stream_->loop(), CloseHandler());
        }
        stream_->async_close(options_->close_timeout,
                             [self = shared_from_this()](const error_code& error) { self->finish_close(error); });
    }
}

void Connection::finish_close(const error_code& error)
{
    timer_.cancel();
    stream_->set_receiver(nullptr);
    if (const auto closing = std::move(closing_); closing != nullptr && closing->handler) {
        closing->handler(error);
    }
}

error_code Connection::send(Opcode opcode, std::string_view data)
{
    if (closing()) {
        return net::errc::closed;
    }
    ++statistics_.messages_sent;
    statistics_.bytes_sent += data.size();
    if (observed()) {
        tell_message(observe::Direction::out, opcode == Opcode::text, data);
    }
    if (deflater_ != nullptr && deflater_->wants(data.size())) {
        std::string compressed;
        deflater_->compress(data, compressed);
        return write_message(opcode, true, compressed);
    }
    return write_message(opcode, false, data);
}

bool Connection::try_send(Opcode opcode, std::string_view data)
{
    const bool fragments = options_->fragment_size != 0;
    if (role_ != Role::server || fragments || deflater_ != nullptr || !memberships_.empty() || closing() ||
        observed()) {
        return false;
    }
    const FrameHeader header{opcode, true, false, data.size(), std::nullopt};
    char* const room = stream_->try_collect(encoded_size(header) + data.size());
    if (room == nullptr) {
        return false;
    }
    std::copy(data.begin(), data.end(), encode(header, room));
    ++statistics_.messages_sent;
    ++statistics_.frames_sent;
    statistics_.bytes_sent += data.size();
    return true;
}

error_code Connection::send_control(Opcode opcode, std::string_view data)
{
    if (closing()) {
        return net::errc::closed;
    }
    if (opcode == Opcode::ping) {
        ++statistics_.pings_sent;
        ping_ = std::make_unique<Ping>(Ping{std::string(data), stream_->loop().now()});
    }
    return write_frame(opcode, true, false, data);
}

error_code Connection::write_message(Opcode opcode, bool compressed, std::string_view payload)
{
    const std::size_t at_most = options_->fragment_size == 0 ? payload.size() : options_->fragment_size;
    while (payload.size() > at_most) {
        write_frame(opcode, false, compressed, payload.substr(0, at_most));
        payload.remove_prefix(at_most);
        opcode = Opcode::continuation;
        compressed = false;
    }
    return write_frame(opcode, true, compressed, payload);
}

error_code Connection::write_frame(Opcode opcode, bool fin, bool compressed, std::string_view payload)
{
    for (const Membership& membership : memberships_) {
        membership.room->flush(membership.index);
    }
    ++statistics_.frames_sent;
    if (observed()) {
        tell_frame_sent(opcode, fin, compressed, payload);
    }
    if (role_ == Role::server) {
        const EncodedHeader header({opcode, fin, compressed, payload.size(), std::nullopt});
        const std::array<std::string_view, 2> pieces{header.bytes(), payload};
        return stream_->write(pieces);
    }
    const MaskKey key = random_mask_key();
    const EncodedHeader header({opcode, fin, compressed, payload.size(), key});
    std::string masked(payload);
    mask(masked.data(), masked.size(), key, 0);
    const std::array<std::string_view, 2> pieces{header.bytes(), masked};
    return stream_->write(pieces);
}

void Connection::send_close(std::uint16_t code, std::string_view reason)
{
    note_cause(observe::Cause::us);
    std::string payload;
    if (code != 0) {
        payload += static_cast<char>(code >> 8);
        payload += static_cast<char>(code & 0xff);
        payload += reason.substr(0, max_control_payload - payload.size());
    }
    write_frame(Opcode::close, true, false, payload);
    close_sent_ = true;
}

void Connection::start_keep_alive()
{
    heard_ = false;
    if (options_->keep_alive.count() > 0 && !closing()) {
        timer_.expires_after(ping_sent_ ? options_->keep_alive_timeout : options_->keep_alive,
                             [this] { keep_alive_due(); });
    }
}

void Connection::keep_alive_due()
{
    const bool reads = awaits_bytes_;
    if (heard_ || !reads) {
        ping_sent_ = false;
    } else if (ping_sent_) {
        give_up(CloseCode::abnormal, net::errc::timeout);
        return;
    } else {
        ping_sent_ = true;
        send_control(Opcode::ping, "moonwire");
    }
    start_keep_alive();
}

Statistics Connection::statistics() const
{
    Statistics result = statistics_;
    result.frames_received = decoder_.frames();
    return result;
}

}  // namespace moonwire::websocket
