#pragma once

#include "host/loop/handler.hpp"
#include "host/loop/loop.hpp"
#include "host/loop/timer.hpp"
#include "host/net/input_buffer.hpp"
#include "host/net/output_buffer.hpp"

#include <boost/asio/buffer.hpp>

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace moonwire::net {

using loop::Handler;
using observe::Duration;

/// Takes what a stream receives as it comes, to look at it in place: what a protocol with messages of its own does.
class Receiver
{
public:
    /// `bytes` may be changed and are gone after the call; `end` as in ReadResult::error, if the stream has ended.
    virtual void received(std::span<char> bytes, const error_code& end) = 0;

    /// The loop goes: let go of all handlers.
    virtual void given_up() = 0;

protected:
    ~Receiver() = default;
};

/// A byte stream in both directions: buffered reads, writes that are collected until the turn ends, back-pressure,
/// timeouts. What moves the bytes (a TCP socket, TLS, a pipe) derives from it and implements the protected part.
///
/// Held by shared_ptr, used on the loop's thread only. One read at a time; any number of writers. Handlers are never
/// called from within the call that they were given to. A pending write keeps the stream alive; a pending read does
/// not: its handler holds the stream if it is to be called.
class Stream : public std::enable_shared_from_this<Stream>, public loop::EndOfTurn
{
public:
    using ReadHandler = Handler<void(ReadResult)>;
    using WriteHandler = Handler<void(error_code)>;

    /// A writer waits while more than this is queued…
    static constexpr std::size_t high_water_mark = 256 * 1024;
    /// …until no more than this is.
    static constexpr std::size_t low_water_mark = 64 * 1024;

    virtual ~Stream() = default;
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;

    /// Answers from what has been received already, if that is enough.
    std::optional<ReadResult> try_read(const ReadRequest& request);

    /// Waits for what `try_read` did not have.
    void async_read(ReadRequest request, std::optional<Duration> timeout, ReadHandler handler);

    /// Gives back the last bytes of what the last read has handed out, as somebody who reads ahead has to: the next
    /// read gets them first. Not while a read is pending.
    void unread(std::string_view bytes);

    /// Completes the pending read with errc::cancelled.
    void cancel_read();
    bool reading() const { return reading_ != nullptr && reading_->handler; }

    /// Has all that arrives given to `receiver` as it is, in place of reads: at once, and each time only what the next
    /// `await_bytes` asks for. Null ends it. The receiver sees to it that this happens before it goes. Not while a read
    /// is pending.
    void set_receiver(Receiver* receiver);
    void await_bytes();

    /// Takes all of `pieces`, in order. What is small leaves at the end of the turn together with what else is written
    /// until then; what is large leaves at once without being copied. Returns the error of an earlier write, if there
    /// was one, and then takes nothing.
    error_code write(std::span<const std::string_view> pieces);

    /// The same, but sends at once without a copy what can be: for those who have collected by themselves.
    error_code write_collected(std::string_view bytes);

    /// Room for a few bytes at the end of what is collected, which the caller fills at once; null if they cannot be
    /// taken, or by `write` only. Makes no system call, calls nobody.
    char* try_collect(std::size_t size)
    {
        if (queued() + size >= send_at_once_size || closed_ || sending_ended_ || output_error_) {
            return nullptr;
        }
        char* const room = output_.extend(size);
        bytes_written_ += size;
        if (!transmit_scheduled_) {
            schedule_transmit();
        }
        return room;
    }

    std::size_t queued() const { return output_.size(); }
    bool must_wait() const { return queued() > high_water_mark; }

    /// Bytes that were taken and will never be sent; those that failed in a transport with what it adds to them.
    std::uint64_t unsent() const { return unsent_ + (transport() != nullptr ? transport()->unsent() : 0); }

    /// Has the kernel taken everything?
    bool all_sent() const { return queued() == 0 && in_transport() == 0 && unsent() == 0; }

    /// Waits until a writer may go on (after `must_wait`), or until the kernel has taken everything.
    /// Returns a number for `cancel_write`.
    std::uint64_t async_drain(std::optional<Duration> timeout, WriteHandler handler);
    std::uint64_t async_flush(std::optional<Duration> timeout, WriteHandler handler);
    void cancel_write(std::uint64_t waiter);

    /// Sends what is queued, then tells the peer that no more will come.
    std::uint64_t async_shutdown(std::optional<Duration> timeout, WriteHandler handler);

    /// Sends what is queued, then closes; pending reads end with errc::closed. The handler learns whether all was sent.
    std::uint64_t async_close(std::optional<Duration> timeout, WriteHandler handler);

    /// Closes at once and discards what is queued.
    void abort();

    bool closed() const { return closed_; }

    std::uint64_t bytes_read() const { return bytes_read_; }
    std::uint64_t bytes_written() const { return bytes_written_; }

    /// How long each read and each wait for a reader may take unless the call says otherwise.
    std::optional<Duration> read_timeout;
    std::optional<Duration> write_timeout;

    /// "connection 127.0.0.1:40000 -> 127.0.0.1:5003": for messages.
    virtual std::string description() const = 0;

    /// The stream that this one is carried by (TLS by TCP), or null.
    virtual Stream* transport() const { return nullptr; }

    /// The other way round: `stream` is now carried by this one, and its handlers are dropped with this one's.
    void carry(const std::shared_ptr<Stream>& stream) { carried_ = stream; }

    loop::Loop& loop() { return loop_; }

    /// Its number for observers; 0 for one that nobody is told of.
    observe::ObjectId object() const { return object_; }

    void end_of_turn() final { transmit(); }

protected:
    /// `layer` and `object` are what observers are told.
    explicit Stream(loop::Loop& loop, observe::Layer layer = observe::Layer::pipe, observe::ObjectId object = 0)
        : loop_(loop), layer_(layer), object_(object), output_(loop.blocks())
    {
    }

    /// Starts one wait for bytes; ends in `received`, never from within. Called only when none is under way.
    virtual void start_receive() = 0;

    /// Sends without waiting; returns the bytes taken, 0 and would_block if none can be.
    virtual std::size_t send(std::span<const boost::asio::const_buffer> buffers, error_code& error) = 0;

    /// Waits until `send` can take bytes again; ends in `writable`, never from within.
    virtual void start_wait_writable() = 0;

    /// Bytes that `send` has taken and that have not yet reached the kernel.
    virtual std::size_t in_transport() const { return 0; }

    /// Waits until there are none; ends in `transport_flushed`, never from within. Called only when there are some.
    virtual void start_flush_transport() {}

    virtual void end_sending() = 0;
    virtual void close_transport() = 0;
    virtual void abort_transport() = 0;

    // What the transport tells. `bytes` need not outlive the call, and may be changed in it; `end` is what came after
    // them, if the stream has ended: errc::closed for an orderly end.
    void received(std::span<char> bytes, const error_code& end = {});
    void writable(const error_code& error);
    void transport_flushed(const error_code& error);

    template <class Derived>
    std::shared_ptr<Derived> self()
    {
        return std::static_pointer_cast<Derived>(shared_from_this());
    }

    /// The loop goes: nobody will be told anything any more. Breaks the circles of handlers that hold their stream.
    void drop_handlers();

    bool input_ended() const { return static_cast<bool>(input_.ended()); }

    // What a transport tells observers beside what it sends and receives, which is told here: that a direction has
    // ended in order, and that all is over. Each once.
    void tell(observe::Event event) const;
    void tell_ended(observe::Direction direction);
    void tell_closed(std::string_view text = {});

    /// After a system call; errno stays as it is.
    void tell_call(std::string_view name, std::int64_t result) const
    {
        if (observe::Observers* observers = loop_.observed(); observers != nullptr && observers->wants_calls()) {
            observers->tell_call(layer_, object_, name, result);
        }
    }

private:
    /// From this size on it is cheaper to send at once and without a copy than to collect.
    static constexpr std::size_t send_at_once_size = 16 * 1024;

    struct Reading {
        explicit Reading(loop::Loop& loop) : timer(loop) {}

        ReadRequest request;
        ReadHandler handler;
        loop::SeldomTimer timer;
    };

    struct Waiter {
        Waiter(loop::Loop& loop, std::uint64_t identity, std::size_t threshold, WriteHandler on_done)
            : id(identity), enough(threshold), handler(std::move(on_done)), timer(loop)
        {
        }

        std::uint64_t id;
        std::size_t enough;  // done when no more than this is queued, here and in the transport
        WriteHandler handler;
        loop::Timer timer;
    };

    void start_receiving();
    void hand_over_input();
    void finish_read(const error_code& error);
    void complete_read(const ReadResult& result);

    void tell_received(std::string_view bytes, const error_code& end);
    void tell_sent(std::span<const boost::asio::const_buffer> buffers, std::size_t size);
    void tell_failed(const error_code& error);
    void note_cause(const error_code& error);
    void note_closed_here();

    std::size_t send_and_tell(std::span<const boost::asio::const_buffer> buffers, error_code& error);
    error_code can_write() const;
    void schedule_transmit();

    void transmit();
    void transmit_now(std::span<const std::string_view> pieces);
    void fail_output(const error_code& error);
    std::uint64_t wait_until_queued(std::size_t enough, std::optional<Duration> timeout, WriteHandler handler);
    bool is_done(const Waiter& waiter) const;
    void finish_waiters();
    void finish_waiter(std::uint64_t id, const error_code& error);

    loop::Loop& loop_;
    observe::Layer layer_;
    observe::Cause cause_ = observe::Cause::none;  // of its end: who was first
    bool end_sent_told_ = false;
    bool end_received_told_ = false;
    bool closed_told_ = false;
    observe::ObjectId object_;
    std::weak_ptr<Stream> carried_;

    InputBuffer input_;
    std::unique_ptr<Reading> reading_;  // of the first read on; none while there is a receiver
    bool receiving_ = false;
    Receiver* receiver_ = nullptr;

    OutputBuffer output_;
    error_code output_error_;
    bool transmit_scheduled_ = false;
    bool waiting_writable_ = false;
    bool flushing_transport_ = false;
    bool sending_ended_ = false;
    std::list<Waiter> waiters_;
    std::uint64_t next_waiter_ = 1;

    bool closed_ = false;            // by this side; what is queued may still be on its way
    bool transport_closed_ = false;  // and that is over, too
    std::uint64_t unsent_ = 0;
    std::uint64_t bytes_read_ = 0;
    std::uint64_t bytes_written_ = 0;
};

}  // namespace moonwire::net
