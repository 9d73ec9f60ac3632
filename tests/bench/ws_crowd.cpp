#include "ws_crowd.hpp"

#include <cstring>

namespace bench {
namespace {

constexpr std::array<char, 4> mask{0x37, 0x7a, 0x21, 0x5d};

}  // namespace

Crowd::Crowd(const Traffic& traffic) : traffic_(traffic)
{
    for (std::size_t i = 0; i < traffic.size; ++i) {
        payload_ += static_cast<char>('a' + i % 26);
    }
}

void Crowd::add(int port, bool is_sender)
{
    Client client;
    client.socket = connect_to(port);
    client.is_sender = is_sender;
    upgrade(client.socket);
    std::array<char, 16> number{};
    const std::size_t index = traffic_.numbered ? clients_.size() : 0;
    std::snprintf(number.data(), number.size(), "%08zu", index);
    std::copy_n(number.begin(), number_size, client.own.begin());
    if (is_sender && (traffic_.numbered || frames_.empty())) {
        client.frames = frames_.size();
        frames_.push_back(frames(std::string_view(number.data(), number_size)));
        frame_size_ = frames_.back().size() / (traffic_.in_flight + 1);
    }
    watch(epoll_, client.socket, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, EPOLL_CTL_ADD, clients_.size());
    clients_.push_back(client);
}

void Crowd::upgrade(int socket) const
{
    // The key and its answer of RFC 6455, section 1.3.
    constexpr std::string_view request =
        "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    constexpr std::string_view accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
    const timeval patience{10, 0};
    ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::send(socket, request.data(), request.size(), MSG_NOSIGNAL);
    std::string response;
    while (response.find("\r\n\r\n") == std::string::npos) {
        std::array<char, 1024> data{};
        const ssize_t got = ::recv(socket, data.data(), data.size(), 0);
        if (got <= 0 || response.size() > 8192) {
            fail("the server does not upgrade client %zu; it has said: %s", clients_.size(), response.c_str());
        }
        response.append(data.data(), static_cast<std::size_t>(got));
    }
    if (!response.starts_with("HTTP/1.1 101 ") || response.find(accept) == std::string::npos ||
        !response.ends_with("\r\n\r\n")) {
        fail("the server does not upgrade as it should; it has said: %s", response.c_str());
    }
}

// As many as may be in flight and one more, so that so many lie one behind another wherever one begins.
std::string Crowd::frames(std::string_view number) const
{
    std::string payload = payload_;
    payload.replace(0, number.size(), number);
    std::string frame(longest_header + payload.size(), '\0');
    std::size_t size = write_header(frame.data(), fin | traffic_.opcode, payload.size(), true);
    std::memcpy(frame.data() + size, mask.data(), mask.size());
    size += mask.size();
    apply_mask(frame.data() + size, payload.data(), payload.size(), mask);
    frame.resize(size + payload.size());
    std::string all;
    for (std::size_t i = 0; i <= traffic_.in_flight; ++i) {
        all += frame;
    }
    return all;
}

void Crowd::send_first()
{
    for (std::size_t i = 0; i < clients_.size(); ++i) {
        if (clients_[i].is_sender) {
            send(i, traffic_.in_flight);
        }
    }
}

void Crowd::measure()
{
    measuring_ = true;
    round_trips_us_.clear();
}

std::size_t Crowd::sent() const
{
    std::size_t sum = 0;
    for (const Client& client : clients_) {
        sum += client.sent;
    }
    return sum;
}

void Crowd::send(std::size_t index, std::size_t messages)
{
    Client& client = clients_[index];
    client.sent += messages;
    client.unsent_bytes += messages * frame_size_;
    const std::size_t timed_one_of = traffic_.numbered ? 1 : 64;
    if (measuring_ && client.timed == 0 && ++turns_ % timed_one_of == 0) {
        client.timed = client.sent;
        client.timed_since = Clock::now();
    }
    to_flush_.push_back(index);
}

void Crowd::flush(std::size_t index)
{
    Client& client = clients_[index];
    const std::string& frames = frames_[client.frames];
    const ssize_t sent =
        ::send(client.socket, frames.data() + client.position, client.unsent_bytes, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno != EAGAIN) {
        fail("the server has closed client %zu: %s", index, std::strerror(errno));
    }
    const std::size_t done = sent > 0 ? static_cast<std::size_t>(sent) : 0;
    client.unsent_bytes -= done;
    client.position = (client.position + done) % frame_size_;
}

void Crowd::turn()
{
    for (const std::size_t index : to_flush_) {
        flush(index);
    }
    to_flush_.clear();
    const int count = ::epoll_wait(epoll_, events_.data(), static_cast<int>(events_.size()), 100);
    for (int i = 0; i < count; ++i) {
        const epoll_event& event = events_[static_cast<std::size_t>(i)];
        if (clients_[event.data.u64].unsent_bytes > 0 && (event.events & EPOLLOUT) != 0) {
            to_flush_.push_back(event.data.u64);
        }
        if ((event.events & EPOLLIN) != 0) {
            receive(event.data.u64);
        }
        if ((event.events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) {
            fail("the server has closed client %zu", static_cast<std::size_t>(event.data.u64));
        }
    }
}

void Crowd::receive(std::size_t index)
{
    Client& client = clients_[index];
    char* const data = buffer_.data() + longest_header;
    const std::size_t room = buffer_.size() - longest_header;
    std::size_t own = 0;
    ssize_t got = static_cast<ssize_t>(room);
    // What does not fill the buffer was all: the next event tells of what comes later.
    while (got == static_cast<ssize_t>(room)) {
        got = ::recv(client.socket, data, room, MSG_DONTWAIT);
        if (got <= 0) {
            break;
        }
        // What had come of a header is put before what follows it.
        char* const begin = data - client.of_header;
        std::memcpy(begin, client.header.data(), client.of_header);
        own += take(client, begin, static_cast<std::size_t>(got) + client.of_header);
    }
    if (got == 0 || (got < 0 && errno != EAGAIN)) {
        fail("the server has closed client %zu: %s", index, got == 0 ? "end of stream" : std::strerror(errno));
    }
    client.came_back += own;
    if (client.timed != 0 && client.came_back >= client.timed) {
        client.timed = 0;
        round_trips_us_.push_back(std::chrono::duration<double, std::micro>(Clock::now() - client.timed_since).count());
    }
    if (sending_ && own > 0) {
        send(index, own);
    }
}

// Returns how many of the client's own messages have come back.
std::size_t Crowd::take(Client& client, const char* data, std::size_t size)
{
    std::size_t own = 0;
    client.of_header = 0;
    while (size > 0) {
        if (client.of_frame == 0) {
            const auto header = read_header(data, size);
            if (!header) {
                std::memcpy(client.header.data(), data, size);
                client.of_header = size;
                break;
            }
            begin_frame(client, *header);
            data += header->size;
            size -= header->size;
        }
        const std::size_t part = std::min<std::size_t>(size, client.of_frame);
        if (client.opcode < closing) {
            if (client.of_message < number_size) {
                std::copy_n(data, std::min(part, number_size - client.of_message),
                            client.number.begin() + static_cast<std::ptrdiff_t>(client.of_message));
            }
            compare(client, data, part);
            client.of_message += part;
        }
        data += part;
        size -= part;
        client.of_frame -= part;
        if (client.of_frame == 0 && end_frame(client)) {
            ++received_;
            ++client.received;
            own += client.is_sender && client.number == client.own ? 1U : 0U;
        }
    }
    return own;
}

void Crowd::begin_frame(Client& client, const Header& header) const
{
    client.opcode = header.first & opcode_bits;
    client.is_last = (header.first & fin) != 0;
    client.of_frame = header.length;
    const bool is_control = client.opcode >= closing;
    if (client.opcode == closing) {
        fail("the server closes");
    }
    if (header.masked || (header.first & reserved_bits) != 0 ||
        (is_control && (!client.is_last || header.length > 125)) ||
        (!is_control && client.opcode != (client.in_message ? continuation : traffic_.opcode))) {
        fail("the server has sent a frame that it should not: flags and opcode 0x%02x, %llu bytes", header.first,
             static_cast<unsigned long long>(header.length));
    }
    if (!is_control) {
        client.in_message = true;
        if (client.of_message + header.length > traffic_.size) {
            fail("the server has sent a message longer than %zu bytes", traffic_.size);
        }
    }
}

void Crowd::compare(const Client& client, const char* data, std::size_t size) const
{
    constexpr std::size_t few = 16;
    const std::size_t skipped = client.of_message < number_size ? number_size - client.of_message : 0;
    if (skipped >= size) {
        return;
    }
    const std::size_t compared = measuring_ ? std::min(few, size - skipped) : size - skipped;
    if (std::memcmp(data + skipped, payload_.data() + client.of_message + skipped, compared) != 0) {
        fail("the server has sent another message than it was sent");
    }
}

// Whether a message has ended with the frame.
bool Crowd::end_frame(Client& client)
{
    if (client.opcode >= closing || !client.is_last) {
        return false;
    }
    if (client.of_message != traffic_.size) {
        fail("the server has sent a message of %zu bytes, not of %zu", client.of_message, traffic_.size);
    }
    client.in_message = false;
    client.of_message = 0;
    return true;
}

}  // namespace bench
