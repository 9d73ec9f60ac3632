#include "tests/support/socket.hpp"

#include "tests/support/process.hpp"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace moonwire::test {

namespace {

[[noreturn]] void fail(const char* what)
{
    throw std::system_error(errno, std::generic_category(), what);
}

// No call on the socket outlasts the test's patience, and each send leaves at once.
void prepare(int socket)
{
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(patience()).count();
    const timeval timeout{seconds, 0};
    ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
    const int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

}  // namespace

Client::Client(int socket) : socket_(socket)
{
    prepare(socket_);
}

Client::Client(const std::string& port, const std::string& address)
{
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICHOST;
    addrinfo* found = nullptr;
    if (::getaddrinfo(address.c_str(), port.c_str(), &hints, &found) != 0) {
        throw std::runtime_error("no address " + address + ":" + port);
    }
    socket_ = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int result = ::connect(socket_, found->ai_addr, found->ai_addrlen);
    ::freeaddrinfo(found);
    if (result != 0) {
        ::close(socket_);
        fail("connect");
    }
    prepare(socket_);
}

Client::~Client()
{
    if (socket_ >= 0) {
        ::close(socket_);
    }
}

void Client::send(std::string_view data)
{
    while (!data.empty()) {
        const ssize_t size = ::send(socket_, data.data(), data.size(), MSG_NOSIGNAL);
        if (size < 0) {
            fail("send");
        }
        data.remove_prefix(static_cast<std::size_t>(size));
    }
}

void Client::send_bytes_singly(std::string_view data)
{
    for (std::size_t i = 0; i < data.size(); ++i) {
        send(data.substr(i, 1));
    }
}

bool Client::receive()
{
    std::array<char, 65536> bytes{};
    const ssize_t size = ::recv(socket_, bytes.data(), bytes.size(), 0);
    if (size < 0) {
        fail("recv");
    }
    buffer_.append(bytes.data(), static_cast<std::size_t>(size));
    return size > 0;
}

std::string Client::read_until(std::string_view end)
{
    std::size_t position = 0;
    while ((position = buffer_.find(end)) == std::string::npos) {
        if (!receive()) {
            throw std::runtime_error("the peer closed instead of sending '" + std::string(end) +
                                     "'; it sent: " + buffer_);
        }
    }
    std::string result = buffer_.substr(0, position + end.size());
    buffer_.erase(0, position + end.size());
    return result;
}

std::string Client::read(std::size_t size)
{
    while (buffer_.size() < size) {
        if (!receive()) {
            throw std::runtime_error("the peer closed instead of sending " + std::to_string(size) +
                                     " bytes; it sent: " + buffer_);
        }
    }
    std::string result = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return result;
}

std::string Client::read_all()
{
    while (receive()) {
    }
    return std::move(buffer_);
}

void Client::end_sending()
{
    ::shutdown(socket_, SHUT_WR);
}

void Client::reset()
{
    const linger discard{1, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &discard, sizeof discard);
    ::close(socket_);
    socket_ = -1;
}

Listener::Listener() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))
{
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(socket_, generic, size) != 0 || ::listen(socket_, 16) != 0 ||
        ::getsockname(socket_, generic, &size) != 0) {
        ::close(socket_);
        fail("listen");
    }
    prepare(socket_);
    port_ = std::to_string(ntohs(address.sin_port));
}

Listener::~Listener()
{
    ::close(socket_);
}

Client Listener::accept()
{
    const int socket = ::accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) {
        fail("accept");
    }
    return Client(socket);
}

}  // namespace moonwire::test
