#include "host/net/stream.hpp"

#include <boost/asio/error.hpp>

#include <algorithm>
#include <array>

namespace moonwire::net {

namespace {

// As many pieces as are handed to one system call.
constexpr std::size_t max_gathered = 16;

bool would_block(const error_code& error)
{
    return error == boost::asio::error::would_block || error == boost::asio::error::try_again;
}

}  // namespace

std::optional<ReadResult> Stream::try_read(const ReadRequest& request)
{
    if (input_.empty() && !input_.ended()) {
        return std::nullopt;
    }
    auto result = input_.match(request);
    if (result) {
        bytes_read_ += result->data.size();
    }
    return result;
}

void Stream::async_read(ReadRequest request, std::optional<Duration> timeout, ReadHandler handler)
{
    if (closed_) {
        loop_.post([handler = std::move(handler)]() mutable { handler({errc::closed, {}}); });
        return;
    }
    if (reading_ == nullptr) {
        reading_ = std::make_unique<Reading>(loop_);
    }
    reading_->request = std::move(request);
    reading_->handler = std::move(handler);
    if (const auto limit = timeout ? timeout : read_timeout) {
        reading_->timer.expires_after(*limit, [this] { finish_read(errc::timeout); });
    }
    start_receiving();
}

void Stream::start_receiving()
{
    if (!receiving_) {
        receiving_ = true;
        start_receive();
    }
}

void Stream::set_receiver(Receiver* receiver)
{
    receiver_ = receiver;
    reading_.reset();
}

void Stream::await_bytes()
{
    if (!input_.empty() || input_.ended() || closed_) {
        loop_.post([this, keep_alive = shared_from_this()] { hand_over_input(); });
    } else {
        start_receiving();
    }
}

void Stream::hand_over_input()
{
    const auto result = input_.match({ReadRequest::Kind::some, input_.size(), {}});
    if (receiver_ != nullptr && result) {
        std::string bytes(result->data);
        bytes_read_ += bytes.size();
        receiver_->received(bytes, result->error);
    } else if (receiver_ != nullptr) {
        receiver_->received({}, errc::closed);
    }
}

void Stream::unread(std::string_view bytes)
{
    input_.put_back(bytes);
    bytes_read_ -= bytes.size();
}

void Stream::cancel_read()
{
    if (reading()) {
        reading_->timer.cancel();
        input_.forget_search();
        // What arrives from now on stays for the next read.
        loop_.post([handler = std::move(reading_->handler)]() mutable { handler({errc::cancelled, {}}); });
    }
}

void Stream::received(std::span<char> received_bytes, const error_code& end)
{
    receiving_ = false;
    if (loop_.observed() != nullptr) {
        tell_received({received_bytes.data(), received_bytes.size()}, end);
    }
    if (end) {
        note_cause(end);
        input_.end(end);
    }
    if (receiver_ != nullptr) {
        bytes_read_ += received_bytes.size();
        receiver_->received(received_bytes, end);
        return;
    }
    const std::string_view bytes(received_bytes.data(), received_bytes.size());
    if (!reading()) {
        if (!closed_) {
            input_.append(bytes);
        }
        return;
    }
    std::optional<ReadResult> result;
    if (input_.empty()) {
        result = input_.match_arrived(reading_->request, bytes);
    } else {
        input_.append(bytes);
        result = input_.match(reading_->request);
    }
    if (result) {
        complete_read(*result);
    } else {
        receiving_ = true;
        start_receive();
    }
}

void Stream::complete_read(const ReadResult& result)
{
    reading_->timer.cancel();
    bytes_read_ += result.data.size();
    reading_->handler(result);
}

void Stream::finish_read(const error_code& error)
{
    if (reading()) {
        const auto keep_alive = shared_from_this();
        input_.forget_search();
        complete_read({error, {}});
    }
}

error_code Stream::can_write() const
{
    return !output_error_ && (closed_ || sending_ended_) ? error_code(errc::closed) : output_error_;
}

error_code Stream::write(std::span<const std::string_view> pieces)
{
    if (const auto error = can_write()) {
        return error;
    }
    std::size_t size = 0;
    for (const auto& piece : pieces) {
        size += piece.size();
    }
    bytes_written_ += size;
    if (!waiting_writable_ && queued() + size >= send_at_once_size && pieces.size() < max_gathered) {
        transmit_now(pieces);
    } else {
        for (const auto& piece : pieces) {
            output_.append(piece);
        }
    }
    schedule_transmit();
    return output_error_;
}

error_code Stream::write_collected(std::string_view bytes)
{
    if (const auto error = can_write()) {
        return error;
    }
    bytes_written_ += bytes.size();
    if (waiting_writable_) {
        output_.append(bytes);
    } else {
        transmit_now({&bytes, 1});
    }
    schedule_transmit();
    return output_error_;
}

void Stream::schedule_transmit()
{
    if (queued() > 0 && !waiting_writable_ && !transmit_scheduled_) {
        transmit_scheduled_ = true;
        loop_.at_end_of_turn(shared_from_this());
    }
}

void Stream::transmit_now(std::span<const std::string_view> pieces)
{
    std::array<boost::asio::const_buffer, max_gathered> buffers;
    std::size_t count = 0;
    if (queued() > 0) {
        buffers[count++] = {output_.bytes().data(), queued()};
    }
    for (const auto& piece : pieces) {
        buffers[count++] = {piece.data(), piece.size()};
    }
    error_code error;
    std::size_t sent = send_and_tell({buffers.data(), count}, error);
    if (error && !would_block(error)) {
        for (const auto& piece : pieces) {
            output_.append(piece);  // counted as unsent
        }
        fail_output(error);
        return;
    }
    const std::size_t from_queue = std::min(sent, queued());
    output_.consume(from_queue);
    sent -= from_queue;
    for (const auto& piece : pieces) {
        const std::size_t skipped = std::min(sent, piece.size());
        sent -= skipped;
        output_.append(piece.substr(skipped));
    }
}

std::size_t Stream::send_and_tell(std::span<const boost::asio::const_buffer> buffers, error_code& error)
{
    const std::size_t sent = send(buffers, error);
    if (loop_.observed() != nullptr) {
        if (sent > 0) {
            tell_sent(buffers, sent);
        }
        if (error && !would_block(error)) {
            tell_failed(error);
        }
    }
    return sent;
}

void Stream::transmit()
{
    transmit_scheduled_ = false;
    while (queued() > 0 && !waiting_writable_) {
        const boost::asio::const_buffer buffer(output_.bytes().data(), queued());
        error_code error;
        output_.consume(send_and_tell({&buffer, 1}, error));
        if (would_block(error)) {
            waiting_writable_ = true;
            start_wait_writable();
        } else if (error) {
            fail_output(error);
        }
    }
    finish_waiters();
}

void Stream::writable(const error_code& error)
{
    waiting_writable_ = false;
    if (error && !output_error_) {
        fail_output(error);
    }
    transmit();
}

void Stream::fail_output(const error_code& error)
{
    note_cause(error);
    output_error_ = error;
    unsent_ += queued();
    output_.consume(queued());
}

std::uint64_t Stream::async_drain(std::optional<Duration> timeout, WriteHandler handler)
{
    return wait_until_queued(low_water_mark, timeout, std::move(handler));
}

std::uint64_t Stream::async_flush(std::optional<Duration> timeout, WriteHandler handler)
{
    return wait_until_queued(0, timeout, std::move(handler));
}

std::uint64_t Stream::wait_until_queued(std::size_t enough, std::optional<Duration> timeout, WriteHandler handler)
{
    const std::uint64_t id = next_waiter_++;
    Waiter& waiter = waiters_.emplace_back(loop_, id, enough, std::move(handler));
    if (const auto limit = timeout ? timeout : write_timeout) {
        waiter.timer.expires_after(*limit, [this, id] { finish_waiter(id, errc::timeout); });
    }
    if (queued() == 0 || queued() + in_transport() <= enough) {
        loop_.post([this, keep_alive = shared_from_this()] { finish_waiters(); });
    }
    return id;
}

void Stream::cancel_write(std::uint64_t waiter)
{
    loop_.post([this, keep_alive = shared_from_this(), waiter] { finish_waiter(waiter, errc::cancelled); });
}

void Stream::transport_flushed(const error_code& error)
{
    flushing_transport_ = false;
    if (error && !output_error_) {
        fail_output(error);
    }
    finish_waiters();
}

bool Stream::is_done(const Waiter& waiter) const
{
    return output_error_ || queued() + in_transport() <= waiter.enough;
}

void Stream::finish_waiters()
{
    if (waiters_.empty()) {
        return;
    }
    const auto keep_alive = shared_from_this();
    // A handler may write again and so change the list: look for one at a time.
    for (;;) {
        const auto done =
            std::find_if(waiters_.begin(), waiters_.end(), [this](const Waiter& waiter) { return is_done(waiter); });
        if (done == waiters_.end()) {
            break;
        }
        finish_waiter(done->id, output_error_);
    }
    if (!waiters_.empty() && queued() == 0 && in_transport() > 0 && !flushing_transport_) {
        flushing_transport_ = true;
        start_flush_transport();
    }
}

void Stream::finish_waiter(std::uint64_t id, const error_code& error)
{
    const auto waiter =
        std::find_if(waiters_.begin(), waiters_.end(), [id](const Waiter& entry) { return entry.id == id; });
    if (waiter == waiters_.end()) {
        return;
    }
    const auto keep_alive = shared_from_this();
    WriteHandler handler = std::move(waiter->handler);
    waiters_.erase(waiter);
    handler(error);
}

std::uint64_t Stream::async_shutdown(std::optional<Duration> timeout, WriteHandler handler)
{
    return async_flush(timeout, [this, keep_alive = shared_from_this(),
                                 handler = std::move(handler)](const error_code& error) mutable {
        if (!error && !sending_ended_ && !closed_) {
            note_closed_here();
            sending_ended_ = true;
            end_sending();
        }
        handler(error);
    });
}

std::uint64_t Stream::async_close(std::optional<Duration> timeout, WriteHandler handler)
{
    note_closed_here();
    closed_ = true;
    if (reading()) {
        loop_.post([this, keep_alive = shared_from_this()] { finish_read(errc::closed); });
    }
    return async_flush(timeout, [this, keep_alive = shared_from_this(),
                                 handler = std::move(handler)](const error_code& error) mutable {
        if (!transport_closed_) {
            transport_closed_ = true;
            if (error) {
                unsent_ += queued();
                output_.consume(queued());
                abort_transport();
            } else {
                close_transport();
            }
        }
        handler(error);
    });
}

void Stream::drop_handlers()
{
    const auto reading = std::move(reading_);
    const std::list<Waiter> waiters = std::move(waiters_);
    tell_closed();  // this may be destroyed when the loop is gone
    if (const auto carried = carried_.lock()) {
        carried->drop_handlers();
    }
    if (receiver_ != nullptr) {
        receiver_->given_up();
    }
}

void Stream::abort()
{
    if (!transport_closed_) {
        note_closed_here();
        transport_closed_ = true;
        closed_ = true;
        fail_output(errc::closed);
        abort_transport();
        loop_.post([this, keep_alive = shared_from_this(), closing = loop::Loop::ClosingWork(loop_)] {
            finish_read(errc::closed);
            finish_waiters();
        });
    }
}

}  // namespace moonwire::net
