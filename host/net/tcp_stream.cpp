#include "host/net/tcp_stream.hpp"

#include "host/net/endpoint.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>

#include <cstring>

namespace moonwire::net {

namespace {

// How long a closed connection is drained, so that data which is still arriving does not make the kernel answer with
// RST and discard what the peer has not yet taken.
constexpr std::chrono::seconds linger_time{2};

}  // namespace

TcpStream::TcpStream(loop::Loop& loop, TcpSocket socket) : Stream(loop), socket_(std::move(socket)), linger_timer_(loop)
{
    error_code ignored;
    socket_.non_blocking(true, ignored);
    local_ = socket_.local_endpoint(ignored);
    peer_ = socket_.remote_endpoint(ignored);
}

TcpStream::~TcpStream() = default;

std::string TcpStream::description() const
{
    return "connection " + to_string(local_) + " -> " + to_string(peer_);
}

void TcpStream::start_receive()
{
    receive_pending_ = true;
    socket_.async_read_some(
        boost::asio::buffer(receive_buffer_),
        [self = self<TcpStream>()](const error_code& error, std::size_t size) { self->receive_done(error, size); });
}

void TcpStream::receive_done(const error_code& error, std::size_t size)
{
    receive_pending_ = false;
    if (lingering_) {
        if (error) {
            finish_linger();
        } else {
            start_receive();
        }
    } else if (error) {
        const bool ended = error == boost::asio::error::eof || error == boost::asio::error::operation_aborted;
        received({}, ended ? make_error_code(errc::closed) : error);
    } else if (size < receive_buffer_.size()) {
        received({receive_buffer_.data(), size});
    } else {
        receive_rest();
    }
}

void TcpStream::receive_rest()
{
    const auto scratch = loop().scratch();
    std::memcpy(scratch.data(), receive_buffer_.data(), receive_buffer_.size());
    const auto rest = scratch.subspan(receive_buffer_.size());
    error_code error;
    const std::size_t size = socket_.read_some(boost::asio::buffer(rest.data(), rest.size()), error);
    if (error == boost::asio::error::would_block || error == boost::asio::error::try_again) {
        error.clear();
    } else if (error == boost::asio::error::eof) {
        error = errc::closed;
    }
    received({reinterpret_cast<const char*>(scratch.data()), receive_buffer_.size() + size}, error);
}

std::size_t TcpStream::send(std::span<const boost::asio::const_buffer> buffers, error_code& error)
{
    if (buffers.size() == 1) {
        return socket_.write_some(buffers.front(), error);
    }
    return socket_.write_some(buffers, error);
}

void TcpStream::start_wait_writable()
{
    socket_.async_wait(TcpSocket::wait_write,
                       [self = self<TcpStream>()](const error_code& error) { self->writable(error); });
}

void TcpStream::end_sending()
{
    error_code ignored;
    socket_.shutdown(TcpSocket::shutdown_send, ignored);
}

void TcpStream::close_transport()
{
    if (input_ended()) {
        finish_linger();
        return;
    }
    end_sending();
    lingering_.emplace(loop());
    linger_timer_.expires_after(linger_time, [this] { finish_linger(); });
    if (!receive_pending_) {
        start_receive();
    }
}

void TcpStream::finish_linger()
{
    linger_timer_.cancel();
    lingering_.reset();
    error_code ignored;
    socket_.close(ignored);
}

void TcpStream::abort_transport()
{
    error_code ignored;
    socket_.set_option(boost::asio::socket_base::linger(true, 0), ignored);
    socket_.close(ignored);
}

}  // namespace moonwire::net
