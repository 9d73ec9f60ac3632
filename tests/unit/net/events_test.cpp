// What the objects of host/net tell observers, and in which order.
#include "host/net/descriptor_stream.hpp"
#include "host/net/multicast.hpp"
#include "host/net/resolver.hpp"
#include "host/net/tcp_connect.hpp"
#include "host/net/tcp_listener.hpp"
#include "host/net/udp_open.hpp"
#include "host/net/udp_socket.hpp"

#include "tests/unit/net/support.hpp"
#include "tests/unit/observe/recorder.hpp"

#include <algorithm>
#include <functional>

using namespace moonwire;
using namespace moonwire::test;
using observe::Cause;
using observe::Direction;
using observe::Layer;
using Event = observe::Kind;

namespace {

/// A loop whose events are recorded.
struct Observed {
    explicit Observed(observe::Wishes wishes = {}) { loop.observers().add(recorder, wishes); }
    ~Observed() { loop.observers().remove(recorder); }

    loop::Loop loop{system_clock()};
    Recorder recorder;

    std::shared_ptr<net::TcpListener> listen()
    {
        std::shared_ptr<net::TcpListener> listener;
        net::ListenRequest request;
        request.host = "127.0.0.1";
        net::async_listen(loop, request, [&](const net::Failure& failure, std::shared_ptr<net::TcpListener> made) {
            CHECK_FALSE(failure.error);
            listener = std::move(made);
        });
        REQUIRE(run_until(loop, [&] { return listener != nullptr; }));
        return listener;
    }

    std::shared_ptr<net::TcpStream> connect(std::uint16_t port, net::Failure* failure = nullptr)
    {
        bool done = false;
        std::shared_ptr<net::TcpStream> stream;
        net::ConnectRequest request;
        request.host = "127.0.0.1";
        request.port = port;
        net::async_connect(loop, request, {}, [&](const net::Failure& why, std::shared_ptr<net::TcpStream> connected) {
            done = true;
            stream = std::move(connected);
            if (failure != nullptr) {
                *failure = why;
            }
        });
        REQUIRE(run_until(loop, [&] { return done; }));
        return stream;
    }

    std::shared_ptr<net::TcpStream> accept(net::TcpListener& listener)
    {
        std::shared_ptr<net::TcpStream> stream;
        listener.async_accept(std::nullopt, [&](const net::error_code&, std::shared_ptr<net::TcpStream> accepted) {
            stream = std::move(accepted);
        });
        REQUIRE(run_until(loop, [&] { return stream != nullptr; }));
        return stream;
    }

    void close(net::Stream& stream)
    {
        bool done = false;
        stream.async_close(std::nullopt, [&](const net::error_code&) { done = true; });
        REQUIRE(run_until(loop, [&] { return done; }));
    }

    bool is_closed(observe::ObjectId object)
    {
        return run_until(loop, [&] { return recorder.first(Layer::tcp, Event::closed, object) != nullptr; });
    }

    std::shared_ptr<net::UdpSocket> udp(const std::string& host = "127.0.0.1")
    {
        std::shared_ptr<net::UdpSocket> socket;
        net::UdpRequest request;
        request.host = host;
        net::async_bind_udp(loop, request, [&](const net::Failure&, std::shared_ptr<net::UdpSocket> made) {
            socket = std::move(made);
        });
        REQUIRE(run_until(loop, [&] { return socket != nullptr; }));
        return socket;
    }
};

net::UdpEndpoint udp_endpoint(const net::UdpSocket& socket)
{
    return socket.local_endpoint();
}

/// How far the system had come when an event was told.
class Witness final : public observe::Observer
{
public:
    std::function<void(const observe::Event&)> look;
    void on_event(const observe::Event& event) override { look(event); }
};

/// The state of the socket that has the local port, as the kernel's table of TCP shows it; "" if there is none.
bool anybody_listens(const observe::Address& local)
{
    const RawSocket client = RawSocket::tcp();
    return client.connect({boost::asio::ip::address_v4::loopback(), local.port}) == 0;
}

}  // namespace

TEST_CASE("events: a TCP connection, from both ends")
{
    Observed here;
    const auto listener = here.listen();
    const auto client = here.connect(listener->local_endpoint().port());
    const auto server = here.accept(*listener);

    write(*client, "hello");
    CHECK(read(*server, exactly(5)).data == "hello");
    write(*server, "good day");
    CHECK(read(*client, exactly(8)).data == "good day");
    here.close(*client);
    CHECK(read(*server, some()).error == net::errc::closed);
    here.close(*server);
    REQUIRE(here.is_closed(client->object()));
    REQUIRE(here.is_closed(server->object()));
    listener->close();

    const Recorder& told = here.recorder;
    CHECK(told.story(Layer::tcp, listener->object()) == "opened bound listening closed");
    CHECK(told.story(Layer::tcp, client->object()) ==
          "opened connecting bound connected sent received ended ended closed");
    CHECK(told.story(Layer::tcp, server->object()) == "accepted received sent ended ended closed");

    CHECK(told.bytes(Layer::tcp, Event::sent, client->object()) == "hello");
    CHECK(told.bytes(Layer::tcp, Event::received, server->object()) == "hello");
    const auto* sent = told.first(Layer::tcp, Event::sent, client->object());
    CHECK(sent->event.size == 5);
    CHECK(sent->event.direction == Direction::out);
    CHECK(to_string(sent->event.local) == net::to_string(client->local_endpoint()));
    CHECK(to_string(sent->event.remote) == net::to_string(client->peer_endpoint()));

    const auto* accepted = told.first(Layer::tcp, Event::accepted);
    CHECK(accepted->event.owner == listener->object());
    CHECK(to_string(accepted->event.remote) == net::to_string(client->local_endpoint()));
    CHECK(told.first(Layer::tcp, Event::opened, client->object())->text ==
          "connection to " + net::to_string(listener->local_endpoint()));

    // The client was the first to close, and both know.
    CHECK(told.first(Layer::tcp, Event::ended, client->object())->event.direction == Direction::out);
    CHECK(told.first(Layer::tcp, Event::ended, server->object())->event.direction == Direction::in);
    CHECK(told.first(Layer::tcp, Event::closed, client->object())->event.cause == Cause::us);
    CHECK(told.first(Layer::tcp, Event::closed, server->object())->event.cause == Cause::peer);

    // In the order of time.
    CHECK(std::is_sorted(told.records.begin(), told.records.end(),
                         [](const auto& a, const auto& b) { return a.event.time < b.event.time; }));
}

TEST_CASE("events: an address is announced before a packet can be on its way")
{
    Observed here;
    Witness witness;
    bool listened_when_bound = true;
    bool listened_when_listening = false;
    bool knocked_when_connecting = true;
    const RawSocket target = RawSocket::tcp(boost::asio::ip::tcp::v4(), SOCK_NONBLOCK);
    target.listen(loopback_v4());
    witness.look = [&](const observe::Event& event) {
        if (event.kind == Event::bound) {
            listened_when_bound = anybody_listens(event.local);
        } else if (event.kind == Event::listening) {
            listened_when_listening = anybody_listens(event.local);
        } else if (event.kind == Event::connecting) {
            CHECK(event.remote.port == target.local_endpoint().port());
            knocked_when_connecting = ::accept4(target.get(), nullptr, nullptr, SOCK_CLOEXEC) >= 0;
        }
    };
    here.loop.observers().add(witness);
    const auto listener = here.listen();
    const auto client = here.connect(target.local_endpoint().port());
    here.loop.observers().remove(witness);
    CHECK_FALSE(listened_when_bound);
    CHECK(listened_when_listening);
    CHECK_FALSE(knocked_when_connecting);
    CHECK(RawSocket(::accept4(target.get(), nullptr, nullptr, SOCK_CLOEXEC)).get() >= 0);
}

TEST_CASE("events: a datagram's destination is announced before it is sent")
{
    Observed here;
    const auto sender = here.udp();
    const auto receiver = here.udp();
    Witness witness;
    bool arrived = true;
    int announced = 0;
    witness.look = [&](const observe::Event& event) {
        if (event.kind == Event::destination) {
            ++announced;
            CHECK(event.remote.port == receiver->local_endpoint().port());
            char byte = 0;
            arrived = ::recv(receiver->native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0;
        }
    };
    here.loop.observers().add(witness);
    CHECK_FALSE(sender->try_send("one", udp_endpoint(*receiver)).error);
    CHECK_FALSE(sender->try_send("two", udp_endpoint(*receiver)).error);
    here.loop.observers().remove(witness);
    CHECK_FALSE(arrived);
    CHECK(announced == 1);
}

TEST_CASE("events: a connection that nobody takes")
{
    Observed here;
    const UnusedPort unused;
    net::Failure failure;
    CHECK(here.connect(unused.port(), &failure) == nullptr);
    CHECK(failure.error);
    CHECK(here.recorder.story(Layer::tcp) == "opened connecting bound failed closed");
    const auto* failed = here.recorder.first(Layer::tcp, Event::failed);
    CHECK(failed->event.error == ECONNREFUSED);
    CHECK(failed->text == "connection refused");
    CHECK(to_string(failed->event.remote) == net::to_string(unused.endpoint()));
    CHECK(here.recorder.first(Layer::tcp, Event::closed)->event.cause == Cause::error);
}

TEST_CASE("events: a client's own address is known before anything is answered, a socket to those who ask")
{
    Observed here({.sockets = true});
    const auto listener = here.listen();
    const auto client = here.connect(listener->local_endpoint().port());
    const auto server = here.accept(*listener);
    const Recorder& told = here.recorder;
    const auto* bound = told.first(Layer::tcp, Event::bound, client->object());
    REQUIRE(bound != nullptr);
    CHECK(to_string(bound->event.local) == net::to_string(client->local_endpoint()));
    CHECK(told.first(Layer::tcp, Event::socket, client->object())->event.result == client->native_handle());
    CHECK(told.first(Layer::tcp, Event::socket, server->object())->event.result == server->native_handle());
    here.close(*client);
    here.close(*server);
    REQUIRE(here.is_closed(client->object()));
    CHECK(told.story(Layer::tcp, client->object()) ==
          "opened connecting bound connected socket ended ended socket closed");
}

TEST_CASE("events: a peer that breaks the connection off")
{
    Observed here;
    const auto listener = here.listen();
    RawSocket client = RawSocket::tcp();
    REQUIRE(client.connect(listener->local_endpoint()) == 0);
    const auto server = here.accept(*listener);
    std::optional<ReadOutcome> outcome;
    start_read(*server, some(), outcome);
    client.reset();
    REQUIRE(run_until(here.loop, [&] { return outcome.has_value(); }));
    server->abort();
    REQUIRE(here.is_closed(server->object()));
    CHECK(here.recorder.story(Layer::tcp, server->object()) == "accepted failed closed");
    CHECK(here.recorder.first(Layer::tcp, Event::failed, server->object())->event.error == ECONNRESET);
    CHECK(here.recorder.first(Layer::tcp, Event::closed, server->object())->event.cause == Cause::reset);
}

TEST_CASE("events: this side breaks the connection off")
{
    Observed here;
    const auto listener = here.listen();
    const auto client = here.connect(listener->local_endpoint().port());
    client->abort();
    const auto* closed = here.recorder.first(Layer::tcp, Event::closed, client->object());
    REQUIRE(closed != nullptr);
    CHECK(closed->event.cause == Cause::us);
    CHECK(closed->text == "aborted");
}

TEST_CASE("events: what is sent in several pieces, and what is long, is told in full size")
{
    Observed here;
    auto [near, raw] = stream_and_raw(here.loop);
    const std::string large = sample_bytes(40'000);
    const std::array<std::string_view, 2> pieces{"head:", large};
    CHECK_FALSE(near->write(pieces));
    const auto* sent = here.recorder.first(Layer::tcp, Event::sent);
    REQUIRE(sent != nullptr);
    CHECK(sent->event.size == 40'005);
    REQUIRE(sent->content.size() >= 1024);
    CHECK(sent->content == ("head:" + large).substr(0, sent->content.size()));
}

TEST_CASE("events: system calls are told to those only who ask, and counted always")
{
    for (const bool asks : {false, true}) {
        Observed here({.calls = asks});
        auto [near, raw] = stream_and_raw(here.loop);
        write(*near, "ping");
        raw.send("pong");
        CHECK(read(*near, exactly(4)).data == "pong");
        CHECK(near->system_calls().send == 1);
        CHECK(near->system_calls().receive >= 1);
        CHECK(near->system_calls().receive <= 2);
        const auto calls = [&](std::string_view name) {
            return std::count_if(here.recorder.records.begin(), here.recorder.records.end(), [&](const auto& record) {
                return record.event.kind == Event::call && record.text == name;
            });
        };
        CHECK(calls("send") == (asks ? 1 : 0));
        CHECK(calls("recv") == (asks ? static_cast<std::ptrdiff_t>(near->system_calls().receive) : 0));
        CHECK((calls("epoll_wait") > 0) == asks);
    }
}

TEST_CASE("events: a name that is looked up")
{
    Observed here;
    bool done = false;
    SECTION("by itself")
    {
        net::async_resolve(here.loop, "localhost", 0, net::Family::ipv4,
                           [&](const net::error_code&, const std::vector<net::TcpEndpoint>&) { done = true; });
        REQUIRE(run_until(here.loop, [&] { return done; }));
        CHECK(here.recorder.story(Layer::dns) == "opened resolving resolved closed");
        CHECK(here.recorder.first(Layer::dns, Event::resolving)->text == "localhost");
        CHECK(here.recorder.first(Layer::dns, Event::resolved)->text == "127.0.0.1");
    }
    SECTION("for a connection")
    {
        const UnusedPort unused;
        net::ConnectRequest request;
        request.host = "localhost";
        request.port = unused.port();
        request.family = net::Family::ipv4;
        net::async_connect(here.loop, request, {},
                           [&](const net::Failure&, const std::shared_ptr<net::TcpStream>&) { done = true; });
        REQUIRE(run_until(here.loop, [&] { return done; }));
        CHECK(here.recorder.story(Layer::dns) == "resolving resolved");
        CHECK(here.recorder.first(Layer::dns, Event::resolved)->event.object ==
              here.recorder.first(Layer::tcp, Event::opened)->event.object);
    }
    SECTION("a number is none")
    {
        net::async_resolve(here.loop, "::1", 0, net::Family::any,
                           [&](const net::error_code&, const std::vector<net::TcpEndpoint>&) { done = true; });
        REQUIRE(run_until(here.loop, [&] { return done; }));
        CHECK(here.recorder.records.empty());
    }
}

TEST_CASE("events: datagrams, one by one and in batches")
{
    Observed here({.calls = true});
    const auto asker = here.udp();
    const auto answerer = here.udp();
    CHECK_FALSE(asker->try_send("first", udp_endpoint(*answerer)).error);
    CHECK_FALSE(asker->try_send("second", udp_endpoint(*answerer)).error);
    std::vector<std::string> heard;
    while (const auto received = answerer->try_receive(true)) {
        heard.emplace_back(received->datagram.payload);
        answerer->try_send("re: " + heard.back(), received->datagram.sender);  // these are collected
    }
    answerer->end_of_turn();
    REQUIRE(heard.size() == 2);
    while (asker->try_receive(true)) {
    }
    const Recorder& told = here.recorder;
    CHECK(told.story(Layer::udp, asker->object()) == "opened bound destination sent sent received received");
    CHECK(told.story(Layer::udp, answerer->object()) == "opened bound received destination received sent sent");
    CHECK(told.bytes(Layer::udp, Event::sent, answerer->object()) == "re: firstre: second");
    CHECK(told.bytes(Layer::udp, Event::received, asker->object()) == "re: firstre: second");
    const auto* received = told.first(Layer::udp, Event::received, asker->object());
    CHECK(to_string(received->event.remote) == net::to_string(answerer->local_endpoint()));
    CHECK(received->event.size == 9);

    // Two calls for the two that left at once, one for the two that were collected.
    CHECK(asker->system_calls().send == 2);
    CHECK(answerer->system_calls().send == 1);
    asker->close();
    CHECK(told.story(Layer::udp, asker->object()).ends_with(" closed"));
}

TEST_CASE("events: a connected UDP socket, and a peer that is not there")
{
    Observed here;
    const UnusedPort unused;  // of TCP, and by chance hardly one of UDP
    std::shared_ptr<net::UdpSocket> socket;
    net::UdpRequest request;
    request.host = "127.0.0.1";
    request.port = unused.port();
    net::async_connect_udp(
        here.loop, request, std::nullopt,
        [&](const net::Failure&, std::shared_ptr<net::UdpSocket> made) { socket = std::move(made); });
    REQUIRE(run_until(here.loop, [&] { return socket != nullptr; }));
    CHECK_FALSE(socket->try_send("anybody there?").error);
    REQUIRE(run_until(here.loop, [&] { return here.recorder.first(Layer::udp, Event::failed) != nullptr; }));
    CHECK(here.recorder.story(Layer::udp, socket->object()) == "opened bound connecting connected sent failed");
    CHECK(here.recorder.first(Layer::udp, Event::failed)->event.error == ECONNREFUSED);
}

TEST_CASE("events: groups that a socket joins and leaves")
{
    Observed here;
    const auto socket = here.udp();
    net::Membership membership;
    membership.group = boost::asio::ip::make_address("239.1.2.3");
    membership.interface_index = 1;  // lo
    const auto joined = net::join_group(*socket, membership);
    REQUIRE(joined.message.empty());
    REQUIRE(net::leave_group(*socket, membership).message.empty());
    CHECK(here.recorder.story(Layer::udp) == "opened bound joined left");
    CHECK(observe::host_of(here.recorder.first(Layer::udp, Event::joined)->event.remote) == "239.1.2.3");
}

TEST_CASE("events: a pipe that is somebody's, and standard input, which is nobody's")
{
    Observed here;
    for (const observe::ObjectId object : {observe::ObjectId{0}, here.loop.new_object()}) {
        here.recorder.records.clear();
        int ends[2] = {-1, -1};
        REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
        auto stream = std::make_shared<net::DescriptorStream>(here.loop, ends[0], "pipe", object);
        REQUIRE(::write(ends[1], "hello", 5) == 5);
        CHECK(read(*stream, exactly(5)).data == "hello");
        ::close(ends[1]);
        CHECK(read(*stream, some()).error == net::errc::closed);
        stream->abort();
        stream.reset();
        run_for(here.loop, 5ms);
        CHECK(here.recorder.story(Layer::pipe) == (object == 0 ? "" : "received ended closed"));
    }
}

TEST_CASE("events: an object that goes with its loop has an end, too")
{
    Recorder recorder;
    observe::ObjectId object = 0;
    {
        loop::Loop loop(system_clock());
        loop.observers().add(recorder);
        auto [near, raw] = stream_and_raw(loop);
        object = near->object();
        near->async_read(some(), std::nullopt, [near = near](const net::ReadResult&) {});
    }
    CHECK(recorder.story(Layer::tcp, object) == "closed");
}
