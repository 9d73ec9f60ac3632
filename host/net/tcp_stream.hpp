#pragma once

#include "host/loop/poller.hpp"
#include "host/net/descriptor.hpp"
#include "host/net/stream.hpp"
#include "host/net/system_calls.hpp"
#include "host/net/tcp_info.hpp"
#include "host/net/tcp_socket.hpp"

#include <sys/types.h>
#include <cstdint>
#include <memory>
#include <optional>

namespace moonwire::net {

/// A TCP connection (RFC 9293). Owns its socket and reads it into the loop's scratch space when the loop's poller says
/// that something has arrived, so a connection that waits needs no buffer.
class TcpStream final : public Stream, private loop::Poller::Watch
{
public:
    /// Takes over a connected socket that does not block. Throws std::system_error if the system cannot watch it.
    /// `object`: the number that observers know the connection by already; 0: it gets one.
    TcpStream(loop::Loop& loop, Descriptor socket, observe::ObjectId object = 0);
    ~TcpStream() override;

    const TcpEndpoint& local_endpoint() const { return local_; }
    const TcpEndpoint& peer_endpoint() const { return peer_; }
    std::string description() const override;

    /// For options; -1 when it is closed. Do not read, write or close it.
    int native_handle() const { return socket_; }

    /// What the kernel knows about the connection; of a closed one what it knew last.
    error_code info(TcpInfo& info) const;

    /// Once it is connected: tells those observers that ask for it.
    void tell_socket();

    const SystemCalls& system_calls() const { return calls_; }

protected:
    void start_receive() override;
    std::size_t send(std::span<const boost::asio::const_buffer> buffers, error_code& error) override;
    void start_wait_writable() override;
    void end_sending() override;
    void close_transport() override;
    void abort_transport() override;

private:
    /// After it is closed, until the peer has taken everything.
    struct Linger {
        explicit Linger(loop::Loop& loop) : work(loop), timer(loop) {}

        loop::Loop::ClosingWork work;
        loop::Timer timer;
    };

    void ready(std::uint32_t events) override;
    void given_up() override;

    void receive();
    void received_nothing(ssize_t result, int error_number);
    void finish_linger();
    void keep_info();
    void close_socket(std::string_view how = {});

    int socket_;
    TcpEndpoint local_;
    TcpEndpoint peer_;
    SystemCalls calls_;
    bool readable_ = true;  // there may be something to read: the poller tells changes only
    bool ended_ = false;    // the peer has ended or broken off: stays readable until that was read
    bool read_to_end_ = false;
    bool waits_to_read_ = false;
    bool waits_to_write_ = false;
    std::shared_ptr<Stream> keep_alive_;  // this, while it waits to write
    std::unique_ptr<Linger> linger_;
    std::unique_ptr<TcpInfo> last_info_;  // since it is closed
};

}  // namespace moonwire::net
