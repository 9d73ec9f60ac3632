#include "tests/support/process.hpp"
#include "tests/support/socket.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <iterator>
#include <memory>
#include <vector>

using Catch::Matchers::Contains;
using namespace moonwire::test;

namespace {

std::string messages(int count)
{
    std::string text;
    for (int i = 0; i < count; ++i) {
        text += "This is PMU data " + std::to_string(i) + "\n";
    }
    return text;
}

/// A folder with what the role `ca` makes, quickly.
struct Files {
    Files()
    {
        const Finished made = run_moonwire({"run", "pmu/tls", "ca", folder.path().string(), "--key-type", "p256"});
        INFO(made.error);
        REQUIRE(made.status == 0);
    }

    std::string operator()(const std::string& name) const { return (folder.path() / name).string(); }

    /// Has Lua make more: `ca`, `ca_key`, `key` and `request` are what the role has made.
    void make(const std::string& code) const
    {
        const Finished made = run_moonwire({"-e",
                                            "local x509, clock = require 'moonwire.x509', require 'moonwire.clock'\n"
                                            "local folder = [[" +
                                                folder.path().string() +
                                                "]] .. '/'\n"
                                                "local ca = assert(x509.load(folder .. 'ca.crt'))[1]\n"
                                                "local ca_key = assert(x509.load_key(folder .. 'ca_key.pem'))\n"
                                                "local key = assert(x509.load_key(folder .. 'pmu_key.pem'))\n"
                                                "local request = assert(x509.load_request(folder .. 'pmu.csr'))\n" +
                                                code});
        INFO(made.error);
        REQUIRE(made.status == 0);
    }

    TemporaryFolder folder;
};

struct Pmu {
    Pmu(const std::string& certificate, const std::string& key, std::vector<std::string> flags = {})
        : process(arguments(certificate, key, std::move(flags))), port(port_of(process.wait_for_error("ready on")))
    {
    }

    static std::vector<std::string> arguments(const std::string& certificate, const std::string& key,
                                              std::vector<std::string> flags)
    {
        flags.insert(flags.begin(), {"pmu/tls", "pmu", "0", certificate, key});
        return moonwire_run(std::move(flags));
    }

    Process process;
    std::string port;
};

Finished pdc(const std::string& port, const std::string& ca, std::vector<std::string> flags = {})
{
    flags.insert(flags.begin(), {"run", "pmu/tls", "pdc", "CMD_short:0", ca, "--port", port});
    return run_moonwire(std::move(flags));
}

std::string content(const std::string& path)
{
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("pmu/tls: all roles in one process")
{
    const Finished run = run_moonwire({"run", "pmu/tls", "--port", "0", "--key-type", "p256"});
    CHECK(run.status == 0);
    CHECK(run.output == messages(10));
    CHECK_THAT(run.error,
               Contains("pdc: TLSv1.3, TLS_AES_256_GCM_SHA384, key exchange x25519\n") &&
                   Contains("certificate 0: CN=localhost,O=PMU Lab, issued by CN=PMU Lab CA, valid until 20"));
}

TEST_CASE("pmu/tls: the authority's files, and the secrets for Wireshark")
{
    const Files files;
    const Pmu pmu(files("pmu.crt"), files("pmu_key.pem"), {"--key-log", files("server.log")});
    const Finished run = pdc(pmu.port, files("ca.crt"), {"--key-log", files("client.log")});
    INFO(run.error);
    CHECK(run.status == 0);
    CHECK(run.output == messages(10));
    for (const char* log : {"client.log", "server.log"}) {
        CHECK_THAT(content(files(log)), Contains("CLIENT_HANDSHAKE_TRAFFIC_SECRET ") &&
                                            Contains("SERVER_TRAFFIC_SECRET_0 ") && Contains("EXPORTER_SECRET "));
    }
}

TEST_CASE("pmu/tls: the authority signs again without making itself anew")
{
    const Files files;
    const std::string ca = content(files("ca.crt"));
    const std::string certificate = content(files("pmu.crt"));
    CHECK(run_moonwire({"run", "pmu/tls", "ca", files.folder.path().string(), "--key-type", "p256"}).status == 0);
    CHECK(content(files("ca.crt")) == ca);
    CHECK(content(files("pmu.crt")) != certificate);

    files.folder.write("ca.crt", "something else\n");
    const Finished damaged = run_moonwire({"run", "pmu/tls", "ca", files.folder.path().string()});
    CHECK(damaged.status == 1);
    CHECK_THAT(damaged.error, Contains("ca.crt: no certificate in it"));
    CHECK(content(files("ca.crt")) == "something else\n");
}

TEST_CASE("pmu/tls: the PDC refuses each bad certificate, and says why, the PMU goes on")
{
    const Files files;
    struct Case {
        const char* made;
        const char* reason;
    };
    const Case bad = GENERATE(
        Case{"x509.sign { request = request, ca = ca, ca_key = ca_key, not_before = clock.time() - 200, "
             "not_after = clock.time() - 100 }",
             "the certificate has expired"},
        Case{"x509.sign { request = request, ca = ca, ca_key = ca_key, not_before = clock.time() + 1000, days = 2 }",
             "the certificate is not valid yet"},
        Case{"x509.sign { request = request, ca = ca, ca_key = ca_key, names = { 'pmu.example.org' } }",
             "the certificate is another host's"},
        Case{"x509.self_signed { key = key, subject = '/CN=localhost', names = { 'localhost' } }",
             "the certificate is self-signed"},
        Case{"x509.sign { request = request, ca_key = key, ca = x509.authority { key = key, "
             "subject = { CN = 'Somebody' } } }",
             "none of the trusted authorities has signed the certificate"});
    files.make("assert((" + std::string(bad.made) + "):save(folder .. 'bad.crt'))");
    Pmu pmu(files("bad.crt"), files("pmu_key.pem"));
    for (int i = 0; i < 2; ++i) {
        const Finished run = pdc(pmu.port, files("ca.crt"));
        CHECK(run.status == 1);
        CHECK(run.output.empty());
        CHECK_THAT(run.error, Contains("TLS handshake with localhost") && Contains(bad.reason));
        CHECK_THAT(pmu.process.wait_for_error("turned away"), Contains("the peer does not accept"));
    }
}

TEST_CASE("pmu/tls: a certificate with a name in its subject only, as openssl makes it")
{
    const Files files;
    files.make(
        "assert(x509.sign { request = request, ca = ca, ca_key = ca_key, names = {} }):save(folder .. 'cn.crt')");
    const Pmu pmu(files("cn.crt"), files("pmu_key.pem"));
    CHECK(pdc(pmu.port, files("ca.crt")).output == messages(10));
    const Finished strict = pdc(pmu.port, files("ca.crt"), {"--no-common-name"});
    CHECK(strict.status == 1);
    CHECK_THAT(strict.error, Contains("the certificate is another host's"));
}

TEST_CASE("pmu/tls: files that are not what they should be end the PMU before it serves")
{
    const Files files;
    files.make("assert(key:save(folder .. 'locked.pem', 'open sesame'))");
    const auto pmu = [&](const std::string& certificate, const std::string& key, std::vector<std::string> flags) {
        flags.insert(flags.begin(), {"run", "pmu/tls", "pmu", "0", files(certificate), files(key)});
        const Finished run = run_moonwire(std::move(flags));
        CHECK(run.status == 1);
        return run.error;
    };
    CHECK_THAT(pmu("none.crt", "pmu_key.pem", {}), Contains("none.crt: no such file"));
    CHECK_THAT(pmu("pmu_key.pem", "pmu_key.pem", {}), Contains("pmu_key.pem: no certificate in it"));
    CHECK_THAT(pmu("pmu.crt", "pmu.crt", {}), Contains("pmu.crt: no private key in it"));
    CHECK_THAT(pmu("pmu.crt", "ca_key.pem", {}), Contains("the private key is not that of the certificate"));
    CHECK_THAT(pmu("pmu.crt", "locked.pem", {}), Contains("locked.pem"));
    CHECK_THAT(pmu("pmu.crt", "locked.pem", {"--passphrase", "wrong"}), Contains("passphrase"));

    const Pmu unlocked(files("pmu.crt"), files("locked.pem"), {"--passphrase", "open sesame"});
    CHECK(pdc(unlocked.port, files("ca.crt")).status == 0);
}

TEST_CASE("pmu/tls: plain text, silence and resets cost nobody else anything")
{
    const Files files;
    Pmu pmu(files("pmu.crt"), files("pmu_key.pem"));
    const Client silent(pmu.port);
    Client plain(pmu.port);
    plain.send("CMD_short:0\r\n\r\n");
    CHECK_THAT(pmu.process.wait_for_error("turned away"), Contains("what arrived is not TLS"));
    Client(pmu.port).reset();
    std::vector<std::unique_ptr<Process>> pdcs;
    for (int i = 0; i < 10; ++i) {
        pdcs.push_back(std::make_unique<Process>(
            moonwire_run({"pmu/tls", "pdc", "CMD_short:0.01", files("ca.crt"), "--port", pmu.port})));
    }
    for (const auto& process : pdcs) {
        CHECK(process->wait() == 0);
        CHECK(process->output() == messages(10));
    }
}

TEST_CASE("pmu/tls: the PDC against a server that does not speak TLS")
{
    const Files files;
    Process plain(moonwire_run({"pmu/tcp", "pmu", "--port", "0"}));
    const Finished run = pdc(port_of(plain.wait_for_error("ready on")), files("ca.crt"));
    CHECK(run.status == 1);
    CHECK_THAT(run.error, Contains("TLS handshake with localhost"));
}
