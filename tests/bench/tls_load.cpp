// Makes TLS connections to a server for some seconds and counts them, or reads all that a server sends and counts
// bytes. usage: bench_tls_load PORT full|resumed|bulk CLIENTS SECONDS
//
// After its handshake a client sends one byte: "q", for the server to close, or "b", for it to send without end.
#include "sockets.hpp"

#include <openssl/ssl.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace {

struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
    void operator()(SSL* ssl) const { SSL_free(ssl); }
    void operator()(SSL_SESSION* session) const { SSL_SESSION_free(session); }
};
using Context = std::unique_ptr<SSL_CTX, Free>;
using Session = std::unique_ptr<SSL_SESSION, Free>;

std::atomic<bool> stopped = false;
std::atomic<long long> handshakes = 0;
std::atomic<long long> resumed = 0;
std::atomic<long long> bytes = 0;

[[noreturn]] void fail(const char* what)
{
    std::fprintf(stderr, "%s failed\n", what);
    std::exit(1);
}

class Connection
{
public:
    Connection(SSL_CTX* context, int port, SSL_SESSION* session)
        : socket_(bench::connect_to(port)), ssl_(SSL_new(context))
    {
        SSL_set_fd(ssl_.get(), socket_);
        if (session != nullptr) {
            SSL_set_session(ssl_.get(), session);
        }
        if (SSL_connect(ssl_.get()) != 1) {
            fail("handshake");
        }
    }

    ~Connection()
    {
        SSL_shutdown(ssl_.get());  // or OpenSSL would not resume the session
        ::close(socket_);
    }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    void say(const char* word)
    {
        if (SSL_write(ssl_.get(), word, 1) != 1) {
            fail("write");
        }
    }

    int read(std::vector<char>& space) { return SSL_read(ssl_.get(), space.data(), static_cast<int>(space.size())); }
    bool was_resumed() const { return SSL_session_reused(ssl_.get()) == 1; }
    Session session() const { return Session(SSL_get1_session(ssl_.get())); }

private:
    int socket_;
    std::unique_ptr<SSL, Free> ssl_;
};

void shake_hands(SSL_CTX* context, int port, SSL_SESSION* session)
{
    std::vector<char> space(64);
    while (!stopped) {
        Connection connection(context, port, session);
        connection.say("q");
        while (connection.read(space) > 0) {
        }
        ++handshakes;
        resumed += connection.was_resumed() ? 1 : 0;
    }
}

void read_bulk(SSL_CTX* context, int port)
{
    std::vector<char> space(256 * 1024);
    Connection connection(context, port, nullptr);
    connection.say("b");
    while (!stopped) {
        const int size = connection.read(space);
        if (size <= 0) {
            fail("read");
        }
        bytes += size;
    }
}

Session get_session(SSL_CTX* context, int port)
{
    std::vector<char> space(64);
    Connection connection(context, port, nullptr);
    connection.say("q");
    while (connection.read(space) > 0) {  // the tickets of TLS 1.3 come after the handshake
    }
    return connection.session();
}

}  // namespace

int main(int argc, char** argv)
{
    if (argc != 5) {
        std::fprintf(stderr, "usage: %s PORT full|resumed|bulk CLIENTS SECONDS\n", argv[0]);
        return 2;
    }
    const int port = std::atoi(argv[1]);
    const std::string mode = argv[2];
    const int clients = std::atoi(argv[3]);
    const double seconds = std::atof(argv[4]);

    const Context context(SSL_CTX_new(TLS_client_method()));
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);
    const Session session = mode == "resumed" ? get_session(context.get(), port) : nullptr;
    const auto began = std::chrono::steady_clock::now();
    std::vector<std::thread> threads;
    for (int i = 0; i < clients; ++i) {
        threads.emplace_back([&] {
            if (mode == "bulk") {
                read_bulk(context.get(), port);
            } else {
                shake_hands(context.get(), port, session.get());
            }
        });
    }
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
    stopped = true;
    for (auto& thread : threads) {
        thread.join();
    }
    const double elapsed = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    const long long count = mode == "bulk" ? bytes / 1'000'000 : handshakes.load();
    std::printf("{\"per_second\": %.1f, \"count\": %lld, \"resumed\": %lld}\n", static_cast<double>(count) / elapsed,
                count, resumed.load());
}
