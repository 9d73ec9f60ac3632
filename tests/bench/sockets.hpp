// What the load generators and the plain servers share: a listening socket, a connection, waiting, a percentile.
#pragma once
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace bench {

inline sockaddr_in loopback(int port)
{
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    return address;
}

inline int connect_to(int port)
{
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    const sockaddr_in address = loopback(port);
    if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        std::perror("connect");
        std::exit(1);
    }
    const linger no_time_wait{1, 0};  // or the ports run out
    const int on = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &no_time_wait, sizeof no_time_wait);
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return socket;
}

// Does not block; says "listening PORT", as all servers here do. Port 0 is one that is free.
inline int listen_on(int port)
{
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    const int on = 1;
    ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    ::setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // inherited by what it accepts
    sockaddr_in address = loopback(port);
    socklen_t length = sizeof address;
    if (::bind(listener, reinterpret_cast<sockaddr*>(&address), length) != 0 || ::listen(listener, 511) != 0) {
        std::perror("listen");
        std::exit(1);
    }
    ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length);
    std::printf("listening %d\n", ntohs(address.sin_port));
    std::fflush(stdout);
    return listener;
}

inline void watch(int epoll, int socket, std::uint32_t events, int operation, epoll_data_t data)
{
    epoll_event event{};
    event.events = events;
    event.data = data;
    ::epoll_ctl(epoll, operation, socket, &event);
}

inline void watch(int epoll, int socket, std::uint32_t events, int operation)
{
    epoll_data_t data{};
    data.fd = socket;
    watch(epoll, socket, events, operation, data);
}

inline void watch(int epoll, int socket, std::uint32_t events, int operation, std::size_t index)
{
    epoll_data_t data{};
    data.u64 = index;
    watch(epoll, socket, events, operation, data);
}

inline double percentile(std::vector<double>& values, double part)
{
    if (values.empty()) {
        return 0;
    }
    const auto index = static_cast<std::ptrdiff_t>(part * static_cast<double>(values.size() - 1));
    std::nth_element(values.begin(), values.begin() + index, values.end());
    return values[static_cast<std::size_t>(index)];
}

}  // namespace bench
