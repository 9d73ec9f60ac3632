// A TCP echo server on plain Boost.Asio, written as its documentation teaches it, with the executor bound by type.
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <memory>

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Executor = asio::io_context::executor_type;
using Socket = asio::basic_stream_socket<tcp, Executor>;
using Acceptor = asio::basic_socket_acceptor<tcp, Executor>;
using boost::system::error_code;

class Session : public std::enable_shared_from_this<Session>
{
public:
    explicit Session(Socket socket) : socket_(std::move(socket)) { socket_.set_option(tcp::no_delay(true)); }

    void read()
    {
        socket_.async_read_some(asio::buffer(data_),
                                [self = shared_from_this()](const error_code& error, std::size_t size) {
                                    if (!error) {
                                        self->write(size);
                                    }
                                });
    }

private:
    void write(std::size_t size)
    {
        asio::async_write(socket_, asio::buffer(data_, size),
                          [self = shared_from_this()](const error_code& error, std::size_t) {
                              if (!error) {
                                  self->read();
                              }
                          });
    }

    Socket socket_;
    std::array<char, 65536> data_;
};

void accept(Acceptor& acceptor)
{
    acceptor.async_accept([&acceptor](const error_code& error, Socket socket) {
        if (!error) {
            std::make_shared<Session>(std::move(socket))->read();
        }
        accept(acceptor);
    });
}

}  // namespace

int main(int argc, char** argv)
{
    asio::io_context context(1);
    const auto port = static_cast<unsigned short>(argc > 1 ? std::atoi(argv[1]) : 0);
    Acceptor acceptor(context, tcp::endpoint(asio::ip::address_v4::loopback(), port));
    std::printf("listening %d\n", acceptor.local_endpoint().port());
    std::fflush(stdout);
    accept(acceptor);
    context.run();
}
