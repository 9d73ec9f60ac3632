#include "host/tls/protocol.hpp"

#include "host/tls/connection_info.hpp"
#include "host/tls/protocol_error.hpp"
#include "tests/unit/net/support.hpp"
#include "tests/unit/tls/connection_support.hpp"

#include <openssl/err.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <random>
#include <set>
#include <sstream>

using Catch::Matchers::Contains;
using namespace moonwire::tls;
using namespace moonwire::test;
using moonwire::net::code_word;
using moonwire::observe::WallTime;
using Status = Protocol::Status;

namespace {

WallTime wall_now()
{
    return std::chrono::system_clock::now();
}

/// One end, fed with what the other has sent.
class End
{
public:
    explicit End(ContextPointer context, const std::string& name = "", SSL_SESSION* session = nullptr,
                 WallTime time = wall_now())
        : protocol(std::move(context), name, session, time)
    {
        if (protocol.context().role() == Role::client) {
            status = protocol.handshake({});
        }
    }

    void feed(std::string_view bytes)
    {
        if (status == Status::failed || status == Status::ended) {
            return;
        }
        if (secured) {
            read(bytes);
            return;
        }
        status = protocol.handshake(bytes);
        secured = status == Status::done;
        if (secured && protocol.has_kept_input()) {
            read({});
        }
    }

    std::string sent() { return std::exchange(protocol.output(), {}); }
    std::string_view error() const { return code_word(protocol.failure().error); }
    ConnectionInfo info() const { return connection_info(protocol.ssl(), {}); }

    Protocol protocol;
    Status status = Status::wants_input;
    bool secured = false;
    std::string received;

private:
    void read(std::string_view bytes)
    {
        std::array<char, 1000> space{};
        std::size_t size = 0;
        do {
            std::tie(status, size) = decrypt(std::exchange(bytes, {}), space);
            received.append(space.data(), size);
        } while (status == Status::done);
    }

    std::pair<Status, std::size_t> decrypt(std::string_view bytes, std::span<char> space)
    {
        const auto result = protocol.decrypt(bytes, space);
        return {result.status, result.size};
    }
};

constexpr std::size_t whole = std::string::npos;

bool pass_on(End& from, End& to, std::size_t piece)
{
    const std::string bytes = from.sent();
    for (std::size_t at = 0; at < bytes.size(); at += std::min(piece, bytes.size() - at)) {
        to.feed(std::string_view(bytes).substr(at, piece));
    }
    return !bytes.empty();
}

void converse(End& one, End& other, std::size_t piece = whole)
{
    bool more = true;
    while (more) {
        more = pass_on(one, other, piece);
        more = pass_on(other, one, piece) || more;
    }
}

struct Ends {
    End client;
    End server;
};

struct Connected : Ends {
    explicit Connected(int version = TLS1_3_VERSION, std::size_t piece = whole)
        : Ends{End(client_context(only(version)), "localhost"), End(server_context(only(version)))}
    {
        converse(client, server, piece);
        REQUIRE(client.secured);
        REQUIRE(server.secured);
    }
};

/// How a client and a server fail to agree: the words that each side sees.
struct Refusal {
    std::string client;
    std::string server;

    bool operator==(const Refusal&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Refusal& refusal)
{
    return out << refusal.client << " / " << refusal.server;
}

Refusal refusal(End&& client, End&& server)
{
    converse(client, server);
    return {std::string(client.status == Status::failed ? client.error() : ""),
            std::string(server.status == Status::failed ? server.error() : "")};
}

Refusal refusal(ContextPointer client, ContextPointer server, const std::string& name = "localhost")
{
    return refusal(End(std::move(client), name), End(std::move(server)));
}

auto with_identity(const Identity& identity)
{
    return [&identity](ContextOptions& options) { options.identity = identity; };
}

std::string plain(std::size_t size)
{
    return sample_bytes(size);
}

}  // namespace

TEST_CASE("two ends agree and exchange data, however the bytes are cut")
{
    const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
    const std::size_t piece = GENERATE(std::size_t{1}, std::size_t{7}, std::size_t{1000}, whole);
    CAPTURE(version, piece);
    Connected ends(version, piece);
    CHECK(ends.client.info().version == (version == TLS1_2_VERSION ? "TLSv1.2" : "TLSv1.3"));
    CHECK(ends.client.info().verified);
    CHECK_FALSE(ends.server.info().verified);
    CHECK(ends.server.info().server_name == "localhost");
    CHECK(ends.client.info().cipher == ends.server.info().cipher);
    CHECK(ends.client.info().group == "x25519");

    const std::string question = plain(40000);
    const std::string answer = plain(70000);
    REQUIRE(ends.client.protocol.encrypt(question));
    REQUIRE(ends.server.protocol.encrypt(answer));
    converse(ends.client, ends.server, piece);
    CHECK((ends.server.received == question));
    CHECK((ends.client.received == answer));
    CHECK(ends.client.status == Status::wants_input);
    CHECK(ends.server.status == Status::wants_input);
}

TEST_CASE("many records in one piece are all decrypted")
{
    Connected ends;
    std::string expected;
    for (int i = 0; i < 1000; ++i) {
        expected += std::to_string(i) + ";";
        REQUIRE(ends.client.protocol.encrypt(std::to_string(i) + ";"));
    }
    REQUIRE(ends.client.protocol.encrypt({}));  // nothing to send: nothing sent
    ends.server.feed(ends.client.sent());
    CHECK(ends.server.received == expected);
}

TEST_CASE("what comes in one piece with the end of the handshake is kept")
{
    End client(client_context(), "localhost");
    End server(server_context());
    server.feed(client.sent());
    client.feed(server.sent());
    REQUIRE(client.secured);
    REQUIRE(client.protocol.encrypt("early"));
    client.protocol.send_close_notify();
    SECTION("in one piece")
    {
        server.feed(client.sent());
    }
    SECTION("with the last record cut in two")
    {
        const std::string sent = client.sent();
        server.feed(sent.substr(0, sent.size() - 3));
        CHECK(server.received == "early");
        CHECK(server.status == Status::wants_input);
        server.feed(sent.substr(sent.size() - 3));
    }
    CHECK(server.received == "early");
    CHECK(server.status == Status::ended);
}

TEST_CASE("a record that has not yet arrived whole says nothing")
{
    Connected ends;
    REQUIRE(ends.client.protocol.encrypt(plain(5000)));
    const std::string record = ends.client.sent();
    for (std::size_t i = 0; i + 1 < record.size(); i += 97) {
        ends.server.feed(std::string_view(record).substr(i, std::min<std::size_t>(97, record.size() - 1 - i)));
        CHECK(ends.server.received.empty());
        CHECK(ends.server.status == Status::wants_input);
    }
    ends.server.feed(record.substr(record.size() - 1));
    CHECK((ends.server.received == plain(5000)));
}

TEST_CASE("close_notify ends one direction after all that came before it")
{
    const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
    CAPTURE(version);
    Connected ends(version);
    REQUIRE(ends.client.protocol.encrypt("last words"));
    ends.client.protocol.send_close_notify();
    ends.server.feed(ends.client.sent());
    CHECK(ends.server.received == "last words");
    CHECK(ends.server.status == Status::ended);
    CHECK(ends.server.protocol.output().empty());
    CHECK(ends.server.protocol.decrypt({}, {}).status == Status::done);  // no space was asked for
    std::array<char, 10> space{};
    CHECK(ends.server.protocol.decrypt({}, space).status == Status::ended);

    REQUIRE(ends.server.protocol.encrypt("answer"));
    ends.server.protocol.send_close_notify();
    ends.client.feed(ends.server.sent());
    CHECK(ends.client.received == "answer");
    CHECK(ends.client.status == Status::ended);
    CHECK_FALSE(ends.client.protocol.encrypt("more"));
}

TEST_CASE("what is not TLS is called so, by both ends")
{
    const std::string text = GENERATE("hello, is anybody there?\r\n", "220 mail.example.org ESMTP\r\n", "SSH-2.0-x\r\n",
                                      "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "CONNECT a:1 HTTP/1.1\r\n\r\n");
    CAPTURE(text);
    End server(server_context());
    server.feed(text);
    CHECK(server.status == Status::failed);
    CHECK(server.error() == "not_tls");
    End client(client_context(), "localhost");
    client.feed(text);
    CHECK(client.status == Status::failed);
    CHECK(client.error() == "not_tls");
    CHECK(ERR_peek_error() == 0);
}

TEST_CASE("what was changed on the way is refused, and the sender is told")
{
    Connected ends;
    REQUIRE(ends.client.protocol.encrypt("good"));
    ends.server.feed(ends.client.sent());
    REQUIRE(ends.client.protocol.encrypt("pay 100"));
    std::string record = ends.client.sent();
    record.back() = static_cast<char>(record.back() ^ 1);
    ends.server.feed(record);
    CHECK(ends.server.status == Status::failed);
    CHECK(ends.server.error() == "protocol_error");
    CHECK(ends.server.received == "good");
    ends.client.feed(ends.server.sent());
    CHECK(ends.client.status == Status::failed);
    CHECK(ends.client.error() == "refused_by_peer");
    CHECK_THAT(ends.client.protocol.failure().message, Contains("bad record mac"));
}

TEST_CASE("garbage in the handshake costs the connection and nothing else")
{
    std::mt19937 random(4711);
    for (int i = 0; i < 300; ++i) {
        End client(client_context(), "localhost");
        End server(server_context());
        const auto damage = [&](std::string bytes) {
            if (!bytes.empty() && random() % 2 == 0) {
                bytes[random() % bytes.size()] ^= static_cast<char>(1 + random() % 255);
            }
            return bytes;
        };
        for (int turn = 0; turn < 4; ++turn) {
            server.feed(damage(client.sent()));
            client.feed(damage(server.sent()));
        }
        for (const End* end : {&client, &server}) {
            if (end->status == Status::failed) {
                CHECK_FALSE(end->error().empty());
                CHECK_FALSE(end->protocol.failure().message.empty());
            }
        }
    }
}

TEST_CASE("versions that do not overlap")
{
    const Refusal expected{"no_common_version", "no_common_version"};
    CHECK(refusal(client_context(only(TLS1_2_VERSION)), server_context(only(TLS1_3_VERSION))) == expected);
    CHECK(refusal(client_context(only(TLS1_3_VERSION)), server_context(only(TLS1_2_VERSION))) == expected);
}

TEST_CASE("ciphers that do not overlap, and ciphers that nobody knows")
{
    const auto ciphers = [](const char* list) {
        return [list](ContextOptions& options) {
            options.ciphers = list;
            options.max_version = TLS1_2_VERSION;
        };
    };
    CHECK(refusal(client_context(ciphers("ECDHE+CHACHA20")), server_context(ciphers("ECDHE+AESGCM"))) ==
          Refusal{"no_common_cipher", "no_common_cipher"});
    CHECK_THROWS_AS(client_context(ciphers("NO-SUCH-CIPHER")), std::invalid_argument);
    CHECK_THROWS_WITH(client_context(ciphers("NO-SUCH-CIPHER")), Contains("NO-SUCH-CIPHER"));
    CHECK(ERR_peek_error() == 0);
}

TEST_CASE("a server's certificate that is not good enough")
{
    const Authority other("Other CA");
    auto expired = content_for("localhost", {"localhost"});
    expired.not_before -= 10 * one_day;
    expired.not_after -= 5 * one_day;
    auto future = content_for("localhost", {"localhost"});
    future.not_before += 5 * one_day;
    future.not_after += 10 * one_day;
    const Authority no_authority(authority().issue("server"));
    Identity through_server = no_authority.issue("localhost");
    through_server.chain.push_back(no_authority.certificate());

    const std::pair<Identity, const char*> cases[] = {
        {other.issue("localhost"), "unknown_authority"},
        {self_signed(content_for("localhost", {"localhost"})), "self_signed_certificate"},
        {authority().issue(expired), "certificate_expired"},
        {authority().issue(future), "certificate_not_yet_valid"},
        {authority().issue("else", {"example.org"}), "wrong_host_name"},
        {authority().issue("localhost", {}), "wrong_host_name"},  // CN alone does not count
        {authority().issue_for_clients("localhost"), "wrong_purpose"},
        {through_server, "wrong_purpose"},
    };
    for (const auto& [identity, word] : cases) {
        CHECK(refusal(client_context(), server_context(with_identity(identity))) ==
              Refusal{word, "certificate_refused"});
        const auto careless = client_context([](ContextOptions& options) { options.verify = false; });
        CHECK(refusal(careless, server_context(with_identity(identity))) == Refusal{});
    }
    CHECK(refusal(client_context([](ContextOptions& options) { options.common_name = true; }),
                  server_context(with_identity(cases[5].first))) == Refusal{});
    CHECK(refusal(client_context(), server_context(), "127.0.0.1") == Refusal{});
    CHECK(refusal(client_context(), server_context(), "127.0.0.2").client == "wrong_host_name");
    CHECK(refusal(client_context(), server_context(), "LOCALHOST") == Refusal{});
}

TEST_CASE("a name that no peer can have is refused, so that none goes unverified")
{
    const std::string with_zero("localhost\0.example.org", 22);
    for (const std::string& name : {with_zero, std::string(256, 'x')}) {
        CHECK_THROWS_AS(Protocol(client_context(), name, nullptr, wall_now()), std::invalid_argument);
    }
}

TEST_CASE("the time that certificates are compared with is the given one")
{
    End client(client_context(), "localhost", nullptr, wall_now() + std::chrono::hours(48));
    End server(server_context());
    converse(client, server);
    CHECK(client.error() == "certificate_expired");
    CHECK_THAT(client.protocol.failure().message, Contains("CN=Test CA") && Contains("valid until"));
}

TEST_CASE("a chain through another authority leads to the trusted one, any of its certificates may be the trusted one")
{
    const Authority between(authority().issue(content_for("Intermediate CA", {}, true)));
    Identity identity = between.issue("localhost");
    CHECK(refusal(client_context(), server_context(with_identity(identity))).client == "unknown_authority");
    const auto trusting = [](const Certificate& certificate) {
        return client_context([&](ContextOptions& options) { options.authorities = {certificate}; });
    };
    CHECK(refusal(trusting(between.certificate()), server_context(with_identity(identity))) == Refusal{});
    CHECK(refusal(trusting(identity.chain.front()), server_context(with_identity(identity))) == Refusal{});

    identity.chain.push_back(between.certificate());
    End client(client_context(), "localhost");
    End server(server_context(with_identity(identity)));
    converse(client, server);
    CHECK(client.secured);
    CHECK(client.info().peer_chain.size() == 2);
    CHECK(client.info().peer_chain.front().info().subject == "CN=localhost");
}

TEST_CASE("a client's certificate: none, optional, required")
{
    const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
    CAPTURE(version);
    const Identity good = authority().issue("alice", {});
    const Identity foreign = Authority("Other CA").issue("mallory", {});
    const auto server = [&](ClientCertificate wanted) {
        return server_context([&](ContextOptions& options) {
            only(version)(options);
            options.client_certificate = wanted;
            options.authorities = {authority().certificate()};
        });
    };
    const auto client = [&](const Identity* identity) {
        return client_context([&](ContextOptions& options) {
            only(version)(options);
            if (identity != nullptr) {
                options.identity = *identity;
            }
        });
    };
    CHECK(refusal(client(&foreign), server(ClientCertificate::none)) == Refusal{});
    CHECK(refusal(client(nullptr), server(ClientCertificate::optional)) == Refusal{});
    CHECK(refusal(client(&foreign), server(ClientCertificate::optional)) ==
          Refusal{"certificate_refused", "unknown_authority"});
    CHECK(refusal(client(&foreign), server(ClientCertificate::required)) ==
          Refusal{"certificate_refused", "unknown_authority"});
    const Refusal missing = refusal(client(nullptr), server(ClientCertificate::required));
    CHECK(missing.server == "certificate_required");
    // TLS 1.2 has no alert of its own for this (RFC 5246, section 7.4.6).
    CHECK(missing.client == (version == TLS1_2_VERSION ? "no_common_cipher" : "certificate_required"));

    for (const auto wanted : {ClientCertificate::optional, ClientCertificate::required}) {
        End alice(client(&good), "localhost");
        End asking(server(wanted));
        converse(alice, asking);
        REQUIRE(asking.secured);
        CHECK(asking.info().verified);
        REQUIRE(asking.info().peer_chain.size() == 1);
        CHECK(asking.info().peer_chain.front().info().subject == "CN=alice");
    }
}

TEST_CASE("a failure is the one that ended the connection, not one that was to be overlooked")
{
    const auto careless = client_context([](ContextOptions& options) {
        options.verify = false;
        options.authorities = {};
    });
    const auto server = server_context([](ContextOptions& options) {
        options.client_certificate = ClientCertificate::required;
        options.authorities = {authority().certificate()};
    });
    CHECK(refusal(careless, server).client == "certificate_required");
}

TEST_CASE("application protocols: the server's preference decides")
{
    const auto protocols = [](std::vector<std::string> names) {
        return [names = std::move(names)](ContextOptions& options) { options.alpn = names; };
    };
    const auto chosen = [&](std::vector<std::string> client, std::vector<std::string> server) {
        End one(client_context(protocols(std::move(client))), "localhost");
        End other(server_context(protocols(std::move(server))));
        converse(one, other);
        CHECK(one.secured);
        CHECK(one.info().protocol == other.info().protocol);
        return one.info().protocol;
    };
    CHECK(chosen({"h2", "http/1.1"}, {"http/1.1", "h2"}) == "http/1.1");
    CHECK(chosen({"h2", "mqtt"}, {"ftp", "mqtt"}) == "mqtt");
    CHECK(chosen({}, {"mqtt"}).empty());
    CHECK(chosen({"mqtt"}, {}).empty());
    CHECK(refusal(client_context(protocols({"h2"})), server_context(protocols({"mqtt"}))) ==
          Refusal{"no_common_protocol", "no_common_protocol"});
}

TEST_CASE("a server shows the certificate of the name that it is asked for")
{
    const auto server = server_context([](ContextOptions& options) {
        options.names.emplace("www.example.org", authority().issue("www", {"www.example.org"}));
        options.names.emplace("*.Example.org", authority().issue("any", {"*.example.org"}));
    });
    const auto shown = [&](const std::string& name) {
        End client(client_context([](ContextOptions& options) { options.verify = false; }), name);
        End asked(server);
        converse(client, asked);
        REQUIRE(client.secured);
        return client.info().peer_chain.front().info().subject;
    };
    CHECK(shown("www.example.org") == "CN=www");
    CHECK(shown("WWW.EXAMPLE.ORG") == "CN=www");
    CHECK(shown("mail.example.org") == "CN=any");
    CHECK(shown("a.b.example.org") == "CN=localhost");
    CHECK(shown("example.org") == "CN=localhost");
    CHECK(shown("localhost") == "CN=localhost");
    CHECK(shown("127.0.0.1") == "CN=localhost");
    CHECK(shown("") == "CN=localhost");
    CHECK(refusal(client_context(), server, "mail.example.org") == Refusal{});
}

namespace {

/// The session of a connection that was brought to its end.
SessionPointer session_of(const ContextPointer& client_side, const ContextPointer& server_side,
                          const std::string& name = "localhost")
{
    End client(client_side, name);
    End server(server_side);
    converse(client, server);
    REQUIRE(client.secured);
    client.protocol.send_close_notify();
    return SessionPointer(SSL_get1_session(client.protocol.ssl()));
}

}  // namespace

TEST_CASE("a session is resumed, also with another context of the same server's")
{
    const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
    CAPTURE(version);
    const auto server = server_context(only(version));
    const SessionPointer session = session_of(client_context(only(version)), server);
    End client(client_context(only(version)), "localhost", session.get());
    End again(server);
    converse(client, again, 1);
    REQUIRE(client.secured);
    CHECK(client.info().resumed);
    CHECK(again.info().resumed);
    CHECK(client.info().verified);
    REQUIRE(client.info().peer_chain.size() == 1);
    CHECK(client.info().peer_chain.front().info().subject == "CN=localhost");
    REQUIRE(client.protocol.encrypt("resumed"));
    converse(client, again);
    CHECK(again.received == "resumed");

    End with_another(client_context(only(version)), "localhost", session.get());
    End other_server(server_context(only(version)));
    converse(with_another, other_server);
    CHECK(with_another.secured);
    CHECK_FALSE(with_another.info().resumed);
}

TEST_CASE("a session does not lead past the verification of the server")
{
    const int version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
    CAPTURE(version);
    SECTION("when it was not verified in the first place")
    {
        const auto server = server_context([&](ContextOptions& options) {
            only(version)(options);
            options.identity = Authority("Other CA").issue("localhost");
        });
        const auto careless = client_context([&](ContextOptions& options) {
            only(version)(options);
            options.verify = false;
        });
        const SessionPointer session = session_of(careless, server);
        CHECK(refusal(End(client_context(only(version)), "localhost", session.get()), End(server)).client ==
              "unknown_authority");
    }
    SECTION("when another name is asked for")
    {
        const auto server = server_context(only(version));
        const SessionPointer session = session_of(client_context(only(version)), server);
        CHECK(refusal(End(client_context(only(version)), "example.org", session.get()), End(server)).client ==
              "wrong_host_name");
    }
}

TEST_CASE("a key that is not the certificate's")
{
    Identity mixed = localhost();
    mixed.key = generate_ec_key();
    ContextOptions options;
    SECTION("the only one")
    {
        options.identity = mixed;
    }
    SECTION("one of a server's others")
    {
        options.role = Role::server;
        options.identity = localhost();
        options.names.emplace("localhost", mixed);
    }
    const auto context = Context::make(std::move(options));
    REQUIRE_FALSE(context.has_value());
    CHECK(context.error().error == errc::key_mismatch);
    CHECK_THAT(context.error().message, Contains("CN=localhost"));
}

TEST_CASE("a certificate that is too weak to be used")
{
    const PkeyPtr short_key(EVP_RSA_gen(1024));
    REQUIRE(short_key != nullptr);
    EVP_PKEY_up_ref(short_key.get());
    const Key key{PkeyPtr(short_key.get())};
    ContextOptions options;
    SECTION("of its own")
    {
        options.identity = Identity{{issue_self_signed(content_for("localhost"), key)}, key};
    }
    SECTION("of its authority")
    {
        const Authority weak(Identity{{issue_self_signed(content_for("Weak CA", {}, true), key)}, key});
        options.identity = weak.issue("localhost");
        options.identity->chain.push_back(weak.certificate());
    }
    const auto context = Context::make(std::move(options));
    REQUIRE_FALSE(context.has_value());
    CHECK(code_word(context.error().error) == "weak_key");
    CHECK_THAT(context.error().message, Contains("too short to be safe"));
    CHECK(ERR_peek_error() == 0);
}

TEST_CASE("the key log has what Wireshark needs, of both ends")
{
    const TemporaryFolder folder;
    const auto labels = [&](int version, bool of_client) {
        const std::string path = (folder.path() / (std::to_string(version) + (of_client ? "c" : "s"))).string();
        const auto logging = [&](bool here) {
            return [&, here](ContextOptions& options) {
                only(version)(options);
                options.key_log = here ? path : "";
            };
        };
        End client(client_context(logging(of_client)), "localhost");
        End server(server_context(logging(!of_client)));
        converse(client, server);
        REQUIRE(client.secured);
        std::set<std::string> found;
        std::ifstream file(path);
        for (std::string label, random, secret; file >> label >> random >> secret;) {
            CHECK(random.size() == 64);
            found.insert(label);
        }
        CHECK((std::filesystem::status(path).permissions() & std::filesystem::perms::all) ==
              (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
        return found;
    };
    const std::set<std::string> version_1_3{"CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET",
                                            "CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0", "EXPORTER_SECRET"};
    CHECK(labels(TLS1_3_VERSION, true) == version_1_3);
    CHECK(labels(TLS1_3_VERSION, false) == version_1_3);
    CHECK(labels(TLS1_2_VERSION, true) == std::set<std::string>{"CLIENT_RANDOM"});
    CHECK(labels(TLS1_2_VERSION, false) == std::set<std::string>{"CLIENT_RANDOM"});

    ContextOptions options;
    options.key_log = (folder.path() / "missing" / "keys").string();
    const auto context = Context::make(std::move(options));
    REQUIRE_FALSE(context.has_value());
    CHECK(code_word(context.error().error) == "no_such_file");
    CHECK_THAT(context.error().message, Contains("missing/keys"));
}
