#include "host/net/tcp_listener.hpp"

#include "tests/unit/net/support.hpp"

#include <sys/resource.h>

#include <vector>

using namespace moonwire::net;
using namespace moonwire::test;

namespace {

struct Opened {
    Failure failure;
    std::shared_ptr<TcpListener> listener;
};

Opened try_listen(moonwire::loop::Loop& loop, ListenRequest request)
{
    std::optional<Opened> opened;
    async_listen(loop, std::move(request), [&](Failure failure, std::shared_ptr<TcpListener> listener) {
        opened = Opened{std::move(failure), std::move(listener)};
    });
    CHECK_FALSE(opened.has_value());  // never from within
    REQUIRE(run_until(loop, [&] { return opened.has_value(); }));
    return *opened;
}

std::shared_ptr<TcpListener> listen(moonwire::loop::Loop& loop, ListenRequest request = {})
{
    const Opened opened = try_listen(loop, std::move(request));
    INFO(opened.failure.message);
    REQUIRE(opened.listener);
    return opened.listener;
}

ListenRequest at(const std::string& host, Family family = Family::any, std::uint16_t port = 0)
{
    ListenRequest request;
    request.host = host;
    request.family = family;
    request.port = port;
    return request;
}

struct Accepted {
    error_code error;
    std::shared_ptr<TcpStream> stream;
};

void start_accept(TcpListener& listener, std::optional<Accepted>& accepted,
                  std::optional<Duration> timeout = std::nullopt)
{
    listener.async_accept(timeout, [&accepted](const error_code& error, std::shared_ptr<TcpStream> stream) {
        REQUIRE_FALSE(accepted.has_value());
        accepted = Accepted{error, std::move(stream)};
    });
}

Accepted accept(moonwire::loop::Loop& loop, TcpListener& listener)
{
    std::optional<Accepted> accepted;
    start_accept(listener, accepted);
    CHECK_FALSE(accepted.has_value());
    REQUIRE(run_until(loop, [&] { return accepted.has_value(); }));
    return *accepted;
}

bool can_connect(const TcpEndpoint& endpoint)
{
    return RawSocket::tcp(endpoint.protocol()).connect(endpoint) == 0;
}

/// Leaves this process without a free file descriptor while it lives.
class NoDescriptorsLeft
{
public:
    NoDescriptorsLeft()
    {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        const int lowest_free = ::dup(0);
        ::close(lowest_free);
        rlimit none_left = before_;
        none_left.rlim_cur = static_cast<rlim_t>(lowest_free);
        ::setrlimit(RLIMIT_NOFILE, &none_left);
    }

    ~NoDescriptorsLeft() { ::setrlimit(RLIMIT_NOFILE, &before_); }

    NoDescriptorsLeft(const NoDescriptorsLeft&) = delete;
    NoDescriptorsLeft& operator=(const NoDescriptorsLeft&) = delete;

private:
    rlimit before_{};
};

}  // namespace

TEST_CASE("by default both IP versions are served on one socket")
{
    moonwire::loop::Loop loop(system_clock());
    const auto listener = listen(loop);
    const auto port = listener->local_endpoint().port();
    CHECK(port != 0);

    const RawSocket v4 = RawSocket::tcp();
    REQUIRE(v4.connect(loopback_v4(port)) == 0);
    const Accepted from_v4 = accept(loop, *listener);
    REQUIRE(from_v4.stream);
    CHECK(to_string(from_v4.stream->peer_endpoint()) == to_string(v4.local_endpoint()));

    if (has_ipv6()) {
        CHECK(address_of(listener->local_endpoint()) == "::");
        const RawSocket v6 = RawSocket::tcp(boost::asio::ip::tcp::v6());
        REQUIRE(v6.connect(loopback_v6(port)) == 0);
        const Accepted from_v6 = accept(loop, *listener);
        REQUIRE(from_v6.stream);
        CHECK(address_of(from_v6.stream->peer_endpoint()) == "::1");
    }
}

TEST_CASE("one IP version is served by choice")
{
    moonwire::loop::Loop loop(system_clock());
    const auto v4 = listen(loop, at("*", Family::ipv4));
    CHECK(address_of(v4->local_endpoint()) == "0.0.0.0");
    CHECK(can_connect(loopback_v4(v4->local_endpoint().port())));
    if (has_ipv6()) {
        CHECK_FALSE(can_connect(loopback_v6(v4->local_endpoint().port())));
        const auto v6 = listen(loop, at("*", Family::ipv6));
        CHECK(can_connect(loopback_v6(v6->local_endpoint().port())));
        CHECK_FALSE(can_connect(loopback_v4(v6->local_endpoint().port())));
        CHECK_FALSE(can_connect(loopback_v4(listen(loop, at("::"))->local_endpoint().port())));
    }
}

TEST_CASE("listens at a name and at an address")
{
    moonwire::loop::Loop loop(system_clock());
    CHECK(address_of(listen(loop, at("localhost", Family::ipv4))->local_endpoint()) == "127.0.0.1");
    CHECK(address_of(listen(loop, at("127.0.0.2"))->local_endpoint()) == "127.0.0.2");

    const Opened foreign = try_listen(loop, at("192.0.2.77", Family::any, 5003));
    CHECK_FALSE(foreign.listener);
    CHECK(code_word(foreign.failure.error) == "address_not_available");
    CHECK(foreign.failure.message.find("listen on 192.0.2.77:5003: ") == 0);
    CHECK(try_listen(loop, at("")).failure.error == errc::name_not_found);
    CHECK(try_listen(loop, at("127.0.0.1", Family::ipv6)).failure.error == errc::name_not_found);
}

TEST_CASE("a port in use is told so")
{
    moonwire::loop::Loop loop(system_clock());
    const RawSocket occupant = RawSocket::tcp();
    occupant.listen(loopback_v4());
    const auto port = occupant.local_endpoint().port();
    for (const char* host : {"*", "127.0.0.1"}) {
        const Opened opened = try_listen(loop, at(host, Family::any, port));
        CHECK_FALSE(opened.listener);
        CHECK(code_word(opened.failure.error) == "address_in_use");
        CHECK(opened.failure.message ==
              "listen on " + std::string(host) + ":" + std::to_string(port) + ": address already in use");
    }
}

TEST_CASE("a port with old connections can be had again, unless that is not wanted")
{
    moonwire::loop::Loop loop(system_clock());
    auto listener = listen(loop, at("127.0.0.1"));
    const auto port = listener->local_endpoint().port();
    RawSocket client = RawSocket::tcp();
    REQUIRE(client.connect(loopback_v4(port)) == 0);
    {
        // The side that closes first is left in TIME-WAIT.
        const Accepted accepted = accept(loop, *listener);
        bool closed = false;
        accepted.stream->async_close(std::nullopt, [&](const error_code&) { closed = true; });
        REQUIRE(run_until(loop, [&] { return closed; }));
        client.close();
        run_for(loop, 20ms);
    }
    listener->close();

    ListenRequest request = at("127.0.0.1", Family::any, port);
    request.reuse_address = false;
    CHECK(code_word(try_listen(loop, request).failure.error) == "address_in_use");
    request.reuse_address = true;
    CHECK(try_listen(loop, request).listener);
}

TEST_CASE("opening can be given up")
{
    moonwire::loop::Loop loop(system_clock());
    for (const char* host : {"*", "127.0.0.1", "localhost"}) {
        std::vector<error_code> errors;
        const auto operation =
            async_listen(loop, at(host), [&](const Failure& failure, const std::shared_ptr<TcpListener>& listener) {
                errors.push_back(failure.error);
                CHECK(static_cast<bool>(listener) != static_cast<bool>(failure.error));
            });
        operation->cancel();
        REQUIRE(run_until(loop, [&] { return !errors.empty(); }));
        run_for(loop, 20ms);
        CHECK(errors.size() == 1);
    }
}

TEST_CASE("many clients are accepted in turn")
{
    moonwire::loop::Loop loop(system_clock());
    const auto listener = listen(loop);
    std::vector<RawSocket> clients;
    for (int i = 0; i < 200; ++i) {
        clients.push_back(RawSocket::tcp());
        REQUIRE(clients.back().connect(loopback_v4(listener->local_endpoint().port())) == 0);
    }
    std::vector<std::shared_ptr<TcpStream>> accepted;
    struct Acceptor {
        TcpListener& listener;
        std::vector<std::shared_ptr<TcpStream>>& accepted;

        void next()
        {
            listener.async_accept(std::nullopt, [this](const error_code& error, std::shared_ptr<TcpStream> stream) {
                if (!error) {
                    accepted.push_back(std::move(stream));
                    next();
                }
            });
        }
    } acceptor{*listener, accepted};
    acceptor.next();
    REQUIRE(run_until(loop, [&] { return accepted.size() == clients.size(); }));
    listener->close();
    run_for(loop, 5ms);
}

TEST_CASE("accepted connections have the options of their server")
{
    moonwire::loop::Loop loop(system_clock());
    ListenRequest request;
    request.options.keepalive = true;
    request.options.receive_buffer = 8192;
    request.options.send_buffer = 16384;
    const auto listener = listen(loop, request);
    const RawSocket client = RawSocket::tcp();
    REQUIRE(client.connect(loopback_v4(listener->local_endpoint().port())) == 0);
    const Accepted accepted = accept(loop, *listener);
    REQUIRE(accepted.stream);
    const int socket = accepted.stream->native_handle();
    CHECK(socket_option(socket, IPPROTO_TCP, TCP_NODELAY) != 0);
    CHECK(socket_option(socket, SOL_SOCKET, SO_KEEPALIVE) != 0);
    CHECK(socket_option(socket, SOL_SOCKET, SO_RCVBUF) == 2 * 8192);
    CHECK(socket_option(socket, SOL_SOCKET, SO_SNDBUF) == 2 * 16384);
    CHECK((::fcntl(socket, F_GETFD) & FD_CLOEXEC) != 0);

    request.options.nodelay = false;
    const auto with_nagle = listen(loop, request);
    const RawSocket other = RawSocket::tcp();
    REQUIRE(other.connect(loopback_v4(with_nagle->local_endpoint().port())) == 0);
    const Accepted with_delay = accept(loop, *with_nagle);
    CHECK(socket_option(with_delay.stream->native_handle(), IPPROTO_TCP, TCP_NODELAY) == 0);
}

TEST_CASE("closing ends a pending accept and refuses later clients")
{
    moonwire::loop::Loop loop(system_clock());
    const auto listener = listen(loop);
    const auto port = listener->local_endpoint().port();
    std::optional<Accepted> accepted;
    start_accept(*listener, accepted);
    CHECK(listener->accepting());
    listener->close();
    listener->close();
    CHECK_FALSE(accepted.has_value());
    REQUIRE(run_until(loop, [&] { return accepted.has_value(); }));
    CHECK(accepted->error == errc::closed);
    CHECK_FALSE(listener->accepting());
    CHECK(accept(loop, *listener).error == errc::closed);
    CHECK_FALSE(can_connect(loopback_v4(port)));
    CHECK(listener->local_endpoint().port() == port);
}

TEST_CASE("an accept that was given up loses no client")
{
    moonwire::loop::Loop loop(system_clock());
    const auto listener = listen(loop);
    std::optional<Accepted> given_up;
    start_accept(*listener, given_up);
    listener->cancel_accept();
    CHECK_FALSE(listener->accepting());
    CHECK_FALSE(given_up.has_value());

    SECTION("when the next one starts before the first one's completion")
    {
        const RawSocket client = RawSocket::tcp();
        REQUIRE(client.connect(loopback_v4(listener->local_endpoint().port())) == 0);
        CHECK(accept(loop, *listener).stream);
    }
    SECTION("when the client comes in between")
    {
        REQUIRE(run_until(loop, [&] { return given_up.has_value(); }));
        const RawSocket client = RawSocket::tcp();
        REQUIRE(client.connect(loopback_v4(listener->local_endpoint().port())) == 0);
        run_for(loop, 20ms);
        CHECK(accept(loop, *listener).stream);
    }
    CHECK(given_up->error == errc::cancelled);
}

TEST_CASE("an accept waits no longer than it may")
{
    moonwire::loop::Loop loop(virtual_clock());
    const auto listener = listen(loop);
    std::optional<Accepted> accepted;
    const auto start = loop.now();
    start_accept(*listener, accepted, 30s);
    REQUIRE(run_until(loop, [&] { return accepted.has_value(); }));
    CHECK(accepted->error == errc::timeout);
    CHECK(loop.now() - start == 30s);
}

TEST_CASE("a client that has gone before it was accepted is passed over")
{
    moonwire::loop::Loop loop(system_clock());
    const auto listener = listen(loop, at("127.0.0.1"));
    RawSocket gone = RawSocket::tcp();
    REQUIRE(gone.connect(listener->local_endpoint()) == 0);
    gone.reset();
    const RawSocket client = RawSocket::tcp();
    REQUIRE(client.connect(listener->local_endpoint()) == 0);
    const Accepted accepted = accept(loop, *listener);
    REQUIRE(accepted.stream);
    CHECK(accepted.stream->peer_endpoint() == client.local_endpoint());
}

TEST_CASE("accepting pauses while no file descriptor is free, and goes on by itself")
{
    moonwire::loop::Loop loop(virtual_clock());
    const auto listener = listen(loop, at("127.0.0.1"));
    std::vector<std::string> warnings;
    listener->on_warning = [&](const std::string& text) { warnings.push_back(text); };
    const RawSocket client = RawSocket::tcp();
    REQUIRE(client.connect(listener->local_endpoint()) == 0);

    std::optional<Accepted> accepted;
    const auto start = loop.now();
    std::optional<NoDescriptorsLeft> shortage(std::in_place);
    start_accept(*listener, accepted);
    const bool waited = run_until(loop, [&] { return loop.now() - start >= 500ms; });
    shortage.reset();
    CHECK(waited);
    CHECK_FALSE(accepted.has_value());
    REQUIRE(warnings.size() == 1);
    CHECK(warnings[0].find("too many open files in this process") != std::string::npos);

    REQUIRE(run_until(loop, [&] { return accepted.has_value(); }));
    CHECK(accepted->stream);
}

TEST_CASE("accepting that has paused can be ended")
{
    moonwire::loop::Loop loop(system_clock());
    const auto listener = listen(loop, at("127.0.0.1"));
    bool warned = false;
    listener->on_warning = [&](const std::string&) { warned = true; };
    const RawSocket client = RawSocket::tcp();
    REQUIRE(client.connect(listener->local_endpoint()) == 0);
    std::optional<Accepted> accepted;
    {
        const NoDescriptorsLeft shortage;
        start_accept(*listener, accepted);
        const auto stop_at = std::chrono::steady_clock::now() + 5s;
        while (!warned && std::chrono::steady_clock::now() < stop_at) {
            loop.post([&] { loop.stop(); });
            loop.run();
        }
    }
    REQUIRE(warned);
    SECTION("by closing")
    {
        listener->close();
        REQUIRE(run_until(loop, [&] { return accepted.has_value(); }));
        CHECK(accepted->error == errc::closed);
    }
    SECTION("by giving up, and the next one gets the client")
    {
        listener->cancel_accept();
        REQUIRE(run_until(loop, [&] { return accepted.has_value(); }));
        CHECK(accepted->error == errc::cancelled);
        CHECK(accept(loop, *listener).stream);
    }
    SECTION("with the loop") {}
}
