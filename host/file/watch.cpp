#include "host/file/watch.hpp"

#include <boost/asio/error.hpp>

#include <utility>

namespace moonwire::file {

void Watch::async_wait(std::optional<observe::Duration> timeout, Handler handler)
{
    ++number_;
    handler_ = std::move(handler);
    if (closed_) {
        finish_later(boost::asio::error::bad_descriptor);
        return;
    }
    if (timeout) {
        timer_.expires_after(*timeout, [this] { finish(net::errc::timeout); });
    }
    start_looking();
}

void Watch::cancel_wait()
{
    finish_later(net::errc::cancelled);
}

void Watch::close()
{
    if (!std::exchange(closed_, true)) {
        close_transport();
        finish_later(boost::asio::error::bad_descriptor);
    }
}

void Watch::finish_later(const net::error_code& error)
{
    loop_.post([self = shared_from_this(), error, number = number_] {
        if (self->number_ == number) {
            self->finish(error);
        }
    });
}

void Watch::finish(const net::error_code& error)
{
    if (handler_) {
        timer_.cancel();
        stop_looking();
        handler_(error);
    }
}

}  // namespace moonwire::file
