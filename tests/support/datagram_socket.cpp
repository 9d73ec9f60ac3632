#include "tests/support/datagram_socket.hpp"

#include "tests/support/process.hpp"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cerrno>
#include <memory>
#include <stdexcept>
#include <system_error>

namespace moonwire::test {

namespace {

using Addresses = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

[[noreturn]] void fail(const char* what)
{
    throw std::system_error(errno, std::generic_category(), what);
}

Addresses numeric(const std::string& address, const std::string& port)
{
    addrinfo hints{};
    hints.ai_socktype = SOCK_DGRAM;
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
    addrinfo* found = nullptr;
    if (::getaddrinfo(address.c_str(), port.c_str(), &hints, &found) != 0) {
        throw std::runtime_error("no address " + address + ":" + port);
    }
    return {found, &::freeaddrinfo};
}

std::string port_text(const sockaddr_storage& address, socklen_t size)
{
    char port[NI_MAXSERV];
    ::getnameinfo(reinterpret_cast<const sockaddr*>(&address), size, nullptr, 0, port, sizeof port, NI_NUMERICSERV);
    return port;
}

}  // namespace

DatagramSocket::DatagramSocket(const std::string& address, const std::string& port) : address_(address)
{
    const Addresses local = numeric(address, port);
    socket_ = ::socket(local->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (socket_ < 0) {
        fail("socket");
    }
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(patience()).count();
    const timeval timeout{seconds, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    sockaddr_storage bound{};
    socklen_t size = sizeof bound;
    if (::bind(socket_, local->ai_addr, local->ai_addrlen) != 0 ||
        ::getsockname(socket_, reinterpret_cast<sockaddr*>(&bound), &size) != 0) {
        ::close(socket_);
        fail("bind");
    }
    port_ = port_text(bound, size);
}

DatagramSocket::~DatagramSocket()
{
    ::close(socket_);
}

void DatagramSocket::send(std::string_view payload, const std::string& port, const std::string& address)
{
    const Addresses to = numeric(address, port);
    if (::sendto(socket_, payload.data(), payload.size(), 0, to->ai_addr, to->ai_addrlen) < 0) {
        fail("sendto");
    }
}

std::string DatagramSocket::receive()
{
    std::string payload(65536, '\0');
    sender_size_ = sizeof sender_;
    const ssize_t received =
        ::recvfrom(socket_, payload.data(), payload.size(), 0, reinterpret_cast<sockaddr*>(&sender_), &sender_size_);
    if (received < 0) {
        fail("recvfrom");
    }
    payload.resize(static_cast<std::size_t>(received));
    return payload;
}

void DatagramSocket::answer(std::string_view payload)
{
    if (::sendto(socket_, payload.data(), payload.size(), 0, reinterpret_cast<const sockaddr*>(&sender_),
                 sender_size_) < 0) {
        fail("sendto");
    }
}

std::string DatagramSocket::sender_port() const
{
    return port_text(sender_, sender_size_);
}

}  // namespace moonwire::test
