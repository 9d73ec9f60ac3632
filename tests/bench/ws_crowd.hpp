// Many WebSocket clients in one loop, made to be cheaper than any server: the frames they send are masked beforehand
// and many leave with one send, and what comes is looked at where it was read. Ends the program with a message when the
// server does what it should not.
#pragma once
#include "sockets.hpp"
#include "ws_frame.hpp"

#include <sys/time.h>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdarg>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

using Clock = std::chrono::steady_clock;

[[noreturn, gnu::format(printf, 1, 2)]] inline void fail(const char* format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    std::vfprintf(stderr, format, arguments);
    va_end(arguments);
    std::fputc('\n', stderr);
    std::exit(1);
}

struct Traffic {
    std::size_t size = 0;  // of a message's payload, which begins with its sender's number
    std::size_t in_flight = 0;
    unsigned opcode = text;
    bool numbered = false;  // whether senders have numbers, or send all the same
};

class Crowd
{
public:
    static constexpr std::size_t number_size = 8;

    explicit Crowd(const Traffic& traffic);

    // Connects one more client and upgrades it; a sender sends `in_flight` messages when asked to, and another whenever
    // one of its own comes back.
    void add(int port, bool is_sender);
    void send_first();
    void stop_sending() { sending_ = false; }
    // Sends what is to be sent, waits for something to happen, not for long, and handles all that has.
    void turn();
    // Turns until each client has got as many messages as `expected` says, or fails.
    template <typename Expected>
    void drain(Expected expected);

    std::size_t size() const { return clients_.size(); }
    std::size_t sent(std::size_t client) const { return clients_[client].sent; }
    std::size_t sent() const;
    std::size_t received() const { return received_; }
    std::vector<double>& round_trips_us() { return round_trips_us_; }
    // Until now every byte that came was compared, from now on a few of each message, which costs less.
    void measure();

private:
    struct Client {
        int socket = -1;
        bool is_sender = false;
        std::size_t frames = 0;  // which of all are its own
        std::array<char, number_size> own{};
        // Of the message that is coming:
        std::array<char, number_size> number{};
        bool in_message = false;
        std::size_t of_message = 0;
        // Of the frame that is coming:
        unsigned opcode = 0;
        bool is_last = false;
        std::uint64_t of_frame = 0;  // what is missing of its payload
        std::array<char, longest_header> header{};
        std::size_t of_header = 0;  // what has come of its header
        // In messages, but for the last two:
        std::size_t received = 0;
        std::size_t came_back = 0;
        std::size_t sent = 0;
        std::size_t unsent_bytes = 0;
        std::size_t position = 0;  // in its frames, where the unsent bytes begin
        // A round trip that is being timed ends when so many have come back.
        std::size_t timed = 0;
        Clock::time_point timed_since;
    };

    void upgrade(int socket) const;
    std::string frames(std::string_view number) const;
    void send(std::size_t index, std::size_t messages);
    void flush(std::size_t index);
    void receive(std::size_t index);
    std::size_t take(Client& client, const char* data, std::size_t size);
    void begin_frame(Client& client, const Header& header) const;
    void compare(const Client& client, const char* data, std::size_t size) const;
    bool end_frame(Client& client);

    Traffic traffic_;
    std::string payload_;
    std::vector<std::string> frames_;  // of each sender, or of all
    std::size_t frame_size_ = 0;
    std::vector<Client> clients_;
    std::vector<std::size_t> to_flush_;
    std::size_t received_ = 0;
    std::size_t turns_ = 0;
    bool sending_ = true;
    bool measuring_ = false;
    std::vector<double> round_trips_us_;
    int epoll_ = ::epoll_create1(0);
    std::vector<epoll_event> events_ = std::vector<epoll_event>(512);
    std::vector<char> buffer_ = std::vector<char>(longest_header + (1 << 20));
};

template <typename Expected>
void Crowd::drain(Expected expected)
{
    const auto end = Clock::now() + std::chrono::seconds(10);
    for (std::size_t i = 0; i < clients_.size();) {
        const std::size_t wanted = expected(i);
        if (clients_[i].received == wanted) {
            ++i;
        } else if (clients_[i].received > wanted || Clock::now() > end) {
            fail("client %zu has got %zu messages, not %zu", i, clients_[i].received, wanted);
        } else {
            turn();
        }
    }
}

}  // namespace bench
