#include "host/tls/tls_stream.hpp"

#include "host/tls/handshake.hpp"
#include "host/tls/protocol_error.hpp"
#include "tests/unit/net/support.hpp"
#include "tests/unit/tls/connection_support.hpp"

#include <string>
#include <vector>

using Catch::Matchers::Contains;
using namespace moonwire::test;
using moonwire::loop::Loop;
using moonwire::net::code_word;
using moonwire::net::errc;
using moonwire::net::error_code;
using moonwire::net::Stream;
using moonwire::tls::HandshakeRequest;
using moonwire::tls::TlsStream;

namespace {

struct Handshaken {
    moonwire::net::Failure failure;
    std::shared_ptr<TlsStream> stream;
};
using Outcome = std::optional<Handshaken>;

std::shared_ptr<moonwire::net::Operation> start_handshake(std::shared_ptr<Stream> transport, HandshakeRequest request,
                                                          Outcome& outcome)
{
    return moonwire::tls::async_handshake(
        std::move(transport), std::move(request),
        [&outcome](moonwire::net::Failure failure, std::shared_ptr<TlsStream> stream) {
            REQUIRE_FALSE(outcome.has_value());
            outcome = Handshaken{std::move(failure), std::move(stream)};
        });
}

HandshakeRequest as_client(ContextPointer context = client_context(), std::optional<Duration> timeout = std::nullopt)
{
    return {std::move(context), "localhost", nullptr, timeout};
}

HandshakeRequest as_server(ContextPointer context = server_context(), std::optional<Duration> timeout = std::nullopt)
{
    return {std::move(context), {}, nullptr, timeout};
}

struct SecurePair {
    std::shared_ptr<TlsStream> near;  // the client
    std::shared_ptr<TlsStream> far;
};

SecurePair secure(std::shared_ptr<Stream> near, std::shared_ptr<Stream> far, int version = TLS1_3_VERSION)
{
    Loop& loop = near->loop();
    Outcome client;
    Outcome server;
    start_handshake(std::move(near), as_client(client_context(only(version))), client);
    start_handshake(std::move(far), as_server(server_context(only(version))), server);
    REQUIRE(run_until(loop, [&] { return client && server; }));
    CHECK(client->failure.message.empty());
    REQUIRE(client->stream != nullptr);
    REQUIRE(server->stream != nullptr);
    return {client->stream, server->stream};
}

SecurePair secure_pair(Loop& loop, int version = TLS1_3_VERSION, bool small_buffers = false)
{
    auto [near, far] = stream_pair(loop, small_buffers);
    return secure(std::move(near), std::move(far), version);
}

/// Writes until the stream asks to wait, and nothing moves any more.
std::size_t fill(Stream& stream)
{
    const std::string chunk = sample_bytes(65536);
    std::size_t written = 0;
    for (int idle = 0; idle < 3; ++idle) {
        while (!stream.must_wait()) {
            REQUIRE_FALSE(moonwire::test::write(stream, chunk));
            written += chunk.size();
            idle = 0;
        }
        run_for(stream.loop(), 3ms);
    }
    return written;
}

void exchange_much(Stream& one, Stream& other)
{
    const std::string to_other = sample_bytes(6 << 20);
    const std::string to_one = sample_bytes(5 << 20);
    std::optional<ReadOutcome> at_one;
    std::optional<ReadOutcome> at_other;
    start_read(one, exactly(to_one.size()), at_one);
    start_read(other, exactly(to_other.size()), at_other);
    CHECK_FALSE(moonwire::test::write(one, to_other));
    CHECK_FALSE(moonwire::test::write(other, to_one));
    REQUIRE(run_until(one.loop(), [&] { return at_one && at_other; }));
    CHECK((at_one->data == to_one));
    CHECK((at_other->data == to_other));
}

}  // namespace

TEST_CASE("reads of all kinds over TLS")
{
    Loop loop(system_clock());
    auto [near, far] = secure_pair(loop);
    CHECK_FALSE(moonwire::test::write(*near, "12345 first\r\nsecond;;rest"));
    CHECK(read(*far, exactly(6)).data == "12345 ");
    CHECK(read(*far, line()).data == "first");
    CHECK(read(*far, until(";;")).data == "second");
    CHECK(read(*far, some(2)).data == "re");
    CHECK(far->description() == far->transport()->description());
    CHECK(far->info().version == "TLSv1.3");
    CHECK(near->info().verified);
    CHECK(near->info().handshake > Duration::zero());
    CHECK(near->bytes_written() == 25);
    CHECK(far->bytes_read() == 19);
}

TEST_CASE("much in both directions at once")
{
    Loop loop(system_clock());
    const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
    auto [near, far] = secure_pair(loop, version);
    exchange_much(*near, *far);
    CHECK(near->queued() == 0);
}

TEST_CASE("the pieces of a write stay in order, whatever their sizes, over TLS")
{
    Loop loop(system_clock());
    auto [near, far] = secure_pair(loop);
    std::string expected;
    for (const std::size_t size : {1u, 20000u, 3u, 0u, 100000u, 17u, 16384u, 16383u, 1u, 700000u, 5u}) {
        const std::string text = sample_bytes(size);
        expected += text + "!";
        const std::string_view pieces[] = {text, "!"};
        CHECK_FALSE(near->write(pieces));
    }
    const auto outcome = read(*far, exactly(expected.size()));
    CHECK((outcome.data == expected));
}

TEST_CASE("a TLS peer that does not read: the writer waits, memory stays bounded, others are not held up")
{
    Loop loop(system_clock());
    auto [near, far] = secure_pair(loop, TLS1_3_VERSION, true);
    auto [other, other_far] = secure_pair(loop);
    const std::size_t written = fill(*near);
    CHECK(written < 4 << 20);
    CHECK(near->must_wait());
    CHECK(near->queued() + near->transport()->queued() < 3 * Stream::high_water_mark);

    Write drained;
    near->async_drain(std::nullopt, into(drained));
    CHECK_FALSE(moonwire::test::write(*other, "unaffected"));
    CHECK(read(*other_far, exactly(10)).data == "unaffected");
    CHECK_FALSE(drained.has_value());

    std::optional<ReadOutcome> outcome;
    start_read(*far, exactly(written), outcome);
    CHECK_FALSE(wait_for(loop, drained));
    CHECK(near->queued() <= Stream::low_water_mark);
    REQUIRE(run_until(loop, [&] { return outcome.has_value(); }));
    CHECK(outcome->data.size() == written);
}

TEST_CASE("a TLS reader takes no more than it was asked for while nobody reads")
{
    Loop loop(system_clock());
    auto [near, far] = secure_pair(loop);
    CHECK_FALSE(moonwire::test::write(*near, sample_bytes(64 << 20)));
    CHECK(read(*far, exactly(10)).data == sample_bytes(10));
    run_for(loop, 30ms);
    CHECK(far->try_read(exactly(4 << 20)) == std::nullopt);
    CHECK(near->queued() > 32 << 20);
}

TEST_CASE("flush waits until the kernel has all records")
{
    Loop loop(system_clock());
    auto [near, far] = secure_pair(loop, TLS1_3_VERSION, true);
    CHECK_FALSE(moonwire::test::write(*near, "abc"));
    CHECK_FALSE(flush(*near));
    CHECK(near->transport()->queued() == 0);
    CHECK(read(*far, exactly(3)).data == "abc");

    const std::string much = sample_bytes(1 << 20);
    CHECK_FALSE(moonwire::test::write(*near, much));
    Write flushed;
    near->async_flush(std::nullopt, into(flushed));
    run_for(loop, 20ms);
    CHECK_FALSE(flushed.has_value());
    std::optional<ReadOutcome> outcome;
    start_read(*far, exactly(much.size()), outcome);
    CHECK_FALSE(wait_for(loop, flushed));
    CHECK(near->queued() + near->transport()->queued() == 0);
    REQUIRE(run_until(loop, [&] { return outcome.has_value(); }));
    CHECK((outcome->data == much));
}

TEST_CASE("a flush waits no longer than it may, and can be given up")
{
    Loop loop(virtual_clock());
    auto [near, far] = secure_pair(loop, TLS1_3_VERSION, true);
    fill(*near);
    Write flushed;
    Write given_up;
    near->async_flush(60s, into(flushed));
    near->cancel_write(near->async_flush(std::nullopt, into(given_up)));
    CHECK(wait_for(loop, given_up) == errc::cancelled);
    REQUIRE(run_until(loop, [&] { return flushed.has_value(); }));
    CHECK(*flushed == errc::timeout);
    near->abort();
    loop.run_until_closed();
}

TEST_CASE("shutdown ends one direction of TLS, the other goes on")
{
    Loop loop(system_clock());
    const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
    auto [near, far] = secure_pair(loop, version);
    const std::string question = sample_bytes(1 << 20);
    CHECK_FALSE(moonwire::test::write(*near, question));
    Write shut;
    near->async_shutdown(std::nullopt, into(shut));
    CHECK((read(*far, all()).data == question));
    CHECK(read(*far, some()).error == errc::closed);
    REQUIRE(run_until(loop, [&] { return shut.has_value(); }));
    CHECK_FALSE(*shut);
    CHECK(moonwire::test::write(*near, "late") == errc::closed);

    const std::string answer = sample_bytes(2 << 20);
    CHECK_FALSE(moonwire::test::write(*far, answer));
    Write closed;
    far->async_close(std::nullopt, into(closed));
    CHECK((read(*near, all()).data == answer));
    REQUIRE(run_until(loop, [&] { return closed.has_value(); }));
    CHECK_FALSE(*closed);
}

TEST_CASE("what was written before closing arrives, then the stream ends in order")
{
    Loop loop(system_clock());
    auto [near, far] = secure_pair(loop);
    const std::string data = sample_bytes(8 << 20);
    CHECK_FALSE(moonwire::test::write(*far, "nobody reads this"));
    run_for(loop, 5ms);
    CHECK_FALSE(moonwire::test::write(*near, data));
    Write closed;
    Write twice;
    near->async_close(std::nullopt, into(closed));
    near->async_close(std::nullopt, into(twice));
    CHECK(moonwire::test::write(*near, "late") == errc::closed);
    std::weak_ptr<Stream> gone = near;
    near.reset();  // closing keeps it alive
    CHECK((read(*far, all()).data == data));
    CHECK(read(*far, some()).error == errc::closed);
    REQUIRE(run_until(loop, [&] { return closed && twice; }));
    CHECK_FALSE(*closed);
    CHECK_FALSE(*twice);
    far->async_close(std::nullopt, [](const error_code&) {});
    loop.run_until_closed();
    CHECK(gone.expired());
}

TEST_CASE("closing ends a pending read, and gives up on a TLS peer that does not read")
{
    Loop loop(virtual_clock());
    auto [near, far] = secure_pair(loop, TLS1_3_VERSION, true);
    std::optional<ReadOutcome> outcome;
    start_read(*near, some(), outcome);
    fill(*near);
    const auto queued = near->queued();
    Write closed;
    near->async_close(60s, into(closed));
    CHECK(wait_for(loop, closed) == errc::timeout);
    CHECK(near->unsent() >= queued);
    REQUIRE(outcome.has_value());
    CHECK(outcome->error == errc::closed);
    CHECK(code_word(read(*far, all()).error) == "reset");
    loop.run_until_closed();
}

TEST_CASE("abort breaks TLS off and discards, the peer is told")
{
    Loop loop(system_clock());
    auto [near, far] = secure_pair(loop, TLS1_3_VERSION, true);
    fill(*near);
    std::optional<ReadOutcome> outcome;
    start_read(*near, some(), outcome);
    Write drained;
    Write flushed;
    near->async_drain(std::nullopt, into(drained));
    near->async_flush(std::nullopt, into(flushed));
    const auto queued = near->queued() + near->transport()->queued();
    CHECK_FALSE(near->all_sent());
    near->abort();
    CHECK(wait_for(loop, drained) == errc::closed);
    REQUIRE(run_until(loop, [&] { return outcome && flushed; }));
    CHECK(*flushed == errc::closed);
    CHECK(outcome->error == errc::closed);
    CHECK(near->queued() == 0);
    CHECK(near->unsent() == queued);
    CHECK(moonwire::test::write(*near, "late") == errc::closed);
    CHECK(code_word(read(*far, all()).error) == "reset");
}

TEST_CASE("the end of the transport without close_notify is no end of the stream")
{
    Loop loop(system_clock());
    const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
    auto [near, far] = secure_pair(loop, version);
    CHECK_FALSE(moonwire::test::write(*near, "half"));
    CHECK_FALSE(flush(*near));
    std::optional<ReadOutcome> outcome;
    start_read(*far, exactly(10), outcome);
    run_for(loop, 5ms);
    CHECK_FALSE(outcome.has_value());
    std::string expected;
    SECTION("FIN alone")
    {
        near->transport()->async_shutdown(std::nullopt, [](const error_code&) {});
        expected = "truncated";
    }
    SECTION("FIN within a record")
    {
        const std::string_view part = "\x17\x03\x03\x01";
        near->transport()->write({&part, 1});
        near->transport()->async_shutdown(std::nullopt, [](const error_code&) {});
        expected = "truncated";
    }
    SECTION("RST")
    {
        near->transport()->abort();
        expected = "reset";
    }
    SECTION("what is no record")
    {
        const std::string_view text = "plain text\r\n";
        near->transport()->write({&text, 1});
        expected = "not_tls";
    }
    SECTION("a record that was made up")
    {
        const std::string record = "\x17\x03\x03" + std::string("\x00\x20", 2) + std::string(32, 'x');
        const std::string_view view = record;
        near->transport()->write({&view, 1});
        expected = "protocol_error";
    }
    SECTION("close_notify")
    {
        near->async_close(std::nullopt, [](const error_code&) {});
        expected = "closed";
    }
    REQUIRE(run_until(loop, [&] { return outcome.has_value(); }));
    CHECK(code_word(outcome->error) == expected);
    CHECK(outcome->data == "half");
    CHECK(code_word(read(*far, some()).error) == expected);
    CHECK(read(*far, all()).error == (expected == "closed" ? error_code() : outcome->error));
}

TEST_CASE("a TLS read waits no longer than it may, can be given up, and nothing is lost")
{
    Loop loop(virtual_clock());
    auto [near, far] = secure_pair(loop);
    CHECK_FALSE(moonwire::test::write(*near, "half"));
    std::optional<ReadOutcome> late;
    start_read(*far, line(), late, 3600s);
    REQUIRE(run_until(loop, [&] { return late.has_value(); }));
    CHECK(late->error == errc::timeout);

    std::optional<ReadOutcome> given_up;
    start_read(*far, line(), given_up);
    CHECK_FALSE(moonwire::test::write(*near, " and"));
    run_for(loop, 5ms);
    far->cancel_read();
    REQUIRE(run_until(loop, [&] { return given_up.has_value(); }));
    CHECK(given_up->error == errc::cancelled);

    CHECK_FALSE(moonwire::test::write(*near, " half\n"));
    CHECK(read(*far, line()).data == "half and half");
}

TEST_CASE("TLS over TLS")
{
    Loop loop(system_clock());
    auto [near, far] = secure_pair(loop);
    auto [inner_near, inner_far] = secure(near, far);
    exchange_much(*inner_near, *inner_far);
    CHECK(inner_near->transport() == near.get());
    CHECK_FALSE(moonwire::test::write(*inner_near, sample_bytes(300000)));
    Write closed;
    inner_near->async_close(std::nullopt, into(closed));
    CHECK((read(*inner_far, all()).data == sample_bytes(300000)));
    REQUIRE(run_until(loop, [&] { return closed.has_value(); }));
    CHECK_FALSE(*closed);
}

TEST_CASE("a handshake begins with what has arrived before it, and ends with what comes after")
{
    Loop loop(system_clock());
    auto [near, far] = stream_pair(loop);
    const std::string_view request = "STARTTLS\r\n";
    near->write({&request, 1});
    Outcome client;
    Outcome server;
    start_handshake(near, as_client(), client);  // does not wait for an answer
    CHECK(read(*far, line()).data == "STARTTLS");
    run_for(loop, 5ms);
    start_handshake(far, as_server(), server);
    REQUIRE(run_until(loop, [&] { return client.has_value(); }));
    REQUIRE(client->stream != nullptr);
    CHECK_FALSE(moonwire::test::write(*client->stream, "at once"));
    REQUIRE(run_until(loop, [&] { return server.has_value(); }));
    REQUIRE(server->stream != nullptr);
    CHECK(read(*server->stream, exactly(7)).data == "at once");
}

TEST_CASE("a handshake waits no longer than it may")
{
    Loop loop(virtual_clock());
    auto [stream, peer] = stream_and_raw(loop);
    Outcome outcome;
    const auto start = loop.now();
    SECTION("a client whose server says nothing")
    {
        start_handshake(stream, as_client(client_context(), 7s), outcome);
    }
    SECTION("a server whose client stops in the middle")
    {
        peer.send(std::string_view("\x16\x03\x01\x02\x00\x01\x00", 7));
        start_handshake(stream, as_server(server_context(), 7s), outcome);
    }
    REQUIRE(run_until(loop, [&] { return outcome.has_value(); }));
    CHECK(outcome->failure.error == errc::timeout);
    CHECK(outcome->stream == nullptr);
    CHECK(loop.now() - start == 7s);
    CHECK_THAT(outcome->failure.message, Contains("TLS handshake with ") && Contains(stream->description()));
    CHECK(stream->closed());
}

TEST_CASE("a handshake can be given up")
{
    Loop loop(system_clock());
    auto [stream, peer] = stream_and_raw(loop);
    Outcome outcome;
    const auto operation = start_handshake(stream, as_client(), outcome);
    SECTION("at once") {}
    SECTION("in the middle")
    {
        run_for(loop, 5ms);
    }
    operation->cancel();
    operation->cancel();
    CHECK_FALSE(outcome.has_value());
    REQUIRE(run_until(loop, [&] { return outcome.has_value(); }));
    CHECK(outcome->failure.error == errc::cancelled);
    run_for(loop, 5ms);
}

TEST_CASE("a peer that leaves in the middle of the handshake, or speaks something else")
{
    Loop loop(system_clock());
    auto [stream, peer] = stream_and_raw(loop);
    Outcome outcome;
    start_handshake(stream, as_client(), outcome);
    run_for(loop, 5ms);
    std::string expected;
    SECTION("FIN")
    {
        peer.end_sending();
        expected = "closed";
    }
    SECTION("RST")
    {
        peer.reset();
        expected = "reset";
    }
    SECTION("plain text")
    {
        peer.send("220 ready\r\n");
        expected = "not_tls";
    }
    REQUIRE(run_until(loop, [&] { return outcome.has_value(); }));
    CHECK(code_word(outcome->failure.error) == expected);
    CHECK_THAT(outcome->failure.message, Contains("localhost on connection 127.0.0.1:"));
    CHECK(stream->closed());
}

TEST_CASE("a peer that sends and sends without getting on with the handshake is given up")
{
    Loop loop(system_clock());
    auto [stream, peer] = stream_and_raw(loop);
    Outcome outcome;
    start_handshake(stream, as_server(), outcome);
    moonwire::tls::Protocol client(client_context(), "localhost", nullptr, loop.clock().wall());
    client.handshake({});
    peer.send(client.output());
    std::string change_cipher_spec;  // ignored in TLS 1.3 (RFC 8446, section 5)
    for (int i = 0; i < 1000; ++i) {
        change_cipher_spec += std::string("\x14\x03\x03\x00\x01\x01", 6);
    }
    std::size_t sent = 0;
    while (!outcome && sent < 4 << 20) {
        peer.send(change_cipher_spec);
        sent += change_cipher_spec.size();
        run_until(
            loop, [&] { return outcome.has_value(); }, 1ms);
    }
    REQUIRE(run_until(loop, [&] { return outcome.has_value(); }));
    CHECK(code_word(outcome->failure.error) == "protocol_error");
    CHECK(sent < 1 << 20);
}

TEST_CASE("the peer learns why a handshake has failed")
{
    Loop loop(system_clock());
    auto [near, far] = stream_pair(loop);
    Outcome client;
    Outcome server;
    start_handshake(near, as_client(client_context(only(TLS1_2_VERSION))), client);
    start_handshake(far, as_server(server_context(only(TLS1_3_VERSION))), server);
    REQUIRE(run_until(loop, [&] { return client && server; }));
    CHECK(code_word(server->failure.error) == "no_common_version");
    CHECK(code_word(client->failure.error) == "no_common_version");
    CHECK_THAT(client->failure.message, Contains("alert"));
    loop.run_until_closed();
}

TEST_CASE("a peer that asks for new keys again and again without reading the answers costs bounded memory")
{
    Loop loop(system_clock());
    const auto raw = stream_pair(loop, true);
    Outcome server;
    start_handshake(raw.far, as_server(), server);
    moonwire::tls::Protocol attacker(client_context(), "localhost", nullptr, loop.clock().wall());
    const auto pass_on = [&] {
        const std::string bytes = std::exchange(attacker.output(), {});
        return raw.near->write(std::vector<std::string_view>{bytes});
    };
    auto status = attacker.handshake({});
    while (status == moonwire::tls::Protocol::Status::wants_input) {
        pass_on();
        status = attacker.handshake(read(*raw.near, some()).data);
    }
    REQUIRE(status == moonwire::tls::Protocol::Status::done);
    pass_on();
    REQUIRE(run_until(loop, [&] { return server.has_value(); }));
    REQUIRE(server->stream != nullptr);
    std::optional<ReadOutcome> outcome;
    start_read(*server->stream, some(), outcome);
    for (int i = 0; i < 200 && !outcome; ++i) {
        for (int j = 0; j < 500; ++j) {
            REQUIRE(SSL_key_update(attacker.ssl(), SSL_KEY_UPDATE_REQUESTED) == 1);
            REQUIRE(attacker.handshake({}) == moonwire::tls::Protocol::Status::done);
        }
        if (pass_on()) {
            break;
        }
        run_until(
            loop, [&] { return raw.near->queued() == 0 || outcome.has_value(); }, 100ms);
    }
    CHECK(server->stream->transport()->queued() < 2 * Stream::high_water_mark);
    server->stream->abort();
    raw.near->abort();
    run_for(loop, 5ms);
}

TEST_CASE("a loop may end with TLS connections open and handshakes under way")
{
    Write flushed;
    Write closed;
    std::optional<ReadOutcome> outcome;
    std::optional<ReadOutcome> inner_outcome;
    Outcome handshaken;
    Outcome stalled;
    {
        Loop loop(system_clock());
        auto [near, far] = secure_pair(loop, TLS1_3_VERSION, true);
        fill(*near);
        start_read(*near, some(), outcome, 10s);
        near->async_flush(10s, into(flushed));
        auto [outer_near, outer_far] = secure_pair(loop);
        auto [inner_near, inner_far] = secure(outer_near, outer_far);
        start_read(*inner_near, some(), inner_outcome);
        auto [closing, peer_of_closing] = secure_pair(loop, TLS1_3_VERSION, true);
        fill(*closing);
        closing->async_close(10s, into(closed));
        auto [one, two] = stream_pair(loop);
        start_handshake(one, as_client(client_context(), 10s), handshaken);
        auto [three, silent] = stream_and_raw(loop);
        start_handshake(three, as_client(client_context(), 10s), stalled);
        run_for(loop, 5ms);
    }
    CHECK_FALSE(flushed.has_value());
    CHECK_FALSE(closed.has_value());
    CHECK_FALSE(outcome.has_value());
    CHECK_FALSE(inner_outcome.has_value());
    CHECK_FALSE(handshaken.has_value());
    CHECK_FALSE(stalled.has_value());
}
