#include "host/tls/certificate_request.hpp"
#include "tests/support/process.hpp"

#include <openssl/pem.h>
#include <catch2/catch.hpp>

#include <stdexcept>

using Catch::Matchers::Contains;
using namespace moonwire::tls;

TEST_CASE("a request is the same after it was written and read")
{
    const moonwire::test::TemporaryFolder folder;
    const Key key = generate_ec_key();
    const CertificateRequest request(key, {{"C", "SE"}, {"CN", "pmu"}}, {"localhost", "127.0.0.1"});
    const std::string path = (folder.path() / "pmu.csr").string();
    REQUIRE(!request.save(path).error);
    const auto again = CertificateRequest::load(path).value();
    CHECK(again.subject() == "CN=pmu,C=SE");
    CHECK(again.subject_fields() == DistinguishedName{{"C", "SE"}, {"CN", "pmu"}});
    CHECK(again.names() == std::vector<std::string>{"localhost", "127.0.0.1"});
    CHECK(key_fingerprint(again.public_key()) == key_fingerprint(key.get()));

    CHECK(CertificateRequest::read(CertificateRequest(key, {}, {}).pem()).value().names().empty());
}

TEST_CASE("a request that was changed is refused")
{
    const Key key = generate_ec_key();
    const CertificateRequest request(key, {{"CN", "pmu-1"}}, {});
    const CertificateRequest other(key, {{"CN", "pmu-2"}}, {});
    // Another request's content under this one's signature.
    X509ReqPtr forged(X509_REQ_dup(other.get()));
    const ASN1_BIT_STRING* signature = nullptr;
    X509_REQ_get0_signature(request.get(), &signature, nullptr);
    X509_REQ_set0_signature(forged.get(), ASN1_STRING_dup(signature));
    const auto bio = writing();
    REQUIRE(PEM_write_bio_X509_REQ(bio.get(), forged.get()) == 1);
    const auto result = CertificateRequest::read(written(bio.get()), "pmu.csr");
    REQUIRE(result.has_error());
    CHECK(result.error().error == errc::bad_certificate_file);
    CHECK(result.error().message == "pmu.csr: the certificate request is not signed with the key that it names");
}

TEST_CASE("what is no request is named")
{
    const Key key = generate_ec_key();
    CHECK_THAT(CertificateRequest::read(key.pem()).error().message,
               Contains("the text: no certificate request in it (it has: PRIVATE KEY)"));
    CHECK_THAT(
        CertificateRequest::read("-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n")
            .error()
            .message,
        Contains("the certificate request is damaged"));
    const std::string pem = CertificateRequest(key, {}, {}).pem();
    CHECK_THAT(CertificateRequest::read(pem.substr(0, pem.size() / 2)).error().message,
               Contains("CERTIFICATE REQUEST 1 is damaged"));
}

TEST_CASE("names that cannot be are refused")
{
    const Key key = generate_ec_key();
    for (const char* wrong : {"", "two words", "försök", "a\nb"}) {
        CHECK_THROWS_AS(CertificateRequest(key, {}, {wrong}), std::invalid_argument);
    }
}
