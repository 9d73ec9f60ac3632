// Keeps a number of messages in flight on each of many connections to an echo server, and counts what comes back.
// usage: bench_tcp_load PORT CONNECTIONS SIZE IN_FLIGHT SECONDS
#include "sockets.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

struct Connection {
    int socket = -1;
    std::size_t partial = 0;  // bytes of a message that has not arrived whole
    Clock::time_point sent;
};

void send_all(int socket, const char* data, std::size_t size)
{
    while (size > 0) {
        const ssize_t sent = ::send(socket, data, size, MSG_NOSIGNAL);
        if (sent < 0) {
            std::perror("send");
            std::exit(1);
        }
        data += sent;
        size -= static_cast<std::size_t>(sent);
    }
}

}  // namespace

int main(int argc, char** argv)
{
    if (argc != 6) {
        std::fprintf(stderr, "usage: %s PORT CONNECTIONS SIZE IN_FLIGHT SECONDS\n", argv[0]);
        return 2;
    }
    const int port = std::atoi(argv[1]);
    const auto connections = static_cast<std::size_t>(std::atoi(argv[2]));
    const auto size = static_cast<std::size_t>(std::atoi(argv[3]));
    const auto in_flight = static_cast<std::size_t>(std::atoi(argv[4]));
    const double seconds = std::atof(argv[5]);

    // Every byte of a message is known, so that what comes back can be compared at any offset.
    std::string messages;
    for (std::size_t i = 0; i < size * in_flight; ++i) {
        messages += static_cast<char>('a' + i % size % 26);
    }
    const int epoll = ::epoll_create1(0);
    std::vector<Connection> all(connections);
    for (std::size_t i = 0; i < connections; ++i) {
        all[i].socket = bench::connect_to(port);
        bench::watch(epoll, all[i].socket, EPOLLIN, EPOLL_CTL_ADD, i);
    }
    for (Connection& connection : all) {
        connection.sent = Clock::now();
        send_all(connection.socket, messages.data(), messages.size());
    }

    const auto warm = Clock::now() + std::chrono::duration<double>(seconds * 0.2);
    const auto end = warm + std::chrono::duration<double>(seconds);
    bool measuring = false;
    std::size_t received = 0;
    std::size_t turns = 0;
    std::vector<double> latencies;
    std::vector<char> buffer(std::max<std::size_t>(size * in_flight, 65536));
    std::array<epoll_event, 128> events{};
    for (auto now = Clock::now(); now < end; now = Clock::now()) {
        if (!measuring && now >= warm) {
            measuring = true;
            received = 0;
        }
        const int count = ::epoll_wait(epoll, events.data(), events.size(), 100);
        for (int i = 0; i < count; ++i) {
            Connection& connection = all[events[static_cast<std::size_t>(i)].data.u64];
            const ssize_t got = ::recv(connection.socket, buffer.data(), size * in_flight, MSG_DONTWAIT);
            if (got <= 0) {
                std::fprintf(stderr, "the server has closed a connection\n");
                return 1;
            }
            const auto bytes = static_cast<std::size_t>(got);
            if (buffer[0] != messages[connection.partial]) {
                std::fprintf(stderr, "the echo differs from what was sent\n");
                return 1;
            }
            const std::size_t whole = (connection.partial + bytes) / size;
            connection.partial = (connection.partial + bytes) % size;
            received += whole;
            if (whole > 0) {
                if (measuring && ++turns % 64 == 0) {
                    latencies.push_back(
                        std::chrono::duration<double, std::micro>(Clock::now() - connection.sent).count());
                }
                connection.sent = Clock::now();
                send_all(connection.socket, messages.data(), whole * size);
            }
        }
    }
    std::printf("{\"messages_per_second\": %.0f, \"p50_us\": %.1f, \"p99_us\": %.1f}\n",
                static_cast<double>(received) / seconds, bench::percentile(latencies, 0.5),
                bench::percentile(latencies, 0.99));
}
