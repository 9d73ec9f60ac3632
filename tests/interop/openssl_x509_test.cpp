#include "tests/support/process.hpp"

#include <catch2/catch.hpp>

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using namespace moonwire::test;

namespace {

/// A folder in which `openssl` and scripts exchange files.
class Exchange
{
public:
    std::string path(const std::string& name) const { return (folder_.path() / name).string(); }

    /// Runs the program openssl; what it has said.
    std::string openssl(std::vector<std::string> arguments) const
    {
        arguments.insert(arguments.begin(), "openssl");
        const Finished program = run(arguments);
        INFO(program.error);
        REQUIRE(program.status == 0);
        return program.output + program.error;
    }

    /// Runs a script that has the variables x509 and folder.
    std::string script(const std::string& source) const
    {
        const std::string head =
            "local x509 = require 'moonwire.x509' local folder = '" + folder_.path().string() + "/'\n";
        const Finished program = run_moonwire({folder_.write("script.lua", head + source)});
        INFO(program.error);
        REQUIRE(program.status == 0);
        return program.output;
    }

private:
    TemporaryFolder folder_;
};

}  // namespace

TEST_CASE("openssl reads what moonwire has made")
{
    const Exchange exchange;
    exchange.script(R"(
        local ca_key, key = x509.key { type = "p384" }, x509.key()
        local ca = x509.authority { key = ca_key, subject = { C = "SE", CN = "Lab CA" } }
        ca:save(folder .. "ca.crt")
        key:save(folder .. "pmu_key.pem")
        key:save(folder .. "secret_key.pem", "open sesame")
        x509.key { type = "p256" }:save(folder .. "p256_key.pem")
        local request = x509.request { key = key, subject = "/C=SE/CN=pmu", names = { "localhost", "127.0.0.1", "::1" } }
        request:save(folder .. "pmu.csr")
        x509.sign { request = request, ca = ca, ca_key = ca_key }:save(folder .. "pmu.crt")
        x509.sign { request = request, ca = ca, ca_key = ca_key, names = {} }:save(folder .. "bare.crt")
        x509.sign { request = request, ca = ca, ca_key = ca_key, not_before = 0, days = 1 }:save(folder .. "old.crt"))");

    CHECK_THAT(exchange.openssl({"rsa", "-in", exchange.path("pmu_key.pem"), "-check", "-noout"}),
               Contains("RSA key ok"));
    exchange.openssl({"pkey", "-in", exchange.path("p256_key.pem"), "-check", "-noout"});
    exchange.openssl({"pkey", "-in", exchange.path("secret_key.pem"), "-passin", "pass:open sesame", "-noout"});
    CHECK(run({"openssl", "pkey", "-in", exchange.path("secret_key.pem"), "-passin", "pass:wrong"}).status != 0);

    const std::string request =
        exchange.openssl({"req", "-in", exchange.path("pmu.csr"), "-verify", "-noout", "-text"});
    CHECK_THAT(request, Contains("verify OK") && Contains("CN = pmu") && Contains("Public-Key: (2048 bit)") &&
                            Contains("DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1"));

    const std::string certificate = exchange.openssl({"x509", "-in", exchange.path("pmu.crt"), "-noout", "-text"});
    CHECK_THAT(certificate, Contains("Issuer: C = SE, CN = Lab CA") && Contains("Subject: C = SE, CN = pmu") &&
                                Contains("CA:FALSE") && Contains("Digital Signature, Key Encipherment") &&
                                Contains("TLS Web Server Authentication") && Contains("DNS:localhost"));
    const std::string ca = exchange.path("ca.crt");
    exchange.openssl({"verify", "-x509_strict", "-CAfile", ca, ca});
    exchange.openssl({"verify", "-x509_strict", "-CAfile", ca, "-purpose", "sslserver", "-verify_hostname", "localhost",
                      exchange.path("pmu.crt")});
    exchange.openssl({"verify", "-CAfile", ca, "-verify_ip", "::1", exchange.path("pmu.crt")});
    // openssl itself takes the CN where there is no subjectAltName.
    exchange.openssl({"verify", "-CAfile", ca, "-verify_hostname", "pmu", exchange.path("bare.crt")});
    const Finished old = run({"openssl", "verify", "-CAfile", ca, exchange.path("old.crt")});
    CHECK(old.status != 0);
    CHECK_THAT(old.error, Contains("certificate has expired"));
}

TEST_CASE("moonwire reads what the lab's openssl commands make, and signs its request")
{
    const Exchange exchange;
    const std::string key = exchange.path("123456_key.pem");
    const std::string request = exchange.path("123456.csr");
    exchange.openssl({"genrsa", "-out", key, "2048"});
    exchange.openssl({"req", "-new", "-key", key, "-out", request, "-subj", "/C=CH/ST=Vaud/O=EPFL/CN=localhost"});
    CHECK(exchange.script(R"(
        local key, request = assert(x509.load_key(folder .. "123456_key.pem")),
                             assert(x509.load_request(folder .. "123456.csr"))
        print(key:info().type, key:info().bits, request:info().subject, #request:info().names)
        print(request:info().key_fingerprint == key:info().fingerprint)
        local ca_key = x509.key { type = "p256" }
        local ca = x509.authority { key = ca_key }
        ca:save(folder .. "ca.crt")
        x509.sign { request = request, ca = ca, ca_key = ca_key }:save(folder .. "123456.crt"))") ==
          "rsa\t2048\tCN=localhost,O=EPFL,ST=Vaud,C=CH\t0\ntrue\n");
    exchange.openssl({"verify", "-CAfile", exchange.path("ca.crt"), exchange.path("123456.crt")});
    const auto modulus = [&](const char* kind, const std::string& file) {
        return exchange.openssl({kind, "-in", file, "-noout", "-modulus"});
    };
    CHECK(modulus("x509", exchange.path("123456.crt")) == modulus("rsa", key));
}

TEST_CASE("moonwire verifies what an authority made with openssl has signed")
{
    const Exchange exchange;
    const std::string key = exchange.path("key.pem");
    exchange.openssl({"genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", key});
    exchange.openssl(
        {"req", "-x509", "-new", "-key", key, "-subj", "/CN=Lab CA", "-days", "30", "-out", exchange.path("ca.crt")});
    exchange.openssl({"req", "-new", "-key", key, "-subj", "/CN=localhost", "-out", exchange.path("pmu.csr")});
    exchange.openssl({"x509", "-req", "-in", exchange.path("pmu.csr"), "-CA", exchange.path("ca.crt"), "-CAkey", key,
                      "-CAcreateserial", "-days", "30", "-out", exchange.path("pmu.crt")});
    // The same with text before the PEM, as `openssl ca` writes certificates.
    exchange.openssl({"x509", "-in", exchange.path("pmu.crt"), "-text", "-out", exchange.path("text.crt")});
    exchange.openssl({"x509", "-in", exchange.path("pmu.crt"), "-outform", "DER", "-out", exchange.path("der.crt")});
    CHECK(exchange.script(R"(
        local ca = folder .. "ca.crt"
        for _, name in ipairs { "pmu.crt", "text.crt" } do
            local certificate = assert(x509.load(folder .. name))[1]
            print(certificate:verify { ca = ca, purpose = "server" }, certificate:info().subject)
            print(certificate:verify { ca = ca, name = "localhost", common_name = true },
                  select(2, certificate:verify { ca = ca, name = "localhost" }).code)
        end
        print(tostring(select(2, x509.load(folder .. "der.crt"))):match("it looks like DER")))") ==
          "true\tCN=localhost\ntrue\twrong_host_name\ntrue\tCN=localhost\ntrue\twrong_host_name\nit looks like DER\n");
}

TEST_CASE("moonwire reads every form of private key that openssl writes")
{
    const Exchange exchange;
    exchange.script(R"(
        x509.key():save(folder .. "rsa.pem")
        x509.key { type = "p256" }:save(folder .. "ec.pem"))");
    const std::string rsa = exchange.path("rsa.pem");
    const std::string ec = exchange.path("ec.pem");
    exchange.openssl({"rsa", "-in", rsa, "-traditional", "-out", exchange.path("rsa-1.pem")});
    exchange.openssl(
        {"rsa", "-in", rsa, "-traditional", "-aes128", "-passout", "pass:secret", "-out", exchange.path("rsa-2.pem")});
    exchange.openssl({"pkcs8", "-topk8", "-in", rsa, "-v2", "aes-256-cbc", "-passout", "pass:secret", "-out",
                      exchange.path("rsa-3.pem")});
    exchange.openssl({"ec", "-in", ec, "-out", exchange.path("ec-1.pem")});
    CHECK(exchange.script(R"(
        local function fingerprint(name, passphrase)
            return assert(x509.load_key(folder .. name, passphrase)):info().fingerprint
        end
        local rsa = fingerprint "rsa.pem"
        print(fingerprint "rsa-1.pem" == rsa, fingerprint("rsa-2.pem", "secret") == rsa, fingerprint("rsa-3.pem", "secret") == rsa)
        print(fingerprint "ec-1.pem" == fingerprint "ec.pem")
        for _, name in ipairs { "rsa-2.pem", "rsa-3.pem" } do
            print(select(2, x509.load_key(folder .. name)).code, select(2, x509.load_key(folder .. name, "wrong")).code)
        end)") == "true\ttrue\ttrue\ntrue\nwrong_passphrase\twrong_passphrase\nwrong_passphrase\twrong_passphrase\n");
}
