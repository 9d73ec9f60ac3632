// The yardstick: a TCP echo server on plain epoll, as few system calls a message as can be: one recv and one send.
#include "sockets.hpp"

#include <unistd.h>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <string>
#include <unordered_map>

namespace {

// What a client has not yet taken of what was sent back to it.
std::unordered_map<int, std::string> unsent;

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
        bench::watch(epoll, socket, EPOLLIN, EPOLL_CTL_MOD);
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
    bench::watch(epoll, socket, EPOLLOUT, EPOLL_CTL_MOD);
}

}  // namespace

int main(int argc, char** argv)
{
    const int listener = bench::listen_on(argc > 1 ? std::atoi(argv[1]) : 0);

    const int epoll = ::epoll_create1(0);
    bench::watch(epoll, listener, EPOLLIN, EPOLL_CTL_ADD);
    std::array<epoll_event, 128> events{};
    for (;;) {
        const int count = ::epoll_wait(epoll, events.data(), events.size(), -1);
        for (int i = 0; i < count; ++i) {
            const epoll_event& event = events[static_cast<std::size_t>(i)];
            if (event.data.fd == listener) {
                const int client = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK);
                if (client >= 0) {
                    bench::watch(epoll, client, EPOLLIN, EPOLL_CTL_ADD);
                }
            } else if ((event.events & EPOLLOUT) != 0) {
                send_rest(epoll, event.data.fd);
            } else {
                echo(epoll, event.data.fd);
            }
        }
    }
}
