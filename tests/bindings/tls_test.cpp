#include "tests/bindings/script.hpp"
#include "tests/support/certificates.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <sstream>

using Catch::Matchers::Contains;
using Catch::Matchers::Matches;
using Catch::Matchers::StartsWith;
using namespace moonwire::test;

namespace {

/// The certificates of these tests, as files.
class Files
{
public:
    Files()
    {
        const Authority authority;
        const Authority other("Other CA");
        folder_.write("ca.pem", authority.certificate().pem());
        folder_.write("other_ca.pem", other.certificate().pem());
        const moonwire::tls::Identity server = authority.issue("localhost");
        save(folder_, "server", server);
        folder_.write("encrypted.key", server.key.pem("open sesame"));
        save(folder_, "www", authority.issue("www", {"www.example.org"}));
        save(folder_, "wild", authority.issue("wild", {"*.example.org"}));
        save(folder_, "alice", authority.issue("alice", {}));
        save(folder_, "mallory", other.issue("mallory", {}));
        save(folder_, "foreign", other.issue("localhost"));
        save(folder_, "self_signed", self_signed(content_for("localhost", {"localhost"})));
        save(folder_, "common_name", authority.issue("localhost", {}));
        save(folder_, "for_clients", authority.issue_for_clients("localhost"));
        auto content = content_for("localhost", {"localhost"});
        content.not_before -= 10 * one_day;
        content.not_after -= 5 * one_day;
        save(folder_, "expired", authority.issue(content));
        content.not_before += 20 * one_day;
        content.not_after += 20 * one_day;
        save(folder_, "future", authority.issue(content));
        folder_.write("damaged.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    }

    std::string path() const { return folder_.path().string(); }

    std::string read(const std::string& name) const
    {
        std::ostringstream text;
        text << std::ifstream(folder_.path() / name).rdbuf();
        return text.str();
    }

private:
    TemporaryFolder folder_;
};

const Files& files()
{
    static const Files made;
    return made;
}

/// What every script here begins with. `attempt` lets a client and a server meet and says what each of them comes to;
/// what they hold is in `client` and `server_side`.
std::string script(const std::string& body)
{
    return "local dir = '" + files().path() + "/'" + R"(
        local function options(wanted, defaults)
            for key, value in pairs(defaults) do
                if wanted[key] == nil then wanted[key] = value end
            end
            return wanted
        end
        local function of_server(wanted)
            return options(wanted or {}, { port = 0, host = "127.0.0.1", certificate = dir .. "server.pem",
                                           key = dir .. "server.key" })
        end
        local function of_client(wanted)
            return options(wanted or {}, { ca = dir .. "ca.pem", name = "localhost" })
        end
        local function identity(name)
            return { certificate = dir .. name .. ".pem", key = dir .. name .. ".key" }
        end
        local client, server_side, client_error, server_error
        local function meet(server, wanted)
            local accepting = task.spawn(function()
                local connection, err = server:accept(30)
                if connection then connection:write("welcome") end
                return connection, err
            end)
            client, client_error = tls.connect("127.0.0.1", server:port(), of_client(wanted))
            server_side, server_error = accepting:join()
            local said
            if client then
                said, client_error = client:read(7)
            end
            return client_error and client_error.code or "good", server_error and server_error.code or "good"
        end
        local function attempt(server_options, client_options)
            local server = assert(tls.listen(of_server(server_options)))
            return meet(server, client_options)
        end
        local function code(value, err) return value == nil and err.code or "no error" end
    )" + body;
}

std::string output(const std::string& body)
{
    return output_of(script(body));
}

std::string misuse(const std::string& body)
{
    return error_of(script(body));
}

}  // namespace

TEST_CASE("a TLS connection has what every connection has")
{
    CHECK(output(R"(
        print(attempt())
        local a, b = server_side, client
        a:write("12345some\r\nline\nkey: value; rest")
        print(b:read(5), b:read_line(), b:read_line(), b:read_until(": "), b:read_until(";"), b:read_some())
        b:write { "one ", "two\n", "three" } b:shutdown()
        for line in a:lines() do print(line) end
        print(code(a:read_some()))
        a:write("answer") print(a:flush(), a:close(), a:close())
        print(b:read_all(), code(b:read(1)), code(b:write("late")))
        print(b:local_address() == "127.0.0.1", select(2, b:peer_address()) == select(2, a:local_address())))") ==
          "good\tgood\n12345\tsome\tline\tkey\tvalue\t rest\none two\nthree\nclosed\ntrue\ttrue\ttrue\n"
          "answer\tclosed\tclosed\ntrue\ttrue\n");
}

TEST_CASE("echo and pipe over TLS, and from TLS to TCP")
{
    CHECK(output(R"(
        attempt()
        local echo = task.spawn(function() return server_side:echo() end)
        client:write(("0123456789"):rep(10000)) client:shutdown()
        print(echo:join()) server_side:close()
        print(#client:read_all())

        attempt()
        local server = assert(tcp.listen { port = 0, host = "127.0.0.1" })
        local out = assert(tcp.connect("127.0.0.1", server:port()))
        local beyond = assert(server:accept())
        local pipe = task.spawn(function() return server_side:pipe(out) end)
        client:write("through the pipe") client:shutdown()
        print(beyond:read_all(), pipe:join()))") == "100000\n100000\nthrough the pipe\t16\n");
}

TEST_CASE("a TLS writer waits for a peer that does not read, and is told what is missing")
{
    CHECK(output(R"(
        attempt()
        local data = ("x"):rep(32 * 1024 * 1024)
        local bytes, err = client:write(data, 1)
        print(bytes, err.code, err.unsent > 0 and err.unsent < #data)
        client:abort()

        attempt()
        local writer = task.spawn(function()
            for _ = 1, 640 do assert(client:write(("x"):rep(100000))) end
        end)
        task.sleep(1)
        print(writer:status())
        local received = 0
        while received < 64000000 do received = received + #assert(server_side:read_some()) end
        writer:join()
        print(received))") == "nil\ttimeout\ttrue\nrunning\n64000000\n");
}

TEST_CASE("what a TLS connection says about itself")
{
    CHECK(output(R"(
        attempt({ alpn = { "mqtt" } }, { alpn = { "h2", "mqtt" } })
        local info = client:tls()
        print(info.version, info.cipher, info.group, info.protocol, info.server_name, info.verified, info.resumed)
        local chain = info.peer_chain
        print(#chain, chain[1].subject, chain[1].issuer, chain[1].names[1], chain[1].names[2], chain[1].key_type,
              chain[1].key_bits, chain[1].not_before < os.time(), chain[1].not_after > os.time())
        print(type(info.handshake_time), #chain[1].sha256, #chain[1].sha1, #chain[1].serial > 20)
        info = server_side:tls()
        print(info.version, info.protocol, info.server_name, info.verified, #info.peer_chain)
        print(client:info().state, client:info().bytes_read)
        print(tostring(client):match("^connection 127.0.0.1:%d+ %-> 127.0.0.1:%d+$") ~= nil))") ==
          "TLSv1.3\tTLS_AES_256_GCM_SHA384\tx25519\tmqtt\tlocalhost\ttrue\tfalse\n"
          "1\tCN=localhost\tCN=Test CA\tlocalhost\t127.0.0.1\tp256\t256\ttrue\ttrue\n"
          "number\t95\t59\ttrue\n"
          "TLSv1.3\tmqtt\tlocalhost\tfalse\t0\n"
          "ESTAB\t7\ntrue\n");
}

TEST_CASE("a server's certificate that is not good enough has a word for why, and the server goes on")
{
    CHECK(output(R"(
        local function try(name, wanted) print(name, attempt(identity(name), wanted)) end
        try("server", { name = "127.0.0.1" })
        try("server", { name = "example.org" })
        try("foreign")
        try("foreign", { ca = { dir .. "ca.pem", dir .. "other_ca.pem" } })
        try("self_signed")
        try("self_signed", { ca = dir .. "self_signed.pem" })
        try("expired")
        try("future")
        try("for_clients")
        try("common_name")
        try("common_name", { common_name = true })
        try("foreign", { verify = false })
        print(client:tls().verified))") ==
          "server\tgood\tgood\n"
          "server\twrong_host_name\tcertificate_refused\n"
          "foreign\tunknown_authority\tcertificate_refused\n"
          "foreign\tgood\tgood\n"
          "self_signed\tself_signed_certificate\tcertificate_refused\n"
          "self_signed\tgood\tgood\n"
          "expired\tcertificate_expired\tcertificate_refused\n"
          "future\tcertificate_not_yet_valid\tcertificate_refused\n"
          "for_clients\twrong_purpose\tcertificate_refused\n"
          "common_name\twrong_host_name\tcertificate_refused\n"
          "common_name\tgood\tgood\n"
          "foreign\tgood\tgood\nfalse\n");
    CHECK_THAT(
        output(R"(
        local server = assert(tls.listen(of_server(identity("expired"))))
        meet(server)
        print(client_error.message)
        print(server_error.client, meet(server, { verify = false })))"),
        Matches("TLS handshake with localhost on connection 127.0.0.1:[0-9]+ -> 127.0.0.1:[0-9]+: the certificate "
                "has expired \\(CN=localhost, valid until [-0-9]+ [:0-9]+ UTC\\)\ntrue\tgood\tgood\n"));
}

TEST_CASE("the host that is connected to is the name, unless another is given")
{
    CHECK(output(R"(
        local server = assert(tls.listen(of_server()))
        local accepting = task.spawn(function() return server:accept() end)
        local client = assert(tls.connect("localhost", server:port(), { ca = dir .. "ca.pem", family = "ipv4" }))
        print(accepting:join():tls().server_name)
        print(code(tls.connect("127.0.0.2", server:port(), { ca = dir .. "ca.pem", timeout = 1 }))))") ==
          "localhost\nrefused\n");
}

TEST_CASE("the certificates of clients: none, optional, required, with both versions")
{
    for (const std::string version : {"1.2", "1.3"}) {
        CAPTURE(version);
        CHECK(output("local version = '" + version + R"('
            local function try(wanted, name)
                local of_client = name and identity(name) or {}
                of_client.min_version, of_client.max_version = version, version
                local client_code, server_code = attempt({ client_certificate = wanted, ca = dir .. "ca.pem" }, of_client)
                local peer = server_side and server_side:tls()
                print(server_code, peer and peer.verified, peer and peer.peer_chain[1] and peer.peer_chain[1].subject)
                return client_code
            end
            try(nil, "mallory")
            try("none", "alice")
            try("optional")
            try("optional", "alice")
            print(try("optional", "mallory"))
            try("required", "alice")
            print(try("required", "mallory"))
            print(try("required")))") ==
              "good\tfalse\tnil\n"
              "good\tfalse\tnil\n"
              "good\tfalse\tnil\n"
              "good\ttrue\tCN=alice\n"
              "unknown_authority\tnil\tnil\ncertificate_refused\n"
              "good\ttrue\tCN=alice\n"
              "unknown_authority\tnil\tnil\ncertificate_refused\n"
              "certificate_required\tnil\tnil\n" +
                  std::string(version == "1.2" ? "no_common_cipher\n" : "certificate_required\n"));
    }
}

TEST_CASE("application protocols: a match, none offered, none in common")
{
    CHECK(output(R"(
        local function try(server, client_offers)
            print(attempt({ alpn = server }, { alpn = client_offers }))
            if client then print(client:tls().protocol, server_side:tls().protocol) end
        end
        try({ "http/1.1", "h2" }, { "h2", "http/1.1" })
        try("mqtt", "mqtt")
        try({ "h2" }, nil)
        try(nil, { "h2" })
        try({ "h2" }, { "mqtt" }))") ==
          "good\tgood\nhttp/1.1\thttp/1.1\n"
          "good\tgood\nmqtt\tmqtt\n"
          "good\tgood\nnil\tnil\n"
          "good\tgood\nnil\tnil\n"
          "no_common_protocol\tno_common_protocol\n");
}

TEST_CASE("certificates by name, whole and with a wildcard")
{
    CHECK(output(R"(
        local server = assert(tls.listen(of_server {
            names = { ["www.example.org"] = identity("www"), ["*.example.org"] = identity("wild") },
        }))
        for _, name in ipairs { "www.example.org", "mail.example.org", "localhost", "127.0.0.1" } do
            meet(server, { name = name })
            print(client:tls().peer_chain[1].subject, server_side:tls().server_name)
        end
        print(meet(server, { name = "a.b.example.org" })))") ==
          "CN=www\twww.example.org\nCN=wild\tmail.example.org\nCN=localhost\tlocalhost\nCN=localhost\tnil\n"
          "wrong_host_name\tcertificate_refused\n");
}

TEST_CASE("versions: the newest of both, and none in common either way")
{
    CHECK(output(R"(
        print(attempt({ max_version = "1.2" })) print(client:tls().version)
        print(attempt({}, { max_version = "1.2" })) print(client:tls().version, client:tls().cipher:match("^TLS_ECDHE_"))
        print(attempt({ min_version = "1.3" }, { max_version = "1.2" }))
        print(attempt({ max_version = "1.2" }, { min_version = "1.3" })))") ==
          "good\tgood\nTLSv1.2\ngood\tgood\nTLSv1.2\tTLS_ECDHE_\n"
          "no_common_version\tno_common_version\nno_common_version\tno_common_version\n");
}

TEST_CASE("ciphers of TLS 1.2")
{
    CHECK(output(R"(
        print(attempt({ ciphers = "ECDHE+CHACHA20", max_version = "1.2" })) print(client:tls().cipher)
        print(attempt({ ciphers = "ECDHE+CHACHA20", max_version = "1.2" }, { ciphers = "ECDHE+AESGCM" })))") ==
          "good\tgood\nTLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256\nno_common_cipher\tno_common_cipher\n");
    CHECK_THAT(misuse("tls.client { ciphers = 'ROT13' }"), Contains("ciphers") && Contains("ROT13"));
    CHECK_THAT(misuse("tls.listen(of_server { ciphers = 'ROT13' })"), Contains("ciphers") && Contains("ROT13"));
}

TEST_CASE("sessions are resumed in TLS 1.2 and 1.3")
{
    for (const std::string version : {"1.2", "1.3"}) {
        CAPTURE(version);
        CHECK(
            output("local version = '" + version + R"('
            local server = assert(tls.listen(of_server { max_version = version }))
            meet(server)
            local session = client:session()
            print(client:tls().resumed, type(session))
            client:close()
            for i = 1, 2 do
                print(meet(server, { session = session }))
                print(client:tls().resumed, server_side:tls().resumed, client:tls().verified,
                      client:tls().peer_chain[1].subject)
                session = client:session()
                client:close()
            end
            local other = assert(tls.listen(of_server { max_version = version }))
            print(meet(other, { session = session }))
            print(client:tls().resumed)
            print(meet(server, { session = session, name = "example.org" })))") ==
            "false\tuserdata\ngood\tgood\ntrue\ttrue\ttrue\tCN=localhost\ngood\tgood\ntrue\ttrue\ttrue\tCN=localhost\n"
            "good\tgood\nfalse\nwrong_host_name\tcertificate_refused\n");
    }
}

TEST_CASE("the session of a connection that was broken off is resumed")
{
    CHECK(output(R"(
        local server = assert(tls.listen(of_server()))
        meet(server)
        local session = client:session()
        client:abort() client = nil
        collectgarbage() collectgarbage()
        print(meet(server, { session = session }))
        print(client:tls().resumed))") == "good\tgood\ntrue\n");
}

TEST_CASE("a TLS connection that is closed or broken off still tells of itself, and its session can be resumed")
{
    for (const std::string end : {"close", "abort"}) {
        CAPTURE(end);
        CHECK(output("local finish = '" + end + R"('
            local server = assert(tls.listen(of_server { max_version = "1.3" }))
            meet(server)
            local before = client:tls()
            client[finish](client) server_side[finish](server_side)
            local info = client:tls()
            for _, name in ipairs { "version", "cipher", "group", "server_name", "handshake_time" } do
                assert(info[name] == before[name], name)
            end
            print(info.verified, info.peer_chain[1].subject, server_side:tls().version)
            repeat task.sleep(0) until not server_side:session()
            print(code(client:read(1)), code(client:write("late")), code(server_side:read(1)), client:close())
            print(meet(server, { session = client:session() }))
            print(client:tls().resumed))") ==
              "true\tCN=localhost\tTLSv1.3\nclosed\tclosed\tclosed\ttrue\ngood\tgood\ntrue\n");
    }
}

TEST_CASE("the key log of client and server, for Wireshark")
{
    const TemporaryFolder folder;
    const std::string path = folder.path().string();
    CHECK(output("local logs = '" + path + R"(/'
        attempt({ key_log = logs .. "server" }, { key_log = logs .. "client" })
        for _, name in ipairs { "server", "client" } do
            local labels = {}
            for line in io.lines(logs .. name) do labels[#labels + 1] = line:match("^[%u_0]+ ") end
            table.sort(labels)
            print(table.concat(labels))
        end
        attempt({ key_log = logs .. "server", max_version = "1.2" }, { key_log = logs .. "client" })
        for _, name in ipairs { "server", "client" } do
            local last
            for line in io.lines(logs .. name) do last = line end
            print(last:match("^CLIENT_RANDOM %x+ %x+$") ~= nil)
        end
        print(code(tls.client { key_log = logs .. "missing/log" })))") ==
          "CLIENT_HANDSHAKE_TRAFFIC_SECRET CLIENT_TRAFFIC_SECRET_0 EXPORTER_SECRET SERVER_HANDSHAKE_TRAFFIC_SECRET "
          "SERVER_TRAFFIC_SECRET_0 \n"
          "CLIENT_HANDSHAKE_TRAFFIC_SECRET CLIENT_TRAFFIC_SECRET_0 EXPORTER_SECRET SERVER_HANDSHAKE_TRAFFIC_SECRET "
          "SERVER_TRAFFIC_SECRET_0 \n"
          "true\ntrue\nno_such_file\n");
}

TEST_CASE("certificates and keys: encrypted, of somebody else, missing, damaged")
{
    CHECK(output(R"(
        local function try(options)
            local context, err = tls.server(of_server(options))
            print(context and "good" or err.code)
            return err and err.message
        end
        local function without(options) options.port, options.host = nil, nil return options end
        local plain = of_server
        of_server = function(options) return without(plain(options)) end
        try { key = dir .. "encrypted.key", passphrase = "open sesame" }
        try { key = dir .. "encrypted.key", passphrase = "guess" }
        try { key = dir .. "encrypted.key" }
        print(try { key = dir .. "alice.key" })
        try { certificate = dir .. "missing.pem" }
        try { certificate = dir .. "damaged.pem" }
        try { certificate = dir .. "server.key" }
        try { key = dir .. "server.pem" }
        try { key = dir .. "missing.key" }
        try { ca = dir .. "missing.pem" }
        try { names = { localhost = { certificate = dir .. "www.pem", key = dir .. "wild.key" } } })") ==
          "good\nwrong_passphrase\nwrong_passphrase\n"
          "key_mismatch\nthe private key is not that of the certificate of CN=localhost\n"
          "no_such_file\nbad_certificate_file\nbad_certificate_file\nbad_key_file\nno_such_file\nno_such_file\n"
          "key_mismatch\n");
}

TEST_CASE("what is wrong with files is told by connect and listen, too")
{
    CHECK(output(R"(
        print(code(tls.listen(of_server { key = dir .. "alice.key" })))
        print(code(tls.connect("127.0.0.1", 1, { ca = dir .. "missing.pem" }))))") == "key_mismatch\nno_such_file\n");
}

TEST_CASE("certificates and keys as PEM text")
{
    const std::string pem = files().read("server.pem");
    const std::string key = files().read("server.key");
    const std::string authority = files().read("ca.pem");
    CHECK(output("local pem, key, ca = [[" + pem + "]], [[" + key + "]], [[" + authority + R"(]]
        print(attempt({ certificate = pem, key = key }, { ca = ca }))
        print(select(2, tls.client { ca = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n" }).message:match(
              "^[^:]*options.ca") ~= nil))") == "good\tgood\ntrue\n");
}

TEST_CASE("contexts are made once and used for many connections")
{
    CHECK(output(R"(
        local server_options = identity("server")
        server_options.alpn = "echo"
        local server = assert(tls.listen { port = 0, host = "127.0.0.1", context = assert(tls.server(server_options)) })
        local context = assert(tls.client { ca = dir .. "ca.pem", alpn = "echo" })
        for i = 1, 3 do
            local accepting = task.spawn(function() return server:accept() end)
            local client = assert(tls.connect("127.0.0.1", server:port(), { context = context, name = "localhost" }))
            print(client:tls().protocol, accepting:join():tls().protocol)
        end)") == "echo\techo\necho\techo\necho\techo\n");
}

TEST_CASE("wrap: TLS over a connection that has begun in plain")
{
    CHECK(output(R"(
        local server = assert(tcp.listen { port = 0, host = "127.0.0.1" })
        local serving = task.spawn(function()
            local plain = assert(server:accept())
            plain:write("220 ready\n")
            print(plain:read_line())
            plain:write("220 go ahead\n")
            local secured = assert(tls.wrap(plain, { context = assert(tls.server(identity("server"))), timeout = 5 }))
            print(secured:read_line())
            secured:write("secret answer\n")
            secured:close()
        end)
        local plain = assert(tcp.connect("127.0.0.1", server:port(), { read_timeout = 9 }))
        print(plain:read_line())
        plain:write("STARTTLS\n")
        print(plain:read_line())
        local secured = assert(tls.wrap(plain, { context = assert(tls.client { ca = dir .. "ca.pem" }), name = "localhost" }))
        plain = nil
        collectgarbage() collectgarbage()
        task.sleep(10)
        secured:write("secret question\n")
        print(secured:read_all(), secured:tls().verified)
        serving:join())") == "220 ready\nSTARTTLS\n220 go ahead\nsecret question\nsecret answer\n\ttrue\n");
}

TEST_CASE("wrap: TLS in TLS, and failures")
{
    CHECK(output(R"(
        attempt()
        local server_context, client_context = assert(tls.server(identity("server"))), assert(tls.client { ca = dir .. "ca.pem" })
        local inner = task.spawn(function() return tls.wrap(server_side, { context = server_context }) end)
        local b = assert(tls.wrap(client, { context = client_context, name = "localhost" }))
        local a = assert(inner:join())
        a:write(("x"):rep(1000000)) a:close()
        print(#b:read_all(), (b:peer_address()))

        attempt()
        local inner = task.spawn(function() return tls.wrap(server_side, { context = server_context }) end)
        print(code(tls.wrap(client, { context = client_context, name = "example.org" })), code(inner:join()))

        attempt()
        print(code(tls.wrap(client, { context = client_context, name = "localhost", timeout = 3 }))))") ==
          "1000000\t127.0.0.1\nwrong_host_name\tcertificate_refused\ntimeout\n");
}

TEST_CASE("a connection that was wrapped is the TLS connection: nothing goes out in plain, and serve closes it")
{
    CHECK(output(R"(
        local server = assert(tcp.listen { port = 0, host = "127.0.0.1" })
        local context = assert(tls.server(identity("server")))
        task.spawn(function()
            server:serve(function(connection)
                local secured = assert(tls.wrap(connection, { context = context }))
                print(secured == connection, connection:read_line())
                connection:write("until the end")
            end)
        end)
        local connection = assert(tcp.connect("127.0.0.1", server:port()))
        assert(tls.wrap(connection, { context = assert(tls.client { ca = dir .. "ca.pem" }), name = "localhost" }))
        connection:write("hello\n")
        print(connection:read_all()))") == "true\thello\nuntil the end\n");
}

TEST_CASE("a connection that only its handshake holds is not collected")
{
    CHECK(output(R"(
        local server = assert(tcp.listen { port = 0, host = "127.0.0.1" })
        local context = assert(tls.server(identity("server")))
        local serving = task.spawn(function()
            local secured = assert(tls.wrap(server:accept(), { context = context }))
            print(secured:read_line())
        end)
        local plain = assert(tcp.connect("127.0.0.1", server:port()))
        task.sleep(1)
        collectgarbage() collectgarbage()
        assert(tls.wrap(plain, { context = assert(tls.client { ca = dir .. "ca.pem" }), name = "localhost" })):write("hello\n")
        serving:join())") == "hello\n");
}

TEST_CASE("plain text to a TLS port is no TLS, and the server goes on, so is a plain server to a TLS client")
{
    CHECK(output(R"(
        local server = assert(tls.listen(of_server()))
        local plain = assert(tcp.connect("127.0.0.1", server:port()))
        plain:write("GET / HTTP/1.1\r\n\r\n")
        local connection, err = server:accept()
        print(connection, err.code, err.client)
        print(meet(server))

        local plain_server = assert(tcp.listen { port = 0, host = "127.0.0.1" })
        task.spawn(function() plain_server:serve(function(conn) conn:write("220 ready\r\n") conn:read_all() end) end)
        print(code(tls.connect("127.0.0.1", plain_server:port(), of_client()))))") ==
          "nil\tnot_tls\ttrue\ngood\tgood\nnot_tls\n");
}

TEST_CASE("serve and clients report whom they turn away, and go on")
{
    const std::string serving = R"(
        local server = assert(tls.listen(of_server()))
        local serving = task.spawn(function()
            SERVE
        end)
        local plain = assert(tcp.connect("127.0.0.1", server:port()))
        plain:write("hello, is anybody there?\n")
        plain:read_all()
        local client = assert(tls.connect("127.0.0.1", server:port(), of_client()))
        print(client:read_line())
        server:close()
        serving:join())";
    const auto run = [&](const std::string& serve) {
        std::string source = serving;
        return run_script(script(source.replace(source.find("SERVE"), 5, serve)));
    };
    const Ran served = run("server:serve(function(conn) conn:write('well\\n') end)");
    CHECK(served.output == "well\n");
    CHECK_THAT(served.diagnostics,
               StartsWith("moonwire: TLS handshake with connection 127.0.0.1:") && Contains("what arrived is not TLS"));
    const Ran iterated = run("for conn in server:clients() do conn:write('well\\n') conn:close() end");
    CHECK(iterated.output == "well\n");
    CHECK_THAT(iterated.diagnostics, Contains("what arrived is not TLS"));
    const Ran told =
        run("server:serve(function(conn) conn:write('well\\n') end, { refused = function(err) print(err.code) end })");
    CHECK(told.output == "not_tls\nwell\n");
    CHECK(told.diagnostics.empty());
}

TEST_CASE("clients that stall in the handshake: limits of time and number")
{
    CHECK(output(R"(
        local server = assert(tls.listen(of_server { handshake_timeout = 3, max_handshakes = 2 }))
        local stalled = {}
        for i = 1, 4 do stalled[i] = assert(tcp.connect("127.0.0.1", server:port())) end
        local start = clock.now()
        for i = 1, 4 do
            local connection, err = server:accept()
            print(connection, err.code, err.client, math.floor(clock.now() - start + 0.5))
        end
        print(meet(server))
        print(code(server:accept(1)), select(2, server:accept(1)).client))") ==
          "nil\ttimeout\ttrue\t3\nnil\ttimeout\ttrue\t3\nnil\ttimeout\ttrue\t6\nnil\ttimeout\ttrue\t6\n"
          "good\tgood\ntimeout\tfalse\n");
}

TEST_CASE("time limits and cancellation of a TLS client")
{
    CHECK(output(R"(
        local silent = assert(tcp.listen { port = 0, host = "127.0.0.1" })
        local start = clock.now()
        print(code(tls.connect("127.0.0.1", silent:port(), of_client { timeout = 3 })), math.floor(clock.now() - start))
        print(code(task.timeout(2, function() return tls.connect("127.0.0.1", silent:port(), of_client()) end)))
        local server = assert(tls.listen(of_server()))
        print(code(task.timeout(2, function() return server:accept() end)))
        print(meet(server))
        print(code(client:read(1, 2)))
        server_side:write("x")
        print(client:read(1))
        client:set { read_timeout = 4 }
        start = clock.now()
        print(code(client:read(1)), math.floor(clock.now() - start)))") ==
          "timeout\t3\ntimeout\ntimeout\ngood\tgood\ntimeout\nx\ntimeout\t4\n");
}

TEST_CASE("a TLS connection that was cut off says so, with what had arrived")
{
    CHECK(output(R"(
        local server = assert(tcp.listen { port = 0, host = "127.0.0.1" })
        task.spawn(function()
            local plain = assert(server:accept())
            local secured = assert(tls.listen(of_server()))
            local through = assert(tcp.connect("127.0.0.1", secured:port()))
            task.spawn(function() plain:pipe(through) end)
            task.spawn(function() while true do plain:write(through:read_some()) end end)
            assert(secured:accept()):write("half an ans")
            task.sleep(1)
            plain:shutdown()
        end)
        local client = assert(tls.connect("127.0.0.1", server:port(), of_client()))
        local data, err = client:read_all()
        print(data, err.code, err.partial))") == "nil\ttruncated\thalf an ans\n");
}

TEST_CASE("an engine closes the TLS connections that its script has left open, in order")
{
    CHECK(output(R"(
        local server = assert(tls.listen(of_server()))
        local done = task.spawn(function()
            local connection = assert(server:accept())
            connection = nil
            collectgarbage() collectgarbage()
        end)
        local client = assert(tls.connect("127.0.0.1", server:port(), of_client()))
        print(code(client:read(1))))") == "closed\n");
}

TEST_CASE("misuse of TLS names the argument and what was expected")
{
    CHECK_THAT(misuse("tls.connect()"), Contains("bad argument #1 (host) to 'connect'"));
    CHECK_THAT(misuse("tls.connect('localhost', 70000)"), Contains("port") && Contains("from 1 to 65535"));
    CHECK_THAT(misuse("tls.connect('localhost', 1, { verfy = false })"), Contains("verfy") && Contains("verify"));
    CHECK_THAT(misuse("tls.connect('localhost', 1, { max_version = '1.1' })"),
               Contains("options.max_version") && Contains("1.2") && Contains("1.3"));
    CHECK_THAT(misuse("tls.connect('localhost', 1, { min_version = '1.3', max_version = '1.2' })"),
               Contains("options.min_version: expected at most options.max_version"));
    CHECK_THAT(misuse("tls.connect('localhost', 1, { context = 5 })"),
               Contains("options.context: expected what tls.client returned"));
    CHECK_THAT(misuse("tls.connect('localhost', 1, { context = tls.server(identity 'server') })"),
               Contains("options.context: expected what tls.client returned"));
    CHECK_THAT(misuse("tls.connect('localhost', 1, { context = tls.client {}, ca = 'x' })"), Contains("ca"));
    CHECK_THAT(misuse("tls.connect('localhost', 1, { session = 'x' })"),
               Contains("options.session: expected what connection:session() returned"));
    CHECK_THAT(misuse("tls.connect('localhost', 1, { certificate = dir .. 'alice.pem' })"),
               Contains("options.certificate: options.key, its private key, is missing"));
    CHECK_THAT(misuse("tls.client { key = dir .. 'alice.key' }"),
               Contains("options.key: options.certificate, which it belongs to, is missing"));
    CHECK_THAT(misuse("tls.connect('localhost\\0.example.org', 1)"), Contains("bad argument #1 (host)"));
    CHECK_THAT(misuse("tls.connect('localhost', 1, { name = 'localhost\\0.example.org' })"), Contains("options.name"));
    CHECK_THAT(misuse("tls.connect('localhost', 1, { name = ('x'):rep(256) })"), Contains("options.name"));
    CHECK_THAT(misuse("tls.client { alpn = { '' } }"), Contains("options.alpn") && Contains("1 to 255 bytes"));
    CHECK_THAT(misuse("tls.client { names = {} }"), Contains("names"));
    CHECK_THAT(misuse("tls.server { verify = true }"), Contains("verify"));
    CHECK_THAT(misuse("tls.server {}"), Contains("options.certificate: a server needs its certificate and its key"));
    CHECK_THAT(misuse("tls.listen { port = 0 }"),
               Contains("options.certificate: a server needs its certificate and its key"));
    CHECK_THAT(misuse("tls.listen()"), Contains("{ port = 0 }"));
    CHECK_THAT(misuse("tls.listen(of_server { client_certificate = 'yes' })"),
               Contains("options.client_certificate") && Contains("required"));
    CHECK_THAT(misuse("tls.listen(of_server { max_handshakes = 0 })"), Contains("options.max_handshakes"));
    CHECK_THAT(misuse("tls.listen(of_server { names = 'localhost' })"), Contains("options.names"));
    CHECK_THAT(misuse("tls.listen(of_server { names = { localhost = 1 } })"), Contains("options.names"));
    CHECK_THAT(misuse("tls.listen(of_server { names = { localhost = { certificate = dir .. 'www.pem' } } })"),
               Contains("key"));
    CHECK_THAT(misuse("tls.listen(of_server { names = { localhost = {} } })"), Contains("options.names"));
    CHECK_THAT(misuse("tls.wrap(5, {})"), Contains("expected a connection"));
    CHECK_THAT(misuse("attempt() tls.wrap(client, {})"),
               Contains("options.context: expected what tls.client or tls.server returned"));
    CHECK_THAT(misuse("attempt() tls.wrap(client, { context = tls.client {} })"), Contains("options.name"));
    CHECK_THAT(misuse("attempt() tls.wrap(client, { context = tls.server(identity 'server'), name = 'x' })"),
               Contains("name"));
    CHECK_THAT(misuse("attempt() task.spawn(function() client:read(1) end) task.sleep(0) "
                      "tls.wrap(client, { context = tls.client {}, name = 'x' })"),
               Contains("another task is reading from this connection already"));
    CHECK_THAT(misuse("attempt() task.spawn(function() "
                      "tls.wrap(client, { context = tls.client {}, name = 'x' }) end) task.sleep(0) "
                      "tls.wrap(client, { context = tls.client {}, name = 'x' })"),
               Contains("this connection already"));
    CHECK_THAT(misuse("local server = tls.listen(of_server()) task.spawn(function() server:accept() end) task.sleep(0) "
                      "server:accept()"),
               Contains("another task is accepting from this server already"));
    CHECK_THAT(misuse("local plain = tcp.listen { port = 0 } tls.connect('localhost', plain:port()).tls(plain)"),
               !Contains("DID NOT FAIL"));
}
