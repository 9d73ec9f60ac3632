// What is told observers of HTTP.
#include "host/http/events.hpp"
#include "host/http/read_message.hpp"

#include "tests/unit/net/support.hpp"
#include "tests/unit/observe/recorder.hpp"

using namespace moonwire;
using namespace moonwire::test;
using observe::Layer;
using Event = observe::Kind;

TEST_CASE("HTTP events: requests and answers on one connection")
{
    loop::Loop loop(system_clock());
    Recorder told;
    loop.observers().add(told);
    auto [client, server] = stream_pair(loop);
    int requests = 0;
    const auto read_request = [&, &to = server] {
        http::async_read_request(to, {}, [&](const http::Read<true>& read) {
            CHECK_FALSE(read.failure.error);
            ++requests;
        });
    };
    read_request();
    write(*client, "POST /form?a=1 HTTP/1.1\r\nHost: here\r\nContent-Length: 5\r\n\r\nhello");
    REQUIRE(run_until(loop, [&] { return requests == 1; }));
    read_request();
    write(*client, "GET / HTTP/1.1\r\nHost: here\r\n\r\n");
    REQUIRE(run_until(loop, [&] { return requests == 2; }));
    CHECK(told.story(Layer::http, server->object()) == "received received");  // it was made before it was observed
    const auto* post = told.first(Layer::http, Event::received);
    CHECK(post->text == "POST /form?a=1");
    CHECK(post->content == "hello");
    CHECK(post->event.size == 5);

    http::tell_sent(*client, "GET /x HTTP/1.1\r\nHost: here\r\n\r\n", "");
    CHECK(told.first(Layer::http, Event::sent)->text == "GET /x");
    http::tell_sent(*server, "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n", "no");
    CHECK(told.records.back().text == "404 Not Found");
    CHECK(told.records.back().content == "no");
    loop.observers().remove(told);
}

TEST_CASE("HTTP events: an answer")
{
    loop::Loop loop(system_clock());
    Recorder told;
    loop.observers().add(told);
    auto [client, server] = stream_pair(loop);
    bool done = false;
    http::async_read_response(client, {}, [&](const http::Read<false>&) { done = true; });
    write(*server, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    REQUIRE(run_until(loop, [&] { return done; }));
    const auto* answer = told.first(Layer::http, Event::received);
    REQUIRE(answer != nullptr);
    CHECK(answer->text == "200 OK");
    CHECK(answer->content == "ok");
    loop.observers().remove(told);
}
