// The UDP echo on Boost.Asio, with completion handlers bound to the io_context by type.
#include <boost/asio/basic_datagram_socket.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace {

using boost::asio::ip::udp;
using Socket = boost::asio::basic_datagram_socket<udp, boost::asio::io_context::executor_type>;

class Echo
{
public:
    Echo(boost::asio::io_context& context, std::uint16_t port)
        : socket_(context, udp::endpoint(boost::asio::ip::address_v4::loopback(), port))
    {
    }

    std::uint16_t port() const { return socket_.local_endpoint().port(); }

    void receive()
    {
        socket_.async_receive_from(
            boost::asio::buffer(buffer_), peer_, [this](const boost::system::error_code& error, std::size_t size) {
                if (!error) {
                    boost::system::error_code ignored;
                    socket_.send_to(boost::asio::buffer(buffer_.data(), size), peer_, 0, ignored);
                }
                receive();
            });
    }

private:
    Socket socket_;
    udp::endpoint peer_;
    std::array<char, 65536> buffer_;
};

}  // namespace

int main(int argc, char** argv)
{
    boost::asio::io_context context(1);
    Echo echo(context, static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 0));
    std::printf("listening %d\n", echo.port());
    std::fflush(stdout);
    echo.receive();
    context.run();
}
