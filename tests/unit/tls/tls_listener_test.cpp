#include "host/tls/tls_listener.hpp"

#include "host/tls/tls_connect.hpp"
#include "tests/unit/net/support.hpp"
#include "tests/unit/tls/connection_support.hpp"

#include <algorithm>
#include <deque>
#include <functional>
#include <string>
#include <vector>

using Catch::Matchers::Contains;
using namespace moonwire::test;
using moonwire::loop::Loop;
using moonwire::net::code_word;
using moonwire::net::errc;
using moonwire::net::Failure;
using moonwire::tls::TlsListener;
using moonwire::tls::TlsStream;

namespace {

struct Outcome {
    Failure failure;
    std::shared_ptr<TlsStream> stream;
};

moonwire::tls::HandshakeHandler into(std::optional<Outcome>& outcome)
{
    return [&outcome](Failure failure, std::shared_ptr<TlsStream> stream) {
        REQUIRE_FALSE(outcome.has_value());
        outcome = Outcome{std::move(failure), std::move(stream)};
    };
}

std::shared_ptr<TlsListener> listen(Loop& loop, std::size_t max_handshakes = 16, Duration handshake_timeout = 10s)
{
    std::shared_ptr<moonwire::net::TcpListener> listener;
    moonwire::net::ListenRequest request;
    request.host = "127.0.0.1";
    moonwire::net::async_listen(
        loop, std::move(request),
        [&](const Failure&, std::shared_ptr<moonwire::net::TcpListener> opened) { listener = std::move(opened); });
    REQUIRE(run_until(loop, [&] { return listener != nullptr; }));
    return std::make_shared<TlsListener>(loop, std::move(listener),
                                         TlsListener::Options{server_context(), handshake_timeout, max_handshakes});
}

std::shared_ptr<moonwire::net::Operation> connect(Loop& loop, TlsListener& listener, std::optional<Outcome>& outcome,
                                                  std::optional<Duration> timeout = std::nullopt)
{
    moonwire::net::ConnectRequest request;
    request.host = "127.0.0.1";
    request.port = listener.local_endpoint().port();
    request.timeout = timeout;
    return moonwire::tls::async_connect(loop, std::move(request), {}, {client_context(), {}, nullptr, {}},
                                        into(outcome));
}

RawSocket silent_client(TlsListener& listener)
{
    RawSocket socket = RawSocket::tcp();
    REQUIRE(socket.connect(listener.local_endpoint()) == 0);
    return socket;
}

Outcome accept(Loop& loop, TlsListener& listener)
{
    std::optional<Outcome> outcome;
    listener.async_accept(std::nullopt, into(outcome));
    CHECK_FALSE(outcome.has_value());
    REQUIRE(run_until(loop, [&] { return outcome.has_value(); }));
    return *outcome;
}

}  // namespace

TEST_CASE("a client that stalls in its handshake holds nobody up")
{
    Loop loop(system_clock());
    const auto listener = listen(loop);
    std::vector<RawSocket> stalled;
    for (int i = 0; i < 5; ++i) {
        stalled.push_back(silent_client(*listener));
        stalled.back().send(std::string_view("\x16\x03\x01\x02", 4));
    }
    std::optional<Outcome> client;
    connect(loop, *listener, client);
    const Outcome accepted = accept(loop, *listener);
    REQUIRE(accepted.stream != nullptr);
    REQUIRE(run_until(loop, [&] { return client.has_value(); }));
    REQUIRE(client->stream != nullptr);
    CHECK(client->stream->info().verified);
    CHECK_FALSE(moonwire::test::write(*client->stream, "served"));
    CHECK(read(*accepted.stream, exactly(6)).data == "served");
    listener->close();
    loop.run_until_closed();
}

TEST_CASE("a flood of handshakes is bounded, and over in time")
{
    Loop loop(virtual_clock());
    const auto listener = listen(loop, 3, 5s);
    std::vector<RawSocket> stalled;
    for (int i = 0; i < 7; ++i) {
        stalled.push_back(silent_client(*listener));
    }
    std::optional<Outcome> client;
    connect(loop, *listener, client);
    const auto start = loop.now();
    std::vector<Duration> turned_away;
    std::shared_ptr<TlsStream> accepted;
    std::function<void()> accept_next = [&] {
        listener->async_accept(std::nullopt, [&](const Failure& failure, std::shared_ptr<TlsStream> stream) {
            if (stream == nullptr) {
                CHECK(failure.error == errc::timeout);
                CHECK_THAT(failure.message, Contains("TLS handshake with connection 127.0.0.1:"));
                turned_away.push_back(loop.now() - start);
                accept_next();
            }
            accepted = std::move(stream);
        });
    };
    accept_next();
    REQUIRE(run_until(loop, [&] { return accepted != nullptr; }));
    // Three at a time; the client shares the last round.
    CHECK(turned_away == std::vector<Duration>{5s, 5s, 5s, 10s, 10s, 10s});
    REQUIRE(run_until(loop, [&] { return client.has_value(); }));
    CHECK(client->stream != nullptr);
    listener->close();
    loop.run_until_closed();
}

TEST_CASE("clients that nobody accepts wait, no more than a listener takes")
{
    Loop loop(system_clock());
    const auto listener = listen(loop, 2);
    std::optional<Outcome> given_up;
    listener->async_accept(1ms, into(given_up));
    REQUIRE(run_until(loop, [&] { return given_up.has_value(); }));
    CHECK(given_up->failure.error == errc::timeout);
    CHECK(given_up->failure.message.empty());

    std::deque<std::optional<Outcome>> clients;
    for (int i = 0; i < 4; ++i) {
        connect(loop, *listener, clients.emplace_back());
    }
    const auto connected = [&] {
        return std::count_if(clients.begin(), clients.end(), [](const auto& client) { return client.has_value(); });
    };
    REQUIRE(run_until(loop, [&] { return connected() == 2; }));
    run_for(loop, 30ms);
    CHECK(connected() == 2);
    for (int i = 0; i < 4; ++i) {
        CHECK(accept(loop, *listener).stream != nullptr);
    }
    REQUIRE(run_until(loop, [&] { return connected() == 4; }));
    listener->close();
    loop.run_until_closed();
}

TEST_CASE("a client that is turned away is told to the one who accepts, the next one is served")
{
    Loop loop(system_clock());
    const auto listener = listen(loop);
    const RawSocket plain = silent_client(*listener);
    plain.send("GET / HTTP/1.0\r\n\r\n");
    const Outcome refused = accept(loop, *listener);
    CHECK(refused.stream == nullptr);
    CHECK(code_word(refused.failure.error) == "not_tls");
    CHECK_FALSE(refused.failure.message.empty());
    std::optional<Outcome> client;
    connect(loop, *listener, client);
    CHECK(accept(loop, *listener).stream != nullptr);
    listener->close();
    loop.run_until_closed();
}

TEST_CASE("an accept can be given up, the client is kept for the next")
{
    Loop loop(system_clock());
    const auto listener = listen(loop);
    std::optional<Outcome> given_up;
    listener->async_accept(std::nullopt, into(given_up));
    CHECK(listener->accepting());
    listener->cancel_accept();
    CHECK_FALSE(listener->accepting());
    REQUIRE(run_until(loop, [&] { return given_up.has_value(); }));
    CHECK(given_up->failure.error == errc::cancelled);
    std::optional<Outcome> client;
    connect(loop, *listener, client);
    REQUIRE(run_until(loop, [&] { return client.has_value(); }));
    CHECK(accept(loop, *listener).stream != nullptr);
    listener->close();
    loop.run_until_closed();
}

TEST_CASE("closing ends the accept and the handshakes under way")
{
    Loop loop(system_clock());
    auto listener = listen(loop);
    const RawSocket stalled = silent_client(*listener);
    std::optional<Outcome> outcome;
    listener->async_accept(std::nullopt, into(outcome));
    run_for(loop, 10ms);
    listener->close();
    listener->close();
    CHECK_FALSE(outcome.has_value());
    REQUIRE(run_until(loop, [&] { return outcome.has_value(); }));
    CHECK(outcome->failure.error == errc::closed);
    CHECK(outcome->failure.message.empty());
    char byte = 0;
    CHECK(::recv(stalled.get(), &byte, 1, 0) <= 0);
    outcome.reset();
    listener->async_accept(std::nullopt, into(outcome));
    REQUIRE(run_until(loop, [&] { return outcome.has_value(); }));
    CHECK(outcome->failure.error == errc::closed);
    const std::weak_ptr<TlsListener> gone = listener;
    listener.reset();
    CHECK(run_until(loop, [&] { return gone.expired(); }));
}

TEST_CASE("connecting: one time limit for TCP and TLS together, and it can be given up")
{
    Loop loop(virtual_clock());
    const RawSocket silent = RawSocket::tcp();
    silent.listen(loopback_v4());
    moonwire::net::ConnectRequest request;
    request.host = "127.0.0.1";
    request.port = silent.local_endpoint().port();
    request.timeout = 4s;
    const auto start = loop.now();
    std::optional<Outcome> outcome;
    const auto operation =
        moonwire::tls::async_connect(loop, request, {}, {client_context(), {}, nullptr, {}}, into(outcome));
    SECTION("in time")
    {
        REQUIRE(run_until(loop, [&] { return outcome.has_value(); }));
        CHECK(outcome->failure.error == errc::timeout);
        CHECK(loop.now() - start == 4s);
        CHECK_THAT(outcome->failure.message, Contains("TLS handshake with 127.0.0.1 on connection"));
    }
    SECTION("given up")
    {
        operation->cancel();
        REQUIRE(run_until(loop, [&] { return outcome.has_value(); }));
        CHECK(outcome->failure.error == errc::cancelled);
    }
}

TEST_CASE("connecting to where nobody listens")
{
    Loop loop(system_clock());
    const UnusedPort port;
    moonwire::net::ConnectRequest request;
    request.host = "127.0.0.1";
    request.port = port.port();
    std::optional<Outcome> outcome;
    moonwire::tls::async_connect(loop, request, {}, {client_context(), {}, nullptr, {}}, into(outcome));
    REQUIRE(run_until(loop, [&] { return outcome.has_value(); }));
    CHECK(code_word(outcome->failure.error) == "refused");
}

TEST_CASE("a loop may end with TLS clients being accepted")
{
    std::optional<Outcome> outcome;
    std::optional<Outcome> client;
    {
        Loop loop(system_clock());
        const auto listener = listen(loop);
        const RawSocket stalled = silent_client(*listener);
        const auto ready = listen(loop);
        connect(loop, *ready, client);
        std::optional<Outcome> given_up;
        ready->async_accept(1ms, into(given_up));
        REQUIRE(run_until(loop, [&] { return given_up && client; }));
        listener->async_accept(10s, into(outcome));
        run_for(loop, 5ms);
    }
    CHECK_FALSE(outcome.has_value());
}
