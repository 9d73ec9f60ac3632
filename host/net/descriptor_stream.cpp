#include "host/net/descriptor_stream.hpp"

#include <boost/asio/error.hpp>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <system_error>

namespace moonwire::net {

namespace {

// write(2) to a pipe that nobody reads any more is an error here, and no SIGPIPE, whatever the process does about that
// signal. (MSG_NOSIGNAL is for sockets only.)
ssize_t write_without_signal(int descriptor, const void* data, std::size_t size)
{
    sigset_t broken_pipe;
    sigemptyset(&broken_pipe);
    sigaddset(&broken_pipe, SIGPIPE);
    sigset_t before;
    ::pthread_sigmask(SIG_BLOCK, &broken_pipe, &before);
    const ssize_t written = ::write(descriptor, data, size);
    const int error = errno;
    if (sigismember(&before, SIGPIPE) == 0) {
        if (written < 0 && error == EPIPE) {
            const timespec at_once{};
            ::sigtimedwait(&broken_pipe, nullptr, &at_once);
        }
        ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    }
    errno = error;
    return written;
}

}  // namespace

DescriptorStream::DescriptorStream(loop::Loop& loop, int descriptor, std::string name, observe::ObjectId object)
    : Stream(loop, observe::Layer::pipe, object), descriptor_(loop.context(), descriptor), name_(std::move(name))
{
}

DescriptorStream::~DescriptorStream()
{
    tell_closed();
}

std::shared_ptr<DescriptorStream> DescriptorStream::duplicate(loop::Loop& loop, int descriptor, std::string name)
{
    const int copy = ::fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
    if (copy < 0) {
        throw std::system_error(errno, std::generic_category(), name);
    }
    return std::make_shared<DescriptorStream>(loop, copy, std::move(name));
}

void DescriptorStream::start_receive()
{
    descriptor_.async_wait(Descriptor::wait_read, [self = self<DescriptorStream>()](const error_code& error) {
        // A regular file cannot be waited for, and need not be.
        if (error && error != boost::asio::error::operation_not_supported) {
            self->received({}, error);
        } else {
            self->read_now();
        }
    });
}

void DescriptorStream::read_now()
{
    const auto scratch = loop().scratch();
    const ssize_t size = ::read(descriptor_.native_handle(), scratch.data(), scratch.size());
    tell_call("read", size);
    if (size > 0) {
        received({reinterpret_cast<char*>(scratch.data()), static_cast<std::size_t>(size)});
    } else if (size == 0 || errno == EIO) {  // EIO: the terminal is gone
        received({}, errc::closed);
    } else if (errno == EAGAIN || errno == EINTR) {
        start_receive();
    } else {
        received({}, error_code(errno, boost::system::system_category()));
    }
}

std::size_t DescriptorStream::send(std::span<const boost::asio::const_buffer> buffers, error_code& error)
{
    // A blocking descriptor takes up to PIPE_BUF bytes at once when it is writable at all.
    pollfd writable{descriptor_.native_handle(), POLLOUT, 0};
    if (::poll(&writable, 1, 0) == 0) {
        error = boost::asio::error::would_block;
        return 0;
    }
    constexpr std::size_t at_once = 4096;
    const ssize_t size = write_without_signal(descriptor_.native_handle(), buffers.front().data(),
                                              std::min(buffers.front().size(), at_once));
    tell_call("write", size);
    if (size < 0) {
        error = error_code(errno, boost::system::system_category());
        return 0;
    }
    return static_cast<std::size_t>(size);
}

void DescriptorStream::start_wait_writable()
{
    descriptor_.async_wait(Descriptor::wait_write,
                           [self = self<DescriptorStream>()](const error_code& error) { self->writable(error); });
}

void DescriptorStream::end_sending()
{
    close_transport();
}

void DescriptorStream::close_transport()
{
    error_code ignored;
    descriptor_.close(ignored);
    tell_closed();
}

void DescriptorStream::abort_transport()
{
    close_transport();
}

}  // namespace moonwire::net
