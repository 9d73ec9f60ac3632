#include "host/net/socket_options.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>

namespace moonwire::net {

namespace {

error_code last_error()
{
    return {errno, boost::system::system_category()};
}

template <class Value>
error_code set(int socket, int level, int option, const Value& value)
{
    return ::setsockopt(socket, level, option, &value, sizeof value) == 0 ? error_code() : last_error();
}

}  // namespace

error_code apply_options(int socket, const SocketOptions& options)
{
    error_code error;
    if (options.nodelay) {
        error = set_nodelay(socket, true);
    }
    if (!error && options.keepalive) {
        error = set_keepalive(socket, true);
    }
    if (!error && options.linger) {
        error = set_linger(socket, *options.linger);
    }
    if (!error && options.send_buffer) {
        error = set_send_buffer(socket, *options.send_buffer);
    }
    if (!error && options.receive_buffer) {
        error = set_receive_buffer(socket, *options.receive_buffer);
    }
    return error;
}

error_code set_nodelay(int socket, bool on)
{
    return set(socket, IPPROTO_TCP, TCP_NODELAY, int{on});
}

error_code set_keepalive(int socket, bool on)
{
    return set(socket, SOL_SOCKET, SO_KEEPALIVE, int{on});
}

error_code set_send_buffer(int socket, int bytes)
{
    return set(socket, SOL_SOCKET, SO_SNDBUF, bytes);
}

error_code set_receive_buffer(int socket, int bytes)
{
    return set(socket, SOL_SOCKET, SO_RCVBUF, bytes);
}

error_code set_linger(int socket, Duration time)
{
    return set(socket, SOL_SOCKET, SO_LINGER, ::linger{time == Duration::zero() ? 1 : 0, 0});
}

error_code set_close_on_exec(int descriptor)
{
    return ::fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0 ? error_code() : last_error();
}

}  // namespace moonwire::net
