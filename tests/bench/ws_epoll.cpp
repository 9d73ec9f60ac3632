// The yardstick: a WebSocket server on plain epoll. It echoes each message, or with "fanout" sends it to all. Frames
// are parsed and unmasked where they were read, and all replies of one read leave with one send; what is to be sent to
// all is framed once, and each member gets what one epoll_wait has brought with one send. usage: bench_ws_epoll PORT
// [echo|fanout]
#include "sockets.hpp"
#include "ws_frame.hpp"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <strings.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

constexpr std::size_t most_of_message = 1 << 20;
constexpr std::size_t most_unsent = 16 << 20;
// The rest of a frame longer than this is read to where its beginning is, a shorter one is copied before what follows.
constexpr std::size_t long_frame = 4096;
constexpr std::size_t most_of_request = long_frame;

struct Connection {
    bool upgraded = false;
    std::size_t have = 0;    // what there is of a frame (or a request) that has not arrived whole
    std::size_t needed = 0;  // the room for it, which is its size where that is known
    std::unique_ptr<char[]> partial;
    std::string unsent;
    std::size_t sent = 0;  // of `unsent`
};

class Server
{
public:
    Server(int port, bool fan_out) : listener_(bench::listen_on(port)), fan_out_(fan_out)
    {
        bench::watch(epoll_, listener_, EPOLLIN, EPOLL_CTL_ADD);
    }

    [[noreturn]] void run();

private:
    void accept();
    void readable(int socket);
    void take(int socket, char* data, std::size_t size);
    char* upgrade(int socket, char* data, std::size_t size);
    bool answer(int socket, char*& at, const char* end, std::size_t& needed);
    void keep(Connection& connection, const char* data, std::size_t size, std::size_t needed);
    void write(int socket, const char* data, std::size_t size);
    void write_rest(int socket);
    void write_to_all();
    void drop(int socket);

    int epoll_ = ::epoll_create1(0);
    int listener_;
    bool fan_out_;
    std::vector<Connection> connections_;  // by their sockets
    std::vector<int> members_;             // the sockets that get what is sent to all
    std::string for_all_;                  // what the frames of this epoll_wait make all members get
    std::vector<char> buffer_ = std::vector<char>(512 * 1024);
};

void Server::run()
{
    std::array<epoll_event, 128> events{};
    for (;;) {
        const int count = ::epoll_wait(epoll_, events.data(), events.size(), -1);
        for (int i = 0; i < count; ++i) {
            const epoll_event& event = events[static_cast<std::size_t>(i)];
            if (event.data.fd == listener_) {
                accept();
            } else if ((event.events & EPOLLOUT) != 0) {
                write_rest(event.data.fd);
            } else {
                readable(event.data.fd);
            }
        }
        write_to_all();
    }
}

void Server::accept()
{
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK);
    if (socket < 0) {
        return;
    }
    if (connections_.size() <= static_cast<std::size_t>(socket)) {
        connections_.resize(static_cast<std::size_t>(socket) + 1);
    }
    connections_[static_cast<std::size_t>(socket)] = Connection();
    bench::watch(epoll_, socket, EPOLLIN, EPOLL_CTL_ADD);
}

void Server::readable(int socket)
{
    Connection& connection = connections_[static_cast<std::size_t>(socket)];
    const bool in_place = connection.needed > long_frame;
    char* data = in_place ? connection.partial.get() : buffer_.data();
    const std::size_t room = in_place ? connection.needed : buffer_.size();
    if (!in_place && connection.have > 0) {
        std::memcpy(data, connection.partial.get(), connection.have);
    }
    const ssize_t got = ::recv(socket, data + connection.have, room - connection.have, 0);
    if (got <= 0) {
        if (got == 0 || errno != EAGAIN) {
            drop(socket);
        }
        return;
    }
    connection.have += static_cast<std::size_t>(got);
    if (in_place && connection.have < connection.needed) {
        return;
    }
    const auto whole = std::move(connection.partial);
    connection.needed = 0;
    take(socket, data, std::exchange(connection.have, 0));
}

// Answers the frames of what has arrived, and keeps what remains.
void Server::take(int socket, char* data, std::size_t size)
{
    char* at = data;
    const char* const end = data + size;
    Connection& connection = connections_[static_cast<std::size_t>(socket)];
    if (!connection.upgraded) {
        at = upgrade(socket, data, size);
        if (at == nullptr) {
            drop(socket);
            return;
        }
    }
    std::size_t needed = connection.upgraded ? bench::longest_header : most_of_request;
    if (connection.upgraded && !answer(socket, at, end, needed)) {
        drop(socket);
        return;
    }
    if (at != end) {
        keep(connection, at, static_cast<std::size_t>(end - at), needed);
    }
}

// Where the frames begin: at `data` if the request has not arrived whole, nowhere if it cannot be one.
char* Server::upgrade(int socket, char* data, std::size_t size)
{
    constexpr std::string_view name = "\r\nSec-WebSocket-Key:";
    const std::string_view request(data, std::min(size, most_of_request));
    const std::size_t head = request.find("\r\n\r\n");
    if (head == std::string_view::npos) {
        return size < most_of_request ? data : nullptr;
    }
    std::size_t line = request.find("\r\n");
    while (line < head && ::strncasecmp(data + line, name.data(), name.size()) != 0) {
        line = request.find("\r\n", line + 2);
    }
    if (line >= head) {
        return nullptr;
    }
    const std::size_t key = request.find_first_not_of(' ', line + name.size());
    std::string text(request.substr(key, request.find("\r\n", key) - key));
    text += "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    std::array<unsigned char, SHA_DIGEST_LENGTH> digest{};
    std::array<unsigned char, SHA_DIGEST_LENGTH * 2> accept{};
    ::SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
    const int length = ::EVP_EncodeBlock(accept.data(), digest.data(), static_cast<int>(digest.size()));
    std::string response = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
    response += "Sec-WebSocket-Accept: ";
    response.append(reinterpret_cast<const char*>(accept.data()), static_cast<std::size_t>(length));
    response += "\r\n\r\n";
    write(socket, response.data(), response.size());
    connections_[static_cast<std::size_t>(socket)].upgraded = true;
    members_.push_back(socket);
    return data + head + 4;
}

// Answers all frames that are whole, and moves `at` behind them; `needed` becomes the size of the next one, if its
// header is there. False if the client breaks the protocol, or does what this server does not (fragments), or closes.
bool Server::answer(int socket, char*& at, const char* end, std::size_t& needed)
{
    // A reply is shorter than what it replies to, by the mask: the replies fit before what has not been answered, one
    // behind another, and a payload that is alone does not even move.
    const char* replies = nullptr;
    char* out = nullptr;
    bool ok = true;
    while (ok) {
        const auto header = bench::read_header(at, static_cast<std::size_t>(end - at));
        if (!header) {
            break;
        }
        const unsigned opcode = header->first & bench::opcode_bits;
        const bool is_message = opcode == bench::text || opcode == bench::binary;
        const bool is_control = opcode == bench::closing || opcode == bench::ping || opcode == bench::pong;
        if (!header->masked || header->first != (bench::fin | opcode) || !(is_message || is_control) ||
            header->length > (is_message ? most_of_message : 125)) {
            ok = false;
            break;
        }
        const auto length = static_cast<std::size_t>(header->length);
        if (static_cast<std::size_t>(end - at) < header->size + length) {
            needed = header->size + length;
            break;
        }
        char* const payload = at + header->size;
        at = payload + length;
        if (is_message && fan_out_) {
            std::array<char, bench::longest_header> head{};
            bench::apply_mask(payload, payload, length, header->mask);
            for_all_.append(head.data(), bench::write_header(head.data(), header->first, length));
            for_all_.append(payload, length);
        } else if (opcode != bench::pong) {
            if (out == nullptr) {
                out = payload - bench::header_size(length);
                replies = out;
            }
            out += bench::write_header(out, bench::fin | (opcode == bench::ping ? bench::pong : opcode), length);
            bench::apply_mask(out, payload, length, header->mask);
            out += length;
            ok = opcode != bench::closing;
        }
    }
    if (out != replies) {
        write(socket, replies, static_cast<std::size_t>(out - replies));
    }
    return ok;
}

void Server::keep(Connection& connection, const char* data, std::size_t size, std::size_t needed)
{
    connection.partial = std::make_unique_for_overwrite<char[]>(needed);
    connection.have = size;
    connection.needed = needed;
    std::memcpy(connection.partial.get(), data, size);
}

// A client that does not take what it is sent is not read from, either, and dropped when too much waits for it.
void Server::write(int socket, const char* data, std::size_t size)
{
    std::string& unsent = connections_[static_cast<std::size_t>(socket)].unsent;
    if (!unsent.empty()) {
        if (unsent.size() + size > most_unsent) {
            ::shutdown(socket, SHUT_RDWR);  // its next event drops it
            return;
        }
        unsent.append(data, size);
        return;
    }
    const ssize_t sent = ::send(socket, data, size, MSG_NOSIGNAL);
    if (sent == static_cast<ssize_t>(size)) {
        return;
    }
    if (sent < 0 && errno != EAGAIN) {
        ::shutdown(socket, SHUT_RDWR);
        return;
    }
    const std::size_t done = sent < 0 ? 0 : static_cast<std::size_t>(sent);
    unsent.assign(data + done, size - done);
    bench::watch(epoll_, socket, EPOLLOUT, EPOLL_CTL_MOD);
}

void Server::write_rest(int socket)
{
    Connection& connection = connections_[static_cast<std::size_t>(socket)];
    const char* const rest = connection.unsent.data() + connection.sent;
    const ssize_t sent = ::send(socket, rest, connection.unsent.size() - connection.sent, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) {
        drop(socket);
        return;
    }
    connection.sent += sent > 0 ? static_cast<std::size_t>(sent) : 0;
    if (connection.sent == connection.unsent.size()) {
        connection.unsent = std::string();
        connection.sent = 0;
        bench::watch(epoll_, socket, EPOLLIN, EPOLL_CTL_MOD);
    }
}

void Server::write_to_all()
{
    if (for_all_.empty()) {
        return;
    }
    for (const int member : members_) {
        write(member, for_all_.data(), for_all_.size());
    }
    for_all_.clear();
}

void Server::drop(int socket)
{
    members_.erase(std::remove(members_.begin(), members_.end(), socket), members_.end());
    connections_[static_cast<std::size_t>(socket)] = Connection();
    ::close(socket);
}

}  // namespace

int main(int argc, char** argv)
{
    Server server(argc > 1 ? std::atoi(argv[1]) : 0, argc > 2 && std::string_view(argv[2]) == "fanout");
    server.run();
}
