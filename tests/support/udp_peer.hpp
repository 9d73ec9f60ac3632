#pragma once

#include <netinet/in.h>

#include <string>
#include <string_view>

namespace moonwire::test {

/// A plain UDP socket on a port of a loopback address, a free one unless it is named, on POSIX calls only: the peer
/// that a test plays by hand. What it sends to multicast groups stays on the loopback interface. Every call gives up
/// after `patience()` and throws.
class UdpPeer
{
public:
    explicit UdpPeer(const std::string& address = "127.0.0.1", const std::string& port = "0");
    ~UdpPeer();
    UdpPeer(const UdpPeer&) = delete;
    UdpPeer& operator=(const UdpPeer&) = delete;

    const std::string& port() const { return port_; }

    /// Sends a datagram to a port of the own address, or of another one.
    void send(std::string_view payload, const std::string& port);
    void send(std::string_view payload, const std::string& port, const std::string& address);

    /// The next datagram's payload.
    std::string receive();

    /// Sends a datagram to whom the last one came from.
    void answer(std::string_view payload);

    /// The port that it came from.
    std::string sender_port() const;

private:
    void send_to(std::string_view payload, const sockaddr_storage& to);

    int socket_ = -1;
    std::string address_;
    std::string port_;
    sockaddr_storage last_sender_{};
};

}  // namespace moonwire::test
