#include "host/websocket/connection.hpp"

#include "tests/unit/websocket/support.hpp"

using namespace moonwire::test;
using moonwire::loop::Loop;
using moonwire::websocket::Incoming;
using moonwire::websocket::Options;
namespace net = moonwire::net;

TEST_CASE("a WebSocket message that has arrived is received at once, else it is waited for")
{
    for (const Role role : {Role::server, Role::client}) {
        Loop loop(system_clock());
        const Played played(loop, role);
        CHECK_FALSE(played.connection->try_receive());
        played.arrive(1, "first");
        played.arrive(2, "second");
        CHECK(received_now(*played.connection) == Gots{text("first"), binary("second")});

        Gots all;
        played.connection->async_receive(std::nullopt, [&](const Incoming& incoming) { all.push_back(got(incoming)); });
        CHECK(played.connection->receiving());
        settle(loop);
        CHECK(all.empty());
        played.arrive(1, "third");
        CHECK(all == Gots{text("third")});
        CHECK_FALSE(played.connection->receiving());
        played.arrive(1, "fourth");
        CHECK(all.size() == 1);
        CHECK(received_now(*played.connection) == Gots{text("fourth")});
    }
}

TEST_CASE("all WebSocket messages of one read are received in order, by one wait after the other or at once")
{
    Loop loop(system_clock());
    const Played played(loop);
    std::string bytes;
    Gots expected;
    for (int i = 0; i < 1000; ++i) {
        bytes += wire_from(Role::client, 1, std::to_string(i));
        expected.push_back(text(std::to_string(i)));
    }
    Gots all;
    const std::function<void()> receive = [&] {
        played.connection->async_receive(std::nullopt, [&](const Incoming& incoming) {
            all.push_back(got(incoming));
            receive();
        });
    };
    SECTION("by waits and at once")
    {
        keep_receiving(played.connection, all);
        played.stream->arrive(bytes);
        settle(loop);
    }
    SECTION("by waits only")
    {
        receive();
        played.stream->arrive(bytes);
        settle(loop);
    }
    SECTION("a few by waits, and then at once")
    {
        played.connection->async_receive(std::nullopt, [&](const Incoming& incoming) {
            all.push_back(got(incoming));
            all.push_back(got(played.connection->try_receive().value()));
        });
        played.stream->arrive(bytes);
        settle(loop);
        for (const Got& more : received_now(*played.connection)) {
            all.push_back(more);
        }
    }
    SECTION("at once only")
    {
        played.stream->arrive(bytes);
        settle(loop);
        all = received_now(*played.connection);
    }
    SECTION("cut anywhere")
    {
        keep_receiving(played.connection, all);
        for (std::string_view rest = bytes; !rest.empty(); rest.remove_prefix(std::min<std::size_t>(7, rest.size()))) {
            played.stream->arrive(rest.substr(0, 7));
            settle(loop);
        }
    }
    CHECK((all == expected));
    played.stream->arrive_end();
    settle(loop);
}

TEST_CASE("whole messages can be taken where they have arrived, and all others are left to a receive")
{
    constexpr std::size_t longest = 100;
    struct Case {
        std::string name;
        std::string bytes;  // between two messages
        Gots expected;
    };
    const auto frame = [](unsigned opcode, std::string_view payload, bool fin = true) {
        return wire_from(Role::client, opcode, payload, fin);
    };
    const std::string just_short(longest, 's');
    const std::string too_long(longest + 1, 'l');
    const Case cases[] = {
        {"another one", frame(2, just_short), {binary(just_short)}},
        {"an empty one", frame(1, ""), {text("")}},
        {"a long one", frame(1, too_long), {text(too_long)}},
        {"fragments", frame(1, "frag", false) + frame(0, "ments"), {text("fragments")}},
        {"a ping", frame(9, "ping"), {}},
        {"a message with a ping within", frame(1, "fr", false) + frame(9, "ping") + frame(0, "ag"), {text("frag")}},
    };
    for (const Case& one : cases) {
        INFO(one.name);
        Loop loop(system_clock());
        const Played played(loop);
        Connection& connection = *played.connection;
        Gots all;
        const auto take = [&] {
            while (const auto incoming = connection.take_arrived(longest)) {
                all.push_back(got(*incoming));
                CHECK(incoming->data.size() <= longest);
            }
        };
        const std::function<void()> receive = [&] {
            connection.async_receive(std::nullopt, [&](const Incoming& incoming) {
                all.push_back(got(incoming));
                take();
                receive();
            });
        };
        receive();
        played.stream->arrive(frame(1, "first") + frame(1, "second") + one.bytes + frame(1, "last"));
        settle(loop);
        Gots expected{text("first"), text("second")};
        expected.insert(expected.end(), one.expected.begin(), one.expected.end());
        expected.push_back(text("last"));
        CHECK(all == expected);
        CHECK(connection.statistics().messages_received == expected.size());
        CHECK_FALSE(connection.take_arrived(longest));
    }
}

TEST_CASE("text that is not UTF-8 is no message, whoever takes it, and ends the connection")
{
    Loop loop(system_clock());
    const Played played(loop);
    Gots all;
    played.connection->async_receive(std::nullopt, [&](const Incoming& incoming) {
        all.push_back(got(incoming));
        CHECK_FALSE(played.connection->take_arrived(100));
        keep_receiving(played.connection, all);
    });
    played.stream->arrive(wire_from(Role::client, 1, "good") + wire_from(Role::client, 1, "\xff"));
    settle(loop);
    CHECK(all == Gots{text("good"), failure(moonwire::websocket::errc::invalid_utf8)});
}

TEST_CASE("while nobody receives, a WebSocket connection keeps some messages and then reads no more")
{
    for (const std::size_t size : {std::size_t{0}, std::size_t{100}, std::size_t{10'000}, std::size_t{200'000}}) {
        CAPTURE(size);
        Loop loop(system_clock());
        const Played played(loop);
        const std::size_t count = 4'000'000 / (size + 40);
        std::string bytes;
        Gots expected;
        for (std::size_t i = 0; i < count; ++i) {
            const std::string data = std::string(size, 'd') + std::to_string(i);
            bytes += wire_from(Role::client, 2, data);
            expected.push_back(binary(data));
        }
        const std::size_t before = allocated_bytes();
        played.stream->arrive(bytes);
        settle(loop);
        const std::size_t left = played.stream->not_read();
        CHECK(left > bytes.size() / 2);
        settle(loop);
        CHECK(played.stream->not_read() == left);
        CHECK(allocated_bytes() < before + bytes.size() + (1 << 20));

        Gots all;
        while (all.size() < expected.size()) {
            const Gots more = received_now(*played.connection);
            REQUIRE_FALSE(more.empty());
            all.insert(all.end(), more.begin(), more.end());
            settle(loop);
        }
        CHECK((all == expected));
        CHECK(played.connection->statistics().messages_received == count);
    }
}

TEST_CASE("a WebSocket connection reads on as soon as some of what it has kept is taken")
{
    Loop loop(system_clock());
    const Played played(loop);
    const std::string data(1000, 'd');
    std::string bytes;
    for (int i = 0; i < 1000; ++i) {
        bytes += wire_from(Role::client, 2, data);
    }
    played.stream->arrive(bytes);
    played.stream->arrive(wire_from(Role::client, 9, "are you there?"));
    settle(loop);
    std::size_t left = played.stream->not_read();
    REQUIRE(left > 0);
    int taken = 0;
    for (; played.stream->not_read() == left && taken < 1000; ++taken) {
        REQUIRE(played.connection->try_receive());
        settle(loop);
    }
    CHECK(taken < 200);  // of the 250 that it keeps
    // It never keeps much more than before, and in the end finds the ping behind it all.
    while (taken < 990) {
        REQUIRE(played.connection->try_receive());
        ++taken;
        settle(loop);
    }
    CHECK(played.sent() == std::vector{frame_from(Role::server, 10, "are you there?")});
    CHECK(received_now(*played.connection) == Gots(10, binary(data)));
}

TEST_CASE("pings are answered with their payload, while nobody receives and while somebody does")
{
    for (const Role role : {Role::server, Role::client}) {
        Loop loop(system_clock());
        const Played played(loop, role);
        played.arrive(9, "one");
        played.arrive(9, "");
        CHECK_FALSE(played.connection->try_receive());
        played.connection->async_receive(std::nullopt, [](const Incoming&) { FAIL("nothing was sent"); });
        played.arrive(9, std::string(125, 'x'));
        auto frames = played.sent();
        REQUIRE(frames.size() == 3);
        CHECK(frames[0].key.has_value() == (role == Role::client));
        for (WireFrame& frame : frames) {
            frame.key.reset();
        }
        CHECK(frames[0] == frame_from(Role::server, 10, "one"));
        CHECK(frames[1] == frame_from(Role::server, 10, ""));
        CHECK(frames[2] == frame_from(Role::server, 10, std::string(125, 'x')));
        CHECK(played.connection->statistics().pings_received == 3);
    }
}

TEST_CASE("pings and pongs are told to who asks for them, in order with the messages")
{
    Loop loop(system_clock());
    const Played played(loop);
    played.connection->tell_control_frames(true);
    played.stream->arrive(wire_from(Role::client, 1, "a") + wire_from(Role::client, 9, "ping") +
                          wire_from(Role::client, 10, "pong") + wire_from(Role::client, 1, "b"));
    settle(loop);
    CHECK(received_now(*played.connection) ==
          Gots{text("a"), {Incoming::Kind::ping, "ping", {}}, {Incoming::Kind::pong, "pong", {}}, text("b")});
    CHECK(played.sent() == std::vector{frame_from(Role::server, 10, "ping")});
}

TEST_CASE("a peer that pings without end and does not read costs bounded memory")
{
    Loop loop(system_clock());
    const Played played(loop);
    played.stream->set_room(0);
    std::string pings;
    for (int i = 0; i < 1000; ++i) {
        pings += wire_from(Role::client, 9, std::string(125, 'p'));
    }
    const std::size_t before = allocated_bytes();
    for (int i = 0; i < 30; ++i) {
        played.stream->arrive(pings);
        settle(loop);
        REQUIRE(played.stream->not_read() == 0);
    }
    CHECK(played.connection->statistics().pings_received == 30'000);
    CHECK(played.stream->queued() <= net::Stream::high_water_mark + 200);
    CHECK(allocated_bytes() < before + 3 * net::Stream::high_water_mark);

    // When it reads, it finds the answer to the last.
    played.arrive(9, "the last");
    played.stream->set_room(SIZE_MAX);
    const auto frames = played.sent();
    CHECK(frames.size() < 3000);
    CHECK(frames.back() == frame_from(Role::server, 10, "the last"));
    played.arrive(9, "again");
    CHECK(played.sent() == std::vector{frame_from(Role::server, 10, "again")});
}

TEST_CASE("who receives may ask for a time limit, and after it for the next message")
{
    Loop loop(virtual_clock());
    const Played played(loop, Role::server, [] {
        Options options;
        options.keep_alive = 0s;
        return options;
    }());
    Gots all;
    const auto receive = [&](std::optional<Duration> timeout) {
        played.connection->async_receive(timeout, [&](const Incoming& incoming) { all.push_back(got(incoming)); });
    };
    receive(2s);
    pass(loop, 1999ms);
    CHECK(all.empty());
    pass(loop, 1ms);
    CHECK(all == Gots{failure(net::errc::timeout)});
    CHECK_FALSE(played.connection->ended());
    receive(5s);
    played.arrive(1, "in time");
    receive(std::nullopt);
    pass(loop, 3600s);
    CHECK(all == Gots{failure(net::errc::timeout), text("in time")});
    played.arrive(1, "more");
    CHECK(all.back() == text("more"));
}

TEST_CASE("a receive that is cancelled leaves what arrives to the next one")
{
    Loop loop(system_clock());
    const Played played(loop);
    Gots first;
    Gots second;
    const auto receive_into = [&](Gots& all) {
        played.connection->async_receive(std::nullopt,
                                         [&all](const Incoming& incoming) { all.push_back(got(incoming)); });
    };
    receive_into(first);
    played.connection->cancel_receive();
    CHECK(first.empty());  // never from within
    CHECK_FALSE(played.connection->receiving());
    receive_into(second);
    played.connection->cancel_receive();
    settle(loop);
    CHECK(first == Gots{failure(net::errc::cancelled)});
    CHECK(second == Gots{failure(net::errc::cancelled)});

    // Cancelled when it is already on its way.
    first.clear();
    second.clear();
    receive_into(first);
    played.stream->arrive(wire_from(Role::client, 1, "a"));
    loop.post([&] {
        played.connection->cancel_receive();
        receive_into(second);
    });
    settle(loop);
    CHECK(first.size() == 1);
    if (first == Gots{text("a")}) {
        CHECK(second.empty());
    } else {
        CHECK(second == Gots{text("a")});
    }
    played.connection->cancel_receive();
    played.connection->cancel_receive();  // nothing to cancel
    settle(loop);
}

TEST_CASE("what came along with the opening handshake is received")
{
    Loop loop(system_clock());
    const auto stream = std::make_shared<MemoryStream>(loop);
    std::optional<ReadOutcome> head;
    start_read(*stream, until("\r\n\r\n"), head);
    stream->arrive("HTTP\r\n\r\n" + wire_from(Role::client, 1, "early") +
                   wire_from(Role::client, 1, "later").substr(0, 8));
    settle(loop);
    REQUIRE(head);
    const auto connection =
        std::make_shared<Connection>(stream, Role::server, std::make_shared<Options>(), std::nullopt);
    connection->start();
    settle(loop);
    CHECK(received_now(*connection) == Gots{text("early")});
    stream->arrive(wire_from(Role::client, 1, "later").substr(8));
    settle(loop);
    CHECK(received_now(*connection) == Gots{text("later")});
}
