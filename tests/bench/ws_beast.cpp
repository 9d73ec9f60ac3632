// A WebSocket server on plain Boost.Beast: the executor bound by type, no deflate in the type, messages not split on
// their way out. It echoes each message, or with "fanout" sends it to all.
// usage: bench_ws_beast PORT [echo|fanout]
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>
#include <set>
#include <string>
#include <string_view>

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using Executor = asio::io_context::executor_type;
using Socket = asio::basic_stream_socket<tcp, Executor>;
using Acceptor = asio::basic_socket_acceptor<tcp, Executor>;
using Stream = beast::websocket::stream<Socket, false>;
using boost::system::error_code;

constexpr std::size_t most_of_message = 1 << 20;

class Session;
using Room = std::set<Session*>;

class Session : public std::enable_shared_from_this<Session>
{
public:
    // With a room, what comes goes to all in it. The room outlives the session.
    Session(Socket socket, Room* room) : stream_(std::move(socket)), room_(room)
    {
        stream_.next_layer().set_option(tcp::no_delay(true));
        stream_.read_message_max(most_of_message);
        stream_.auto_fragment(false);
    }

    ~Session()
    {
        if (room_ != nullptr) {
            room_->erase(this);
        }
    }

    void start()
    {
        stream_.async_accept([self = shared_from_this()](const error_code& error) {
            if (!error) {
                self->enter();
            }
        });
    }

private:
    using Message = std::shared_ptr<const std::string>;

    void enter()
    {
        if (room_ != nullptr) {
            room_->insert(this);
        }
        read();
    }

    void read()
    {
        stream_.async_read(data_, [self = shared_from_this()](const error_code& error, std::size_t) {
            if (error) {
                return;
            }
            self->stream_.text(self->stream_.got_text());
            if (self->room_ == nullptr) {
                self->echo();
            } else {
                self->broadcast();
                self->read();
            }
        });
    }

    void echo()
    {
        stream_.async_write(data_.data(), [self = shared_from_this()](const error_code& error, std::size_t) {
            if (!error) {
                self->data_.clear();
                self->read();
            }
        });
    }

    void broadcast()
    {
        const auto message = std::make_shared<const std::string>(beast::buffers_to_string(data_.data()));
        const bool is_text = stream_.got_text();
        data_.clear();
        for (Session* const member : *room_) {
            member->queue(message, is_text);
        }
    }

    void queue(const Message& message, bool is_text)
    {
        messages_.push_back(message);
        if (messages_.size() == 1) {
            stream_.text(is_text);
            write();
        }
    }

    void write()
    {
        stream_.async_write(asio::buffer(*messages_.front()),
                            [self = shared_from_this()](const error_code& error, std::size_t) {
                                if (error) {
                                    return;
                                }
                                self->messages_.pop_front();
                                if (!self->messages_.empty()) {
                                    self->write();
                                }
                            });
    }

    Stream stream_;
    Room* room_;
    beast::flat_buffer data_;
    std::deque<Message> messages_;
};

void accept(Acceptor& acceptor, Room* room)
{
    acceptor.async_accept([&acceptor, room](const error_code& error, Socket socket) {
        if (!error) {
            std::make_shared<Session>(std::move(socket), room)->start();
        }
        accept(acceptor, room);
    });
}

}  // namespace

int main(int argc, char** argv)
{
    Room room;
    asio::io_context context(1);
    const auto port = static_cast<unsigned short>(argc > 1 ? std::atoi(argv[1]) : 0);
    const bool fan_out = argc > 2 && std::string_view(argv[2]) == "fanout";
    Acceptor acceptor(context, tcp::endpoint(asio::ip::address_v4::loopback(), port));
    std::printf("listening %d\n", acceptor.local_endpoint().port());
    std::fflush(stdout);
    accept(acceptor, fan_out ? &room : nullptr);
    context.run();
}
