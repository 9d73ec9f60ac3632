// What TLS connections tell observers.
#include "host/tls/handshake.hpp"
#include "host/tls/tls_stream.hpp"

#include "tests/support/process.hpp"
#include "tests/unit/net/support.hpp"
#include "tests/unit/observe/recorder.hpp"
#include "tests/unit/tls/connection_support.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

using namespace moonwire;
using namespace moonwire::test;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using observe::Cause;
using observe::Direction;
using observe::Layer;
using Event = observe::Kind;

namespace {

struct Outcome {
    bool done = false;
    net::Failure failure;
    std::shared_ptr<tls::TlsStream> stream;
};

void start_handshake(std::shared_ptr<net::Stream> transport, tls::HandshakeRequest request, Outcome& outcome)
{
    tls::async_handshake(std::move(transport), std::move(request),
                         [&outcome](net::Failure failure, std::shared_ptr<tls::TlsStream> stream) {
                             outcome = {true, std::move(failure), std::move(stream)};
                         });
}

/// Both ends of a TLS connection, after their handshake.
struct Secured {
    explicit Secured(loop::Loop& loop, int version = TLS1_3_VERSION, const ContextPointer& trust = nullptr)
    {
        auto [near, far] = stream_pair(loop);
        transport = near->object();
        start_handshake(std::move(near),
                        {trust != nullptr ? trust : client_context(only(version)), "localhost", nullptr, {}}, client);
        start_handshake(std::move(far), {server_context(), {}, nullptr, {}}, server);
        REQUIRE(run_until(loop, [this] { return client.done && server.done; }));
    }

    observe::ObjectId transport = 0;
    Outcome client;
    Outcome server;
};

std::string handshake_of(const Recorder& recorder, observe::ObjectId object)
{
    std::string result;
    for (const auto& record : recorder.records) {
        if (record.event.kind == Event::handshake && record.event.object == object) {
            result += (record.event.direction == Direction::out ? ">" : "<") + record.text + " ";
        }
    }
    return result;
}

}  // namespace

TEST_CASE("TLS events: the handshake step by step, what is sent, and the end")
{
    loop::Loop loop(system_clock());
    Recorder told;
    loop.observers().add(told);
    Secured pair(loop);
    REQUIRE(pair.client.stream != nullptr);
    REQUIRE(pair.server.stream != nullptr);
    tls::TlsStream& client = *pair.client.stream;
    tls::TlsStream& server = *pair.server.stream;
    write(client, "secret words");
    CHECK(read(server, exactly(12)).data == "secret words");
    bool closed = false;
    client.async_close(std::nullopt, [&](const net::error_code&) { closed = true; });
    CHECK(read(server, some()).error == net::errc::closed);
    REQUIRE(run_until(loop, [&] { return closed; }));
    server.abort();

    CHECK(told.story(Layer::tls, client.object()) ==
          "opened handshake handshake handshake handshake handshake handshake handshake handshake connected "
          "sent ended closed");
    CHECK(handshake_of(told, client.object()) ==
          ">ClientHello <ServerHello <EncryptedExtensions <Certificate <CertificateVerify <Finished "
          ">ChangeCipherSpec >Finished ");
    CHECK_THAT(handshake_of(told, server.object()),
               StartsWith("<ClientHello >ServerHello >ChangeCipherSpec >EncryptedExtensions >Certificate "
                          ">CertificateVerify >Finished <Finished >NewSessionTicket"));
    CHECK(told.bytes(Layer::tls, Event::sent, client.object()) == "secret words");
    CHECK(told.bytes(Layer::tls, Event::received, server.object()) == "secret words");
    CHECK(told.bytes(Layer::tcp, Event::sent).find("secret words") == std::string::npos);
    CHECK(told.first(Layer::tls, Event::connected)->text == "TLSv1.3 TLS_AES_256_GCM_SHA384");
    CHECK_THAT(told.first(Layer::tls, Event::connected, client.object())->content,
               StartsWith("CN=") && Contains(", issued by ") && Contains(", valid until "));
    CHECK(told.first(Layer::tls, Event::connected, server.object())->content.empty());
    CHECK(told.first(Layer::tls, Event::opened)->event.owner == pair.transport);
    CHECK(told.first(Layer::tls, Event::closed, client.object())->event.cause == Cause::us);
    CHECK(told.first(Layer::tls, Event::closed, server.object())->event.cause == Cause::peer);
    CHECK(told.first(Layer::tls, Event::ended, server.object())->event.direction == Direction::in);
    loop.observers().remove(told);
}

TEST_CASE("TLS events: TLS 1.2 has another handshake")
{
    loop::Loop loop(system_clock());
    Recorder told;
    loop.observers().add(told);
    const Secured pair(loop, TLS1_2_VERSION);
    CHECK_THAT(handshake_of(told, pair.client.stream->object()),
               StartsWith(">ClientHello <ServerHello <Certificate <ServerKeyExchange <ServerHelloDone "
                          ">ClientKeyExchange >ChangeCipherSpec >Finished "));
    loop.observers().remove(told);
}

TEST_CASE("TLS events: a certificate that nobody trusts")
{
    loop::Loop loop(system_clock());
    Recorder told;
    loop.observers().add(told);
    const Authority stranger;
    const auto wary =
        client_context([&](tls::ContextOptions& options) { options.authorities = {stranger.certificate()}; });
    const Secured pair(loop, TLS1_3_VERSION, wary);
    CHECK(pair.client.failure.error);
    const auto* closed = told.first(Layer::tls, Event::closed);
    REQUIRE(closed != nullptr);
    CHECK(closed->event.cause == Cause::error);
    CHECK_FALSE(closed->text.empty());
    const auto client = told.first(Layer::tls, Event::opened)->event.object;
    CHECK_THAT(handshake_of(told, client), Contains(">alert: unknown CA"));
    loop.observers().remove(told);
}

TEST_CASE("TLS events: a context's own key log goes on beside them")
{
    loop::Loop loop(system_clock());
    Recorder told;
    loop.observers().add(told, {.secrets = true});
    const TemporaryFolder folder;
    const std::string file = folder.path() / "keys.log";
    {
        const Secured pair(loop, TLS1_3_VERSION, client_context([&](tls::ContextOptions& o) { o.key_log = file; }));
    }
    std::ifstream in(file);
    const std::string log{std::istreambuf_iterator<char>(in), {}};
    CHECK(std::count(log.begin(), log.end(), '\n') == 5);
    const auto* secret = told.first(Layer::tls, Event::secret);
    REQUIRE(secret != nullptr);
    CHECK_THAT(log, Contains(secret->text + "\n"));
    loop.observers().remove(told);
}

TEST_CASE("TLS events: secrets for those only who ask for them")
{
    loop::Loop loop(system_clock());
    Recorder plain;
    Recorder trusted;
    loop.observers().add(plain);
    {
        const Secured before(loop);
    }
    loop.observers().add(trusted, {.secrets = true});
    const Secured pair(loop);
    CHECK(plain.first(Layer::tls, Event::secret) == nullptr);

    // Both ends live in this process, and both tell: the same lines.
    std::set<std::string> labels;
    for (const auto& record : trusted.records) {
        if (record.event.kind == Event::secret) {
            CHECK(record.text.find('\n') == std::string::npos);
            labels.insert(record.text.substr(0, record.text.find(' ')));
        }
    }
    CHECK(labels == std::set<std::string>{"CLIENT_HANDSHAKE_TRAFFIC_SECRET", "CLIENT_TRAFFIC_SECRET_0",
                                          "EXPORTER_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET",
                                          "SERVER_TRAFFIC_SECRET_0"});
    loop.observers().remove(trusted);
    {
        const Secured after(loop);
    }  // the contexts' callbacks stay
    loop.observers().remove(plain);
}
