// WebSocket over TLS.
#include "tests/bindings/ws_script.hpp"
#include "tests/support/certificates.hpp"

#include <catch2/catch.hpp>

using namespace moonwire::test;

namespace {

/// A script with certificates in `dir`: server.pem for localhost, client.pem, ca.pem, and other.pem of an unknown CA.
std::string with_certificates(const std::string& body)
{
    static const TemporaryFolder folder;
    static const bool made = [] {
        const Authority authority;
        folder.write("ca.pem", authority.certificate().pem());
        save(folder, "server", authority.issue("localhost"));
        save(folder, "client", authority.issue("alice", {}));
        save(folder, "other", Authority("Other CA").issue("localhost"));
        return true;
    }();
    REQUIRE(made);
    return ws_script("local dir = '" + folder.path().string() + R"(/'
        local function identity(name)
            return { certificate = dir .. name .. ".pem", key = dir .. name .. ".key" }
        end
        local function secure(server_tls, client_tls, server_options)
            server_options = server_options or {}
            server_options.tls = server_tls
            listen(server_options)
            local accepting = task.spawn(function() return server:accept(20) end)
            local err, refused
            b, err = ws.connect("wss://localhost:" .. server:port() .. "/chat", { tls = client_tls })
            if b then b:send("hello") end
            a, refused = accepting:join()
            return b and a and a:receive() or err and err.code, refused and refused.code
        end
    )" + body);
}

}  // namespace

TEST_CASE("wss: the server's certificate is verified, and the client's where the server asks for one")
{
    CHECK(output_of(with_certificates(R"(
        print(secure(identity("server"), { ca = dir .. "ca.pem" }))
        print(a:tls().version, b:tls().verified, b:tls().server_name, a:request().target)
        print(secure(identity("server"), {}))
        print(secure(identity("server"), { verify = false }))
        print(secure(identity("other"), { ca = dir .. "ca.pem" }))
        print(secure(identity("server"), { ca = dir .. "ca.pem", name = "example.org" }))
        local asking = identity("server")
        asking.client_certificate, asking.ca = "required", dir .. "ca.pem"
        print((secure(asking, { ca = dir .. "ca.pem" })))
        local alice = identity("client")
        alice.ca = dir .. "ca.pem"
        print(secure(asking, alice))
        print(a:tls().verified, a:tls().peer_chain[1].subject)
        print(secure(assert(tls.server(identity("server"))), assert(tls.client { ca = dir .. "ca.pem" })))
        )")) ==
          "hello\tnil\nTLSv1.3\ttrue\tlocalhost\t/chat\nunknown_authority\tcertificate_refused\nhello\tnil\n"
          "unknown_authority\tcertificate_refused\nwrong_host_name\tcertificate_refused\n"
          "certificate_required\nhello\tnil\ntrue\tCN=alice\nhello\tnil\n");
}

TEST_CASE("wss and ws do not understand each other, and say so")
{
    CHECK(output_of(with_certificates(R"(
        listen { tls = identity("server") }
        local accepting = task.spawn(function() return server:accept() end)
        print(code(ws.connect(url())))
        print(code(accepting:join()))
        listen()
        local accepting = task.spawn(function() return server:accept() end)
        print(code(ws.connect("wss://localhost:" .. server:port(), { tls = { verify = false } })))
        print(code(accepting:join())))")) == "closed\nnot_tls\ntimeout\ntimeout\n");
}
