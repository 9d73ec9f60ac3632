#include "host/net/tcp_stream.hpp"

#include "host/net/endpoint.hpp"

#include <boost/asio/error.hpp>

#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>

namespace moonwire::net {

namespace {

// How long a closed connection is drained, so that data which is still arriving does not make the kernel answer with
// RST and discard what the peer has not yet taken.
constexpr std::chrono::seconds linger_time{2};

// As many buffers as a Stream hands over at once.
constexpr std::size_t max_buffers = 16;

}  // namespace

TcpStream::TcpStream(loop::Loop& loop, Descriptor socket, observe::ObjectId object)
    : Stream(loop, observe::Layer::tcp, object != 0 ? object : loop.new_object())
{
    const auto ask = [&](auto function, TcpEndpoint& endpoint) {
        auto size = static_cast<socklen_t>(endpoint.capacity());
        if (function(socket.get(), endpoint.data(), &size) == 0) {
            endpoint.resize(size);
        }
    };
    ask(::getsockname, local_);
    ask(::getpeername, peer_);
    loop.poller().add(socket.get(), *this, EPOLLIN | EPOLLOUT | EPOLLRDHUP);
    socket_ = socket.release();
}

TcpStream::~TcpStream()
{
    close_socket();
}

std::string TcpStream::description() const
{
    return "connection " + to_string(local_) + " -> " + to_string(peer_);
}

error_code TcpStream::info(TcpInfo& info) const
{
    if (last_info_) {
        info = *last_info_;
        return {};
    }
    return read_tcp_info(socket_, info);
}

void TcpStream::ready(std::uint32_t events)
{
    if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) {
        readable_ = true;
        ended_ = ended_ || (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
    }
    std::shared_ptr<Stream> keep_alive;
    if (waits_to_write_ && (events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0) {
        waits_to_write_ = false;
        keep_alive = std::move(keep_alive_);
        writable({});  // an error shows when it sends
    }
    if (readable_ && waits_to_read_) {
        receive();
    }
}

void TcpStream::given_up()
{
    const auto keep_alive = shared_from_this();
    close_socket();
    linger_.reset();
    drop_handlers();
}

void TcpStream::start_receive()
{
    waits_to_read_ = true;
    if (readable_) {
        loop().post([self = self<TcpStream>()] {
            if (self->waits_to_read_) {
                self->receive();
            }
        });
    }
}

void TcpStream::receive()
{
    const auto scratch = loop().scratch();
    const ssize_t size = ::recv(socket_, scratch.data(), scratch.size(), 0);
    ++calls_.receive;
    tell_call("recv", size);
    if (size <= 0) {
        received_nothing(size, errno);
        return;
    }
    // Less than was asked for: that was all, and the poller tells when there is more. The end of the stream it has
    // told.
    readable_ = ended_ || static_cast<std::size_t>(size) == scratch.size();
    if (linger_ != nullptr) {
        start_receive();
        return;
    }
    waits_to_read_ = false;
    received({reinterpret_cast<char*>(scratch.data()), static_cast<std::size_t>(size)});
}

void TcpStream::received_nothing(ssize_t result, int error_number)
{
    if (result < 0 && (error_number == EAGAIN || error_number == EINTR)) {
        readable_ = error_number == EINTR;
        if (readable_) {
            start_receive();
        }
        return;
    }
    waits_to_read_ = false;
    read_to_end_ = result == 0;
    if (linger_ != nullptr) {
        if (read_to_end_) {
            tell_ended(observe::Direction::in);
        }
        finish_linger();
    } else {
        received({}, result == 0 ? make_error_code(errc::closed)
                                 : error_code(error_number, boost::system::system_category()));
    }
}

std::size_t TcpStream::send(std::span<const boost::asio::const_buffer> buffers, error_code& error)
{
    std::array<iovec, max_buffers> pieces;
    const std::size_t count = std::min(buffers.size(), pieces.size());
    for (std::size_t i = 0; i < count; ++i) {
        pieces[i] = {const_cast<void*>(buffers[i].data()), buffers[i].size()};
    }
    ssize_t size = 0;
    do {
        if (count == 1) {
            size = ::send(socket_, pieces[0].iov_base, pieces[0].iov_len, MSG_NOSIGNAL);
            tell_call("send", size);
        } else {
            msghdr message{};
            message.msg_iov = pieces.data();
            message.msg_iovlen = count;
            size = ::sendmsg(socket_, &message, MSG_NOSIGNAL);
            tell_call("sendmsg", size);
        }
        ++calls_.send;
    } while (size < 0 && errno == EINTR);
    if (size < 0) {
        error = error_code(errno, boost::system::system_category());
        return 0;
    }
    return static_cast<std::size_t>(size);
}

void TcpStream::start_wait_writable()
{
    waits_to_write_ = true;
    keep_alive_ = shared_from_this();
}

void TcpStream::end_sending()
{
    const int result = ::shutdown(socket_, SHUT_WR);
    tell_call("shutdown", result);
    if (result == 0) {
        tell_ended(observe::Direction::out);
    }
}

void TcpStream::close_transport()
{
    end_sending();
    if (input_ended()) {
        finish_linger();
        return;
    }
    linger_ = std::make_unique<Linger>(loop());
    linger_->timer.expires_after(linger_time, [this, keep_alive = shared_from_this()] { finish_linger(); });
    if (!waits_to_read_) {
        start_receive();
    }
}

void TcpStream::finish_linger()
{
    const auto keep_alive = shared_from_this();
    linger_.reset();
    keep_info();
    close_socket();
}

void TcpStream::tell_socket()
{
    if (const observe::Observers* observers = loop().observed(); observers != nullptr && observers->wants_sockets()) {
        tell({.kind = observe::Kind::socket, .result = socket_});
    }
}

// The kernel forgets with the socket what the connection has done.
void TcpStream::keep_info()
{
    tell_socket();
    auto info = std::make_unique<TcpInfo>();
    if (socket_ < 0 || read_tcp_info(socket_, *info)) {
        return;
    }
    const std::string_view closed = tcp_state_name(7);
    if (read_to_end_ && info->state == closed && info->bytes_received > 0) {
        --info->bytes_received;  // the FIN, which read_tcp_info cannot tell from a RST in this state
    }
    info->state = closed;
    last_info_ = std::move(info);
}

void TcpStream::abort_transport()
{
    const linger discard{1, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &discard, sizeof discard);
    linger_.reset();
    keep_info();
    close_socket("aborted");
}

void TcpStream::close_socket(std::string_view how)
{
    if (socket_ >= 0) {
        loop().poller().remove(socket_);
        tell_call("close", ::close(std::exchange(socket_, -1)));
        tell_closed(how);
    }
    waits_to_read_ = false;
    waits_to_write_ = false;
    keep_alive_.reset();
}

}  // namespace moonwire::net
