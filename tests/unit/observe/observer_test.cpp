#include "host/observe/observer.hpp"

#include "tests/unit/observe/recorder.hpp"

#include <catch2/catch.hpp>

#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

using namespace moonwire::observe;
using moonwire::test::Recorder;

namespace {

Address v4(std::uint8_t last, std::uint16_t port)
{
    Address address;
    address.version = 4;
    address.bytes = {127, 0, 0, last};
    address.port = port;
    return address;
}

}  // namespace

TEST_CASE("observe: addresses of both versions are told apart and written as people do")
{
    sockaddr_in four{};
    four.sin_family = AF_INET;
    four.sin_port = htons(5003);
    four.sin_addr.s_addr = htonl(0x7f000001);
    const auto* as_address = reinterpret_cast<const sockaddr*>(&four);
    CHECK(to_string(Address::of(as_address)) == "127.0.0.1:5003");
    CHECK(host_of(Address::of(as_address)) == "127.0.0.1");

    sockaddr_in6 six{};
    six.sin6_family = AF_INET6;
    six.sin6_port = htons(443);
    six.sin6_addr = in6addr_loopback;
    const auto* as_six = reinterpret_cast<const sockaddr*>(&six);
    CHECK(to_string(Address::of(as_six)) == "[::1]:443");

    six.sin6_addr.s6_addr[15] = 0;
    six.sin6_addr.s6_addr[0] = 0xfe;
    six.sin6_addr.s6_addr[1] = 0x80;
    six.sin6_scope_id = 2;
    CHECK(to_string(Address::of(as_six)) == "[fe80::%2]:443");

    // As a dual-stack socket sees 127.0.0.1.
    six.sin6_addr = in6_addr{};
    six.sin6_addr.s6_addr[10] = six.sin6_addr.s6_addr[11] = 0xff;
    six.sin6_addr.s6_addr[12] = 127;
    six.sin6_addr.s6_addr[15] = 1;
    CHECK(to_string(Address::of(as_six)) == "127.0.0.1:443");

    sockaddr other{};
    other.sa_family = AF_UNIX;
    CHECK_FALSE(Address::of(&other));
    CHECK(to_string(Address::of(&other)).empty());
}

TEST_CASE("observe: every kind has a name of its own")
{
    std::string seen = " ";
    for (int kind = 0; kind <= static_cast<int>(Kind::secret); ++kind) {
        const std::string name = " " + std::string(name_of(static_cast<Kind>(kind))) + " ";
        CHECK(name.size() > 4);
        CHECK(seen.find(name) == std::string::npos);
        seen += name;
    }
    CHECK(name_of(Kind::closed) == "closed");
    CHECK(name_of(Kind::destination) == "destination");
    CHECK(name_of(Layer::websocket) == "websocket");
    CHECK(name_of(Cause::timeout) == "timeout");
}

TEST_CASE("observe: what is known of an object stands in its later events")
{
    VirtualClock clock;
    Observers observers(clock);
    Recorder recorder;
    observers.add(recorder);
    std::string role = "client";
    observers.set_role_source([&] { return std::string_view(role); });

    observers.tell({.kind = Kind::opened, .layer = Layer::tcp, .object = 1});
    role = "somebody else";
    clock.advance_to(TimePoint(std::chrono::seconds(1)));
    observers.tell({.kind = Kind::connecting, .layer = Layer::tcp, .object = 1, .remote = v4(1, 5003)});
    observers.tell(
        {.kind = Kind::connected, .layer = Layer::tcp, .object = 1, .local = v4(1, 40000), .remote = v4(1, 5003)});
    observers.tell({.kind = Kind::sent, .layer = Layer::tcp, .object = 1, .size = 5, .content = "hello"});

    const Recorder::Record& sent = recorder.records.back();
    CHECK(sent.role == "client");
    CHECK(sent.content == "hello");
    CHECK(to_string(sent.event.local) == "127.0.0.1:40000");
    CHECK(to_string(sent.event.remote) == "127.0.0.1:5003");
    CHECK(sent.event.time == TimePoint(std::chrono::seconds(1)));
    CHECK_FALSE(sent.event.carries);
}

TEST_CASE("observe: what is accepted belongs to the listener's role, what is carried to its transport's")
{
    VirtualClock clock;
    Observers observers(clock);
    Recorder recorder;
    observers.add(recorder);
    std::string role = "server";
    observers.set_role_source([&] { return std::string_view(role); });
    observers.tell({.kind = Kind::opened, .layer = Layer::tcp, .object = 1});
    role.clear();  // no task runs when a client comes
    observers.tell({.kind = Kind::accepted,
                    .layer = Layer::tcp,
                    .object = 2,
                    .owner = 1,
                    .local = v4(1, 5003),
                    .remote = v4(1, 40000)});
    observers.tell({.kind = Kind::sent, .layer = Layer::tcp, .object = 2});
    CHECK(recorder.records.back().event.owner == 1);
    CHECK(detail_of(recorder.records.back().event) == Detail::messages);

    observers.tell({.kind = Kind::opened, .layer = Layer::tls, .object = 3, .owner = 2});
    observers.tell({.kind = Kind::sent, .layer = Layer::tls, .object = 3});
    CHECK(recorder.records.back().role == "server");
    CHECK(to_string(recorder.records.back().event.remote) == "127.0.0.1:40000");
    CHECK(detail_of(recorder.records.back().event) == Detail::messages);

    // From now on the connection's bytes are TLS's, and of interest to those only who look closer.
    observers.tell({.kind = Kind::sent, .layer = Layer::tcp, .object = 2});
    CHECK(recorder.records.back().event.carries);
    CHECK(detail_of(recorder.records.back().event) == Detail::packets);

    // The listener carries nothing.
    observers.tell({.kind = Kind::closed, .layer = Layer::tcp, .object = 1});
    CHECK_FALSE(recorder.records.back().event.carries);
}

TEST_CASE("observe: HTTP is told under its stream's number")
{
    VirtualClock clock;
    Observers observers(clock);
    Recorder recorder;
    observers.add(recorder);
    observers.tell({.kind = Kind::opened, .layer = Layer::tcp, .object = 7, .text = "connection"});
    observers.tell({.kind = Kind::opened, .layer = Layer::http, .object = 7});
    observers.tell({.kind = Kind::opened, .layer = Layer::http, .object = 7});  // the next request
    CHECK(recorder.story(Layer::http) == "opened");
    observers.tell({.kind = Kind::received, .layer = Layer::http, .object = 7});
    CHECK(detail_of(recorder.records.back().event) == Detail::messages);
    observers.tell({.kind = Kind::received, .layer = Layer::tcp, .object = 7});
    CHECK(detail_of(recorder.records.back().event) == Detail::packets);
}

TEST_CASE("observe: several observers, each with its wishes")
{
    VirtualClock clock;
    Observers observers(clock);
    Recorder plain;
    Recorder curious;
    CHECK(observers.empty());
    observers.add(plain);
    CHECK_FALSE(observers.empty());
    CHECK_FALSE(observers.wants_calls());
    observers.add(curious, {.calls = true, .secrets = true});
    CHECK(observers.wants_calls());
    CHECK(observers.wants_secrets());

    observers.tell({.kind = Kind::opened, .layer = Layer::tcp, .object = 1});
    errno = EAGAIN;
    observers.tell_call(Layer::tcp, 1, "recv", -1);
    CHECK(errno == EAGAIN);
    observers.tell({.kind = Kind::secret, .layer = Layer::tls, .object = 1, .text = "CLIENT_RANDOM"});
    CHECK_FALSE(observers.wants_sockets());
    observers.tell({.kind = Kind::socket, .layer = Layer::tcp, .object = 1, .result = 7});
    CHECK(plain.records.size() == 1);
    REQUIRE(curious.records.size() == 3);
    CHECK(curious.records[1].text == "recv");
    CHECK(curious.records[1].event.result == -1);
    CHECK(curious.records[1].event.error == EAGAIN);

    observers.remove(curious);
    CHECK_FALSE(observers.wants_calls());
    CHECK_FALSE(observers.wants_secrets());
    observers.tell({.kind = Kind::closed, .layer = Layer::tcp, .object = 1, .text = "bye"});
    CHECK(plain.records.size() == 2);
    CHECK(curious.records.size() == 3);
    observers.remove(plain);
    CHECK(observers.empty());
}

TEST_CASE("observe: a closed object is forgotten")
{
    VirtualClock clock;
    Observers observers(clock);
    Recorder recorder;
    observers.add(recorder);
    observers.tell({.kind = Kind::opened, .layer = Layer::tcp, .object = 1});
    observers.tell({.kind = Kind::connecting, .layer = Layer::tcp, .object = 1, .remote = v4(1, 9)});
    observers.tell({.kind = Kind::closed, .layer = Layer::tcp, .cause = Cause::us, .object = 1});
    CHECK(recorder.records.back().event.remote);
    observers.tell({.kind = Kind::sent, .layer = Layer::tcp, .object = 1});
    CHECK_FALSE(recorder.records.back().event.remote);
}
