#pragma once

#include <sys/socket.h>
#include <string>
#include <string_view>

namespace moonwire::test {

/// A plain UDP socket on a free port, on POSIX calls only: the peer that a test plays by hand. Every call gives up
/// after `patience()` and throws.
class DatagramSocket
{
public:
    explicit DatagramSocket(const std::string& address = "127.0.0.1", const std::string& port = "0");
    ~DatagramSocket();
    DatagramSocket(const DatagramSocket&) = delete;
    DatagramSocket& operator=(const DatagramSocket&) = delete;

    const std::string& port() const { return port_; }

    void send(std::string_view payload, const std::string& port, const std::string& address);

    /// The same to the address that this socket is bound to.
    void send(std::string_view payload, const std::string& port) { send(payload, port, address_); }

    std::string receive();

    /// Sends to whom the last datagram came from.
    void answer(std::string_view payload);

    /// The port that it came from.
    std::string sender_port() const;

private:
    int socket_ = -1;
    std::string address_;
    std::string port_;
    sockaddr_storage sender_{};
    socklen_t sender_size_ = 0;
};

}  // namespace moonwire::test
