// Keeps a number of datagrams in flight from each of many sockets to a UDP echo server, and counts what comes back.
// What is lost is sent again after a while, and counted, too. usage: bench_udp_load PORT SOCKETS SIZE IN_FLIGHT SECONDS
#include "sockets.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

// After so long without an answer a datagram is given up.
constexpr std::chrono::milliseconds patience{20};

struct Client {
    int socket = -1;
    std::size_t in_flight = 0;
    Clock::time_point sent;
};

int connect_to(int port)
{
    const int socket = ::socket(AF_INET, SOCK_DGRAM, 0);
    const sockaddr_in address = bench::loopback(port);
    if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        std::perror("connect");
        std::exit(1);
    }
    return socket;
}

void fill(Client& client, const std::string& message, std::size_t in_flight)
{
    for (; client.in_flight < in_flight; ++client.in_flight) {
        ::send(client.socket, message.data(), message.size(), 0);
    }
    client.sent = Clock::now();
}

}  // namespace

int main(int argc, char** argv)
{
    if (argc != 6) {
        std::fprintf(stderr, "usage: %s PORT SOCKETS SIZE IN_FLIGHT SECONDS\n", argv[0]);
        return 2;
    }
    const int port = std::atoi(argv[1]);
    const auto sockets = static_cast<std::size_t>(std::atoi(argv[2]));
    const auto size = static_cast<std::size_t>(std::atoi(argv[3]));
    const auto in_flight = static_cast<std::size_t>(std::atoi(argv[4]));
    const double seconds = std::atof(argv[5]);

    std::string message;
    for (std::size_t i = 0; i < size; ++i) {
        message += static_cast<char>('a' + i % 26);
    }
    const int epoll = ::epoll_create1(0);
    std::vector<Client> all(sockets);
    for (std::size_t i = 0; i < sockets; ++i) {
        all[i].socket = connect_to(port);
        bench::watch(epoll, all[i].socket, EPOLLIN, EPOLL_CTL_ADD, i);
    }
    for (Client& client : all) {
        fill(client, message, in_flight);
    }

    const auto warm = Clock::now() + std::chrono::duration<double>(seconds * 0.2);
    const auto end = warm + std::chrono::duration<double>(seconds);
    bool measuring = false;
    std::size_t received = 0;
    std::size_t lost = 0;
    std::size_t turns = 0;
    std::vector<double> latencies;
    std::vector<char> buffer(65536);
    std::array<epoll_event, 128> events{};
    auto next_look = Clock::now() + patience;
    for (auto now = Clock::now(); now < end; now = Clock::now()) {
        if (!measuring && now >= warm) {
            measuring = true;
            received = 0;
            lost = 0;
        }
        if (now >= next_look) {
            next_look = now + patience;
            for (Client& client : all) {
                if (now - client.sent > patience) {
                    lost += client.in_flight;
                    client.in_flight = 0;
                    fill(client, message, in_flight);
                }
            }
        }
        const int count = ::epoll_wait(epoll, events.data(), events.size(), 10);
        for (int i = 0; i < count; ++i) {
            Client& client = all[events[static_cast<std::size_t>(i)].data.u64];
            const ssize_t got = ::recv(client.socket, buffer.data(), buffer.size(), MSG_DONTWAIT);
            if (got < 0) {
                continue;
            }
            if (static_cast<std::size_t>(got) != size || std::memcmp(buffer.data(), message.data(), size) != 0) {
                std::fprintf(stderr, "the echo differs from what was sent\n");
                return 1;
            }
            ++received;
            if (measuring && ++turns % 64 == 0) {
                latencies.push_back(std::chrono::duration<double, std::micro>(Clock::now() - client.sent).count());
            }
            client.in_flight -= std::min<std::size_t>(client.in_flight, 1);
            fill(client, message, in_flight);
        }
    }
    std::printf("{\"messages_per_second\": %.0f, \"p50_us\": %.1f, \"p99_us\": %.1f, \"lost\": %zu}\n",
                static_cast<double>(received) / seconds, bench::percentile(latencies, 0.5),
                bench::percentile(latencies, 0.99), lost);
}
