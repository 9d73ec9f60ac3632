#include "host/embed/watches.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include <fcntl.h>
#include <cerrno>
#include <system_error>

namespace moonwire::embed {

namespace {

// A duplicate, which the loop may close.
int duplicate(int descriptor)
{
    const int copy = ::fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
    if (copy < 0) {
        throw std::system_error(errno, std::generic_category(), "watch a descriptor");
    }
    return copy;
}

}  // namespace

struct Watches::Watch : std::enable_shared_from_this<Watch> {
    Watch(loop::Loop& loop, int original, std::function<void()> on_readable)
        : descriptor(loop.context(), duplicate(original)), handler(std::move(on_readable))
    {
    }

    void wait()
    {
        using boost::asio::posix::descriptor_base;
        descriptor.async_wait(descriptor_base::wait_read, [self = shared_from_this()](const auto& error) {
            // A regular file cannot be waited for, and need not be.
            if (self->watched && (!error || error == boost::asio::error::operation_not_supported)) {
                self->handler();
                if (self->watched) {
                    self->wait();
                }
            }
        });
    }

    boost::asio::posix::basic_stream_descriptor<boost::asio::io_context::executor_type> descriptor;
    std::function<void()> handler;
    bool watched = true;
};

void Watches::add(int descriptor, std::function<void()> handler)
{
    remove(descriptor);
    const auto watch = std::make_shared<Watch>(loop_, descriptor, std::move(handler));
    watches_[descriptor] = watch;
    watch->wait();
}

void Watches::remove(int descriptor)
{
    const auto found = watches_.find(descriptor);
    if (found != watches_.end()) {
        found->second->watched = false;
        boost::system::error_code ignored;
        found->second->descriptor.close(ignored);
        watches_.erase(found);
    }
}

}  // namespace moonwire::embed
