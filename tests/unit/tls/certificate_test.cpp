#include "host/tls/certificate.hpp"
#include "tests/support/process.hpp"
#include "tests/unit/tls/support.hpp"

#include <catch2/catch.hpp>

using Catch::Matchers::Contains;
using Catch::Matchers::Matches;
using namespace moonwire;
using namespace moonwire::tls;
using namespace moonwire::test;

namespace {

std::string reading_error(const std::string& text)
{
    const auto result = read_certificates(text, "ca.pem");
    REQUIRE(result.has_error());
    CHECK(result.error().error == errc::bad_certificate_file);
    return result.error().message;
}

}  // namespace

TEST_CASE("a certificate tells what is in it")
{
    const Signed lab;
    auto plan = content("pmu", {"localhost", "127.0.0.1", "::1", "*.example.org"});
    plan.subject.insert(plan.subject.begin(), {"C", "SE"});
    const Certificate certificate = lab.issue(plan);
    const CertificateInfo info = certificate.info();
    CHECK(info.subject == "CN=pmu,C=SE");
    CHECK(info.subject_fields == plan.subject);
    CHECK(info.issuer == "CN=Lab CA");
    CHECK(info.issuer_fields == DistinguishedName{{"CN", "Lab CA"}});
    CHECK(info.not_before == today - day);
    CHECK(info.not_after == today + day);
    CHECK(info.names == plan.names);
    CHECK_FALSE(info.is_authority);
    CHECK(info.key_type == "p256");
    CHECK(info.key_bits == 256);
    CHECK(info.key_fingerprint == key_fingerprint(lab.key.get()));
    CHECK(info.signature_algorithm == "ecdsa-with-SHA256");
    CHECK_THAT(info.serial, Matches("[0-9A-F]{20,32}"));
    CHECK_THAT(info.sha256, Matches("([0-9A-F]{2}:){31}[0-9A-F]{2}"));
    CHECK_THAT(info.sha1, Matches("([0-9A-F]{2}:){19}[0-9A-F]{2}"));
    CHECK(lab.issue(plan).info().serial != info.serial);

    CHECK(lab.ca.info().is_authority);
    CHECK(lab.ca.info().names.empty());
}

TEST_CASE("a certificate belongs to one key")
{
    const Signed lab;
    const Certificate certificate = lab.issue(content("pmu"));
    CHECK(certificate.matches(lab.key));
    CHECK_FALSE(certificate.matches(lab.ca_key));
}

TEST_CASE("a chain is the same after it was written and read")
{
    const TemporaryFolder folder;
    const Signed lab;
    const Certificate certificate = lab.issue(content("pmu"));
    const std::string path = (folder.path() / "chain.pem").string();
    REQUIRE(!save_certificates(path, {certificate, lab.ca}).error);
    const auto chain = load_certificates(path).value();
    REQUIRE(chain.size() == 2);
    CHECK(chain[0].info().sha256 == certificate.info().sha256);
    CHECK(chain[1].info().sha256 == lab.ca.info().sha256);

    CHECK(read_certificates("a comment\n" + lab.key.pem() + certificate.pem()).value().size() == 1);
    CHECK(net::code_word(load_certificates((folder.path() / "none").string()).error().error) == "no_such_file");
}

TEST_CASE("what is no certificate is named, and which one is damaged")
{
    const Signed lab;
    const std::string pem = lab.ca.pem();
    CHECK_THAT(reading_error(""), Contains("ca.pem: no certificate in it (it is empty)"));
    CHECK_THAT(reading_error("<html>"), Contains("nothing in it is PEM"));
    CHECK_THAT(reading_error(lab.key.pem()), Contains("no certificate in it (it has: PRIVATE KEY)"));
    CHECK_THAT(reading_error("\x30\x82"), Contains("it looks like DER"));
    CHECK_THAT(reading_error(pem + pem.substr(0, pem.size() / 2)), Contains("ca.pem: CERTIFICATE 2 is damaged: "));
    std::string changed = pem;
    changed[100] = '!';
    CHECK_THAT(reading_error(changed), Contains("CERTIFICATE 1 is damaged: "));
    CHECK_THAT(reading_error(pem + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
               Contains("certificate 2 is damaged: "));
}
