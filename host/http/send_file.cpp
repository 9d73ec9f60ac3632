#include "host/http/send_file.hpp"

#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <utility>

namespace moonwire::http {

namespace {

constexpr std::size_t chunk_size = 64 * 1024;

class SendFile final : public net::Operation, public std::enable_shared_from_this<SendFile>
{
public:
    SendFile(std::shared_ptr<net::Stream> stream, net::Descriptor file, std::uint64_t offset, std::uint64_t length,
             loop::Handler<void(net::error_code)> handler)
        : stream_(std::move(stream)),
          file_(std::move(file)),
          offset_(offset),
          left_(length),
          handler_(std::move(handler))
    {
    }

    /// One chunk a turn: reading a file may take its time.
    void start()
    {
        stream_->loop().post([self = shared_from_this()] { self->send_chunk(); });
    }

    void cancel() override
    {
        if (handler_ && !cancelled_) {
            cancelled_ = true;
            if (waiter_ != 0) {
                stream_->cancel_write(waiter_);
            }
        }
    }

private:
    void send_chunk()
    {
        if (cancelled_) {
            handler_(net::errc::cancelled);
            return;
        }
        if (left_ == 0) {
            handler_({});
            return;
        }
        const auto scratch = stream_->loop().scratch();
        const std::size_t wanted = std::min({scratch.size(), chunk_size, left_});
        const ssize_t size = ::pread(file_.get(), scratch.data(), wanted, static_cast<off_t>(offset_));
        if (size <= 0) {
            handler_(size == 0 ? make_error_code(net::errc::closed)
                               : net::error_code(errno, boost::system::system_category()));
            return;
        }
        offset_ += static_cast<std::uint64_t>(size);
        left_ -= static_cast<std::uint64_t>(size);
        const std::string_view piece(reinterpret_cast<const char*>(scratch.data()), static_cast<std::size_t>(size));
        if (const net::error_code error = stream_->write({&piece, 1})) {
            handler_(error);
        } else if (stream_->must_wait()) {
            wait_for_reader();
        } else {
            start();
        }
    }

    void wait_for_reader()
    {
        waiter_ = stream_->async_drain(std::nullopt, [self = shared_from_this()](const net::error_code& error) {
            self->waiter_ = 0;
            if (error) {
                self->handler_(error);
            } else {
                self->send_chunk();
            }
        });
    }

    std::shared_ptr<net::Stream> stream_;
    net::Descriptor file_;
    std::uint64_t offset_;
    std::uint64_t left_;
    loop::Handler<void(net::error_code)> handler_;
    std::uint64_t waiter_ = 0;
    bool cancelled_ = false;
};

}  // namespace

std::shared_ptr<net::Operation> async_send_file(std::shared_ptr<net::Stream> stream, net::Descriptor file,
                                                std::uint64_t offset, std::uint64_t length,
                                                loop::Handler<void(net::error_code)> handler)
{
    auto sending = std::make_shared<SendFile>(std::move(stream), std::move(file), offset, length, std::move(handler));
    sending->start();
    return sending;
}

}  // namespace moonwire::http
