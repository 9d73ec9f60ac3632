// The yardstick: a TCP echo server on plain epoll, as few system calls a message as can be: one recv and one send.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <unordered_map>

namespace {

// What a client has not yet taken of what was sent back to it.
std::unordered_map<int, std::string> unsent;

void watch(int epoll, int socket, std::uint32_t events, int operation)
{
    epoll_event event{};
    event.events = events;
    event.data.fd = socket;
    ::epoll_ctl(epoll, operation, socket, &event);
}

void drop(int socket)
{
    unsent.erase(socket);
    ::close(socket);
}

void send_rest(int epoll, int socket)
{
    std::string& rest = unsent[socket];
    const ssize_t sent = ::send(socket, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) {
        drop(socket);
        return;
    }
    rest.erase(0, sent > 0 ? static_cast<std::size_t>(sent) : 0);
    if (rest.empty()) {
        unsent.erase(socket);
        watch(epoll, socket, EPOLLIN, EPOLL_CTL_MOD);
    }
}

void echo(int epoll, int socket)
{
    static std::array<char, 65536> buffer;
    const ssize_t size = ::recv(socket, buffer.data(), buffer.size(), 0);
    if (size <= 0) {
        if (size == 0 || errno != EAGAIN) {
            drop(socket);
        }
        return;
    }
    ssize_t sent = ::send(socket, buffer.data(), static_cast<std::size_t>(size), MSG_NOSIGNAL);
    if (sent == size) {
        return;
    }
    if (sent < 0 && errno != EAGAIN) {
        drop(socket);
        return;
    }
    sent = sent < 0 ? 0 : sent;
    unsent[socket].assign(buffer.data() + sent, static_cast<std::size_t>(size - sent));
    watch(epoll, socket, EPOLLOUT, EPOLL_CTL_MOD);
}

}  // namespace

int main(int argc, char** argv)
{
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    const int on = 1;
    ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    ::setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // inherited by what it accepts
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 0));
    socklen_t length = sizeof address;
    if (::bind(listener, reinterpret_cast<sockaddr*>(&address), length) != 0 || ::listen(listener, 511) != 0) {
        std::perror("listen");
        return 1;
    }
    ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length);
    std::printf("listening %d\n", ntohs(address.sin_port));
    std::fflush(stdout);

    const int epoll = ::epoll_create1(0);
    watch(epoll, listener, EPOLLIN, EPOLL_CTL_ADD);
    std::array<epoll_event, 128> events{};
    for (;;) {
        const int count = ::epoll_wait(epoll, events.data(), events.size(), -1);
        for (int i = 0; i < count; ++i) {
            const epoll_event& event = events[static_cast<std::size_t>(i)];
            if (event.data.fd == listener) {
                const int client = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK);
                if (client >= 0) {
                    watch(epoll, client, EPOLLIN, EPOLL_CTL_ADD);
                }
            } else if ((event.events & EPOLLOUT) != 0) {
                send_rest(epoll, event.data.fd);
            } else {
                echo(epoll, event.data.fd);
            }
        }
    }
}
