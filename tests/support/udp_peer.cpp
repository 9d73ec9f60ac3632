#include "tests/support/udp_peer.hpp"

#include "tests/support/process.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace moonwire::test {

namespace {

[[noreturn]] void fail(const char* what)
{
    throw std::system_error(errno, std::generic_category(), what);
}

socklen_t size_of(const sockaddr_storage& address)
{
    return address.ss_family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
}

sockaddr_storage endpoint(const std::string& address, const std::string& port)
{
    const in_port_t number = htons(static_cast<std::uint16_t>(std::stoi(port)));
    sockaddr_storage storage{};
    auto& v4 = reinterpret_cast<sockaddr_in&>(storage);
    auto& v6 = reinterpret_cast<sockaddr_in6&>(storage);
    if (::inet_pton(AF_INET, address.c_str(), &v4.sin_addr) == 1) {
        v4.sin_family = AF_INET;
        v4.sin_port = number;
    } else if (::inet_pton(AF_INET6, address.c_str(), &v6.sin6_addr) == 1) {
        v6.sin6_family = AF_INET6;
        v6.sin6_port = number;
    } else {
        throw std::runtime_error("no address: " + address);
    }
    return storage;
}

// The port is at the same place in both kinds of addresses.
std::string port_of(const sockaddr_storage& address)
{
    return std::to_string(ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port));
}

}  // namespace

UdpPeer::UdpPeer(const std::string& address, const std::string& port) : address_(address)
{
    sockaddr_storage local = endpoint(address, port);
    auto* generic = reinterpret_cast<sockaddr*>(&local);
    socklen_t size = size_of(local);
    socket_ = ::socket(local.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (socket_ < 0 || ::bind(socket_, generic, size) != 0 || ::getsockname(socket_, generic, &size) != 0) {
        fail("bind");
    }
    port_ = port_of(local);
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(patience()).count();
    const timeval timeout{seconds, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    if (local.ss_family == AF_INET) {
        const in_addr loopback{htonl(INADDR_LOOPBACK)};
        ::setsockopt(socket_, IPPROTO_IP, IP_MULTICAST_IF, &loopback, sizeof loopback);
    }
}

UdpPeer::~UdpPeer()
{
    ::close(socket_);
}

void UdpPeer::send(std::string_view payload, const std::string& port)
{
    send(payload, port, address_);
}

void UdpPeer::send(std::string_view payload, const std::string& port, const std::string& address)
{
    send_to(payload, endpoint(address, port));
}

std::string UdpPeer::receive()
{
    std::string payload(65536, '\0');
    socklen_t size = sizeof last_sender_;
    const ssize_t received =
        ::recvfrom(socket_, payload.data(), payload.size(), 0, reinterpret_cast<sockaddr*>(&last_sender_), &size);
    if (received < 0) {
        fail("recvfrom");
    }
    payload.resize(static_cast<std::size_t>(received));
    return payload;
}

void UdpPeer::answer(std::string_view payload)
{
    send_to(payload, last_sender_);
}

std::string UdpPeer::sender_port() const
{
    return port_of(last_sender_);
}

void UdpPeer::send_to(std::string_view payload, const sockaddr_storage& to)
{
    if (::sendto(socket_, payload.data(), payload.size(), 0, reinterpret_cast<const sockaddr*>(&to), size_of(to)) < 0) {
        fail("sendto");
    }
}

}  // namespace moonwire::test
