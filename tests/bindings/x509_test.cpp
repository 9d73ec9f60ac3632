#include "tests/bindings/script.hpp"
#include "tests/support/process.hpp"

#include <catch2/catch.hpp>

using Catch::Matchers::Contains;
using namespace moonwire::test;

namespace {

// An authority, a server's key and request; `sign` makes its certificate.
const std::string lab = R"(
    local ca_key = x509.key { type = "p256" }
    local ca = x509.authority { key = ca_key, subject = { C = "SE", CN = "Lab CA" } }
    local key = x509.key { type = "p256" }
    local request = x509.request { key = key, subject = "/C=SE/CN=pmu", names = { "localhost", "127.0.0.1" } }
    local function sign(options)
        options = options or {}
        options.request, options.ca, options.ca_key = options.request or request, ca, options.ca_key or ca_key
        return x509.sign(options)
    end
    local function code(_, err) return err and err.code or "good" end
)";

std::string in_folder(const TemporaryFolder& folder, const std::string& source)
{
    return "local folder = '" + folder.path().string() + "/'\n" + lab + source;
}

}  // namespace

TEST_CASE("a script makes keys, requests and certificates")
{
    CHECK(output_of(lab + R"(
        local certificate = assert(sign())
        local info = certificate:info()
        print(info.subject, info.issuer, info.issuer_fields.CN, table.concat(info.names, " "), info.is_authority)
        print(info.key_type, info.key_bits, info.key_fingerprint == key:info().fingerprint, info.signature_algorithm)
        print(math.abs(info.not_before - clock.time()) < 2, info.not_after - info.not_before == 365 * 86400)
        print(request:info().subject_fields.CN, #request:info().names, ca:info().is_authority, ca:info().subject)
        print(certificate:matches(key), certificate:matches(ca_key))
        print(certificate, request, key)
        print(x509.key { type = "p384" }:info().type, #x509.self_signed { key = key, names = { "::1" } }:info().names))") ==
          "CN=pmu,C=SE\tCN=Lab CA,C=SE\tLab CA\tlocalhost 127.0.0.1\tfalse\n"
          "p256\t256\ttrue\tecdsa-with-SHA256\n"
          "true\ttrue\n"
          "pmu\t2\ttrue\tCN=Lab CA,C=SE\n"
          "true\tfalse\n"
          "certificate of CN=pmu,C=SE\tcertificate request of CN=pmu,C=SE\tprivate key p256\n"
          "p384\t1\n");
}

TEST_CASE("the default key is the lab's, RSA with 2048 bits")
{
    CHECK(output_of("local info = x509.key():info() print(info.type, info.bits)") == "rsa\t2048\n");
}

TEST_CASE("verification says what is wrong with a certificate")
{
    CHECK(output_of(lab + R"(
        local certificate = assert(sign())
        print(certificate:verify { ca = ca }, certificate:verify { ca = { ca }, name = "localhost", purpose = "server" })
        print(code(certificate:verify { ca = ca, name = "example.org" }), code(certificate:verify {}))
        print(code(ca:verify { ca = ca, purpose = "client" }))
        print(code(x509.self_signed { key = key }:verify { ca = ca }))
        local day = 86400
        print(code(certificate:verify { ca = ca, time = clock.time() + 366 * day }))
        print(code(sign { not_before = clock.time() + day }:verify { ca = ca }))
        print(code(sign { not_before = clock.time() - 2 * day, days = 1 }:verify { ca = ca }))
        local middle_key = x509.key { type = "p256" }
        local middle = sign { request = x509.request { key = middle_key }, authority = true }
        local leaf = x509.sign { request = request, ca = middle, ca_key = middle_key }
        print(code(leaf:verify { ca = ca }), leaf:verify { ca = ca, intermediates = middle }))") ==
          "true\ttrue\nwrong_host_name\tunknown_authority\nwrong_purpose\nself_signed_certificate\n"
          "certificate_expired\ncertificate_not_yet_valid\ncertificate_expired\nunknown_authority\ttrue\n");
}

TEST_CASE("a certificate without alternative names is for its common name only on request")
{
    CHECK(output_of(lab + R"(
        local certificate = sign { names = {} }
        print(#certificate:info().names, code(certificate:verify { ca = ca, name = "pmu" }))
        print(certificate:verify { ca = ca, name = "pmu", common_name = true }))") == "0\twrong_host_name\ntrue\n");
}

TEST_CASE("an authority's certificate and key must belong together")
{
    CHECK(output_of(lab + "print(code(sign { ca_key = key }))") == "key_mismatch\n");
}

TEST_CASE("files hold what was saved")
{
    const TemporaryFolder folder;
    CHECK(output_of(in_folder(folder, R"(
        assert(key:save(folder .. "pmu.key"))
        assert(key:save(folder .. "secret.key", "open sesame"))
        assert(request:save(folder .. "pmu.csr"))
        local certificate = sign { request = assert(x509.load_request(folder .. "pmu.csr")) }
        assert(certificate:save(folder .. "pmu.crt"))
        assert(x509.save(folder .. "chain.pem", { certificate, ca }))
        local function same(other) return other:info().fingerprint == key:info().fingerprint end
        print(same(x509.load_key(folder .. "pmu.key")), same(x509.load_key(folder .. "secret.key", "open sesame")))
        print(same(x509.read_key(key:pem())), same(x509.read_key(key:pem("x"), "x")))
        local chain = assert(x509.load(folder .. "chain.pem"))
        print(#chain, chain[1]:info().sha256 == certificate:info().sha256, chain[1]:verify { ca = folder .. "chain.pem" })
        print(x509.read(certificate:pem() .. ca:pem())[2]:info().subject, x509.read_request(request:pem()):info().subject)
        print(key:public_pem():match("PUBLIC KEY"))
        )")) == "true\ttrue\ntrue\ttrue\n2\ttrue\ttrue\nCN=Lab CA,C=SE\tCN=pmu,C=SE\nPUBLIC KEY\n");
}

TEST_CASE("files that cannot be used are errors with a code and a message")
{
    const TemporaryFolder folder;
    folder.write("garbage", "garbage\n");
    const std::string output = output_of(in_folder(folder, R"(
        key:save(folder .. "secret.key", "open sesame")
        local certificate = sign()
        print(select(2, x509.load(folder .. "none")))
        print(select(2, x509.load(folder .. "secret.key")))
        print(code(x509.load_key(folder .. "none")), code(x509.load(folder .. "garbage")),
              code(x509.load_key(folder .. "garbage")), code(x509.load_request(folder .. "garbage")))
        print(code(x509.load_key(folder .. "secret.key")), code(x509.load_key(folder .. "secret.key", "x")))
        print(code(certificate:verify { ca = folder .. "none" }), code(certificate:save(folder .. "none/x")))
        print(code(x509.read(certificate:pem():sub(1, 200))))
        )"));
    CHECK_THAT(output, Contains("cannot read " + folder.path().string() + "/none: no such file\n"));
    CHECK_THAT(output, Contains("secret.key: no certificate in it (it has: ENCRYPTED PRIVATE KEY)\n"));
    CHECK_THAT(output, Contains("no_such_file\tbad_certificate_file\tbad_key_file\tbad_certificate_file\n"
                                "wrong_passphrase\twrong_passphrase\nno_such_file\tno_such_file\n"
                                "bad_certificate_file\n"));
}

TEST_CASE("misuse names the argument and what was expected")
{
    const auto error = [](const std::string& source) { return error_of(lab + source); };
    CHECK_THAT(error("x509.key { bits = 1024 }"), Contains("options.bits: expected an integer from 2048 to 8192"));
    CHECK_THAT(error("x509.key { type = 'p256', bits = 2048 }"), Contains("only RSA keys"));
    CHECK_THAT(error("x509.key { type = 'dsa' }"), Contains("options.type: expected one of \"rsa\", \"p256\""));
    CHECK_THAT(error("x509.request {}"), Contains("options.key: expected a private key") && Contains("got nil"));
    CHECK_THAT(error("x509.request { key = ca }"), Contains("options.key: expected a private key"));
    CHECK_THAT(error("x509.request()"), Contains("expected a table of options"));
    CHECK_THAT(error("x509.request { key = key, subject = { CNN = 'x' } }"),
               Contains("test.lua:") && Contains("subject"));
    CHECK_THAT(error("x509.request { key = key, subject = '/CN=a/X=b' }"), Contains("unknown field \"X\""));
    CHECK_THAT(error("x509.request { key = key, subject = 5 }"), Contains("options.subject: expected a table"));
    CHECK_THAT(error("x509.request { key = key, names = { 5 } }"), Contains("options.names") && Contains("got 5"));
    CHECK_THAT(error("x509.request { key = key, names = 'localhost' }"), Contains("options.names: expected a list"));
    CHECK_THAT(error("x509.request { key = key, names = { 'two words' } }"), Contains("\"two words\" is neither"));
    CHECK_THAT(error("x509.request { key = key, name = {} }"), Contains("did you mean \"names\"?"));
    CHECK_THAT(error("sign { not_before = 5, not_after = 4 }"), Contains("not_before, not_after"));
    CHECK_THAT(error("sign { days = -1 }"), Contains("options.days"));
    CHECK_THAT(error("ca:verify { ca = 5 }"), Contains("options.ca: expected a file's path, a PEM text"));
    for (const char* name : {"''", "'.org'", "'a\\0b'"}) {
        CHECK_THAT(error("ca:verify { ca = ca, name = " + std::string(name) + " }"),
                   Contains("name: expected a DNS name or an address"));
    }
    CHECK_THAT(error("ca:verify { time = 'now' }"), Contains("options.time: expected seconds"));
    CHECK_THAT(error("x509.save('x', 5)"), Contains("certificates") && Contains("got 5"));
    CHECK_THAT(error("key:pem('')"), Contains("passphrase: expected 1 to 1024 bytes, got 0"));
    CHECK_THAT(error("ca:matches(ca)"), Contains("expected a private key"));
    CHECK_THAT(error("ca.info(key)"), Contains("expected a certificate"));
}
