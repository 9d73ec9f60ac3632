// A TLS server on plain Boost.Asio and OpenSSL, as Asio's documentation teaches it: sends without end, or closes.
// usage: bench_tls_asio_server CERTIFICATE KEY PORT
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

const std::string chunk(256 * 1024, 'x');

class Session : public std::enable_shared_from_this<Session>
{
public:
    Session(tcp::socket socket, asio::ssl::context& context) : stream_(std::move(socket), context)
    {
        stream_.next_layer().set_option(tcp::no_delay(true));
    }

    void start()
    {
        stream_.async_handshake(asio::ssl::stream_base::server, [self = shared_from_this()](const error_code& error) {
            if (!error) {
                self->read();
            }
        });
    }

private:
    void read()
    {
        stream_.async_read_some(asio::buffer(&word_, 1),
                                [self = shared_from_this()](const error_code& error, std::size_t) {
                                    if (!error && self->word_ == 'b') {
                                        self->write();
                                    } else if (!error) {
                                        self->stream_.async_shutdown([self](const error_code&) {});
                                    }
                                });
    }

    void write()
    {
        asio::async_write(stream_, asio::buffer(chunk),
                          [self = shared_from_this()](const error_code& error, std::size_t) {
                              if (!error) {
                                  self->write();
                              }
                          });
    }

    asio::ssl::stream<tcp::socket> stream_;
    char word_ = 0;
};

void accept(tcp::acceptor& acceptor, asio::ssl::context& context)
{
    acceptor.async_accept([&](const error_code& error, tcp::socket socket) {
        if (!error) {
            std::make_shared<Session>(std::move(socket), context)->start();
        }
        accept(acceptor, context);
    });
}

}  // namespace

int main(int, char** argv)
{
    asio::io_context io(1);
    asio::ssl::context context(asio::ssl::context::tls_server);
    context.use_certificate_chain_file(argv[1]);
    context.use_private_key_file(argv[2], asio::ssl::context::pem);
    SSL_CTX_set_session_id_context(context.native_handle(), reinterpret_cast<const unsigned char*>("bench"), 5);
    tcp::acceptor acceptor(io, {asio::ip::address_v4::loopback(), static_cast<unsigned short>(std::atoi(argv[3]))});
    std::printf("listening %d\n", acceptor.local_endpoint().port());
    std::fflush(stdout);
    accept(acceptor, context);
    io.run();
}
