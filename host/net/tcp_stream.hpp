#pragma once

#include "host/net/stream.hpp"
#include "host/net/tcp_socket.hpp"

#include <array>
#include <optional>

namespace moonwire::net {

/// A TCP connection (RFC 9293).
class TcpStream final : public Stream
{
public:
    TcpStream(loop::Loop& loop, TcpSocket socket);
    ~TcpStream() override;

    const TcpEndpoint& local_endpoint() const { return local_; }
    const TcpEndpoint& peer_endpoint() const { return peer_; }
    std::string description() const override;

    /// For options and TCP_INFO; do not read, write or close it.
    TcpSocket& socket() { return socket_; }

protected:
    void start_receive() override;
    std::size_t send(std::span<const boost::asio::const_buffer> buffers, error_code& error) override;
    void start_wait_writable() override;
    void end_sending() override;
    void close_transport() override;
    void abort_transport() override;

private:
    void receive_done(const error_code& error, std::size_t size);
    void receive_rest();
    void finish_linger();

    TcpSocket socket_;
    TcpEndpoint local_;
    TcpEndpoint peer_;
    bool receive_pending_ = false;
    std::optional<loop::Loop::ClosingWork> lingering_;
    loop::Timer linger_timer_;
    // A read waits into this small buffer; whatever does not fit is read at once into the loop's large one.
    std::array<char, 4096> receive_buffer_;
};

}  // namespace moonwire::net
