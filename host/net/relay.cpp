#include "host/net/relay.hpp"

#include <utility>

namespace moonwire::net {

namespace {

// As much as a stream hands out in one read.
constexpr std::size_t chunk_size = 256 * 1024;

// So many chunks that were there already are copied before others get their turn.
constexpr int rounds_a_turn = 64;

class Relay final : public Operation, public std::enable_shared_from_this<Relay>
{
public:
    Relay(std::shared_ptr<Stream> from, std::shared_ptr<Stream> to, RelayHandler handler)
        : from_(std::move(from)), to_(std::move(to)), handler_(std::move(handler))
    {
    }

    void start()
    {
        from_->loop().post([self = shared_from_this()] { self->copy_available(); });
    }

    void cancel() override
    {
        if (done() || cancelled_) {
            return;
        }
        cancelled_ = true;
        if (reading_) {
            from_->cancel_read();
        } else if (write_waiter_ != 0) {
            to_->cancel_write(write_waiter_);
        }  // otherwise a turn of its own is posted, and will notice
    }

private:
    bool done() const { return !handler_; }

    /// A loop and no recursion: a stream may hold any number of chunks.
    void copy_available()
    {
        for (int round = 0; round < rounds_a_turn; ++round) {
            if (cancelled_ || from_->closed()) {
                finish(errc::closed);
                return;
            }
            const ReadRequest request{ReadRequest::Kind::some, chunk_size, {}};
            const auto result = from_->try_read(request);
            if (!result) {
                read(request);
                return;
            }
            if (!pass_on(*result)) {
                return;
            }
        }
        start();
    }

    void read(const ReadRequest& request)
    {
        reading_ = true;
        from_->async_read(request, std::nullopt, [self = shared_from_this()](const ReadResult& result) {
            self->reading_ = false;
            if (self->pass_on(result)) {
                self->copy_available();
            }
        });
    }

    /// Whether copying can go on at once.
    bool pass_on(const ReadResult& result)
    {
        if (result.error == errc::closed) {
            end();
            return false;
        }
        error_code error = result.error;
        if (!error) {
            error = to_->write({&result.data, 1});
        }
        if (error) {
            finish(error);
            return false;
        }
        copied_ += result.data.size();
        if (to_->must_wait()) {
            wait_for_reader();
            return false;
        }
        return true;
    }

    void wait_for_reader()
    {
        write_waiter_ = to_->async_drain(std::nullopt, [self = shared_from_this()](const error_code& error) {
            self->write_waiter_ = 0;
            if (error) {
                self->finish(error);
            } else {
                self->copy_available();
            }
        });
    }

    void end()
    {
        auto ended = [self = shared_from_this()](const error_code& error) {
            self->write_waiter_ = 0;
            self->finish(error);
        };
        write_waiter_ = from_ == to_ ? to_->async_flush(std::nullopt, std::move(ended))
                                     : to_->async_shutdown(std::nullopt, std::move(ended));
    }

    void finish(const error_code& error)
    {
        if (!done()) {
            handler_(cancelled_ ? make_error_code(errc::cancelled) : error, copied_);
        }
    }

    std::shared_ptr<Stream> from_;
    std::shared_ptr<Stream> to_;
    RelayHandler handler_;
    std::uint64_t copied_ = 0;
    std::uint64_t write_waiter_ = 0;
    bool reading_ = false;
    bool cancelled_ = false;
};

}  // namespace

std::shared_ptr<Operation> async_pipe(std::shared_ptr<Stream> from, std::shared_ptr<Stream> to, RelayHandler handler)
{
    auto relay = std::make_shared<Relay>(std::move(from), std::move(to), std::move(handler));
    relay->start();
    return relay;
}

}  // namespace moonwire::net
