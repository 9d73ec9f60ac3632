#include "host/tls/verify.hpp"
#include "host/tls/verify_error.hpp"
#include "tests/unit/tls/support.hpp"

#include <catch2/catch.hpp>

#include <utility>

using Catch::Matchers::Contains;
using namespace moonwire;
using namespace moonwire::tls;
using namespace moonwire::test;

namespace {

Verification trusting(std::vector<Certificate> authorities, const std::string& host_name = "")
{
    Verification verification;
    verification.authorities = std::move(authorities);
    verification.time = today;
    verification.host_name = host_name;
    return verification;
}

std::string verdict(const Certificate& certificate, const Verification& verification)
{
    const Failure failure = verify(certificate, verification);
    return failure.error ? std::string(net::code_word(failure.error)) : "good";
}

}  // namespace

TEST_CASE("a certificate from a trusted authority is good within its time")
{
    const Signed lab;
    const Certificate certificate = lab.issue(content("pmu"));
    auto verification = trusting({lab.ca});
    CHECK(verdict(certificate, verification) == "good");
    verification.time = today + day + 1;
    const Failure expired = verify(certificate, verification);
    CHECK(net::code_word(expired.error) == "certificate_expired");
    CHECK(expired.message ==
          "verify CN=pmu: the certificate has expired (CN=pmu, valid until 2027-01-16 08:00:00 UTC)");
    verification.time = today - day - 1;
    const Failure early = verify(certificate, verification);
    CHECK(net::code_word(early.error) == "certificate_not_yet_valid");
    CHECK_THAT(early.message, Contains("not valid yet") && Contains("valid from 2027-01-14 08:00:00 UTC"));
}

TEST_CASE("an authority that is not trusted is named")
{
    const Signed lab;
    const Signed other;
    const Certificate certificate = lab.issue(content("pmu"));
    CHECK(verdict(certificate, trusting({})) == "unknown_authority");
    const Failure failure = verify(certificate, trusting({authority(other.ca_key, "Other CA")}));
    CHECK(net::code_word(failure.error) == "unknown_authority");
    CHECK_THAT(failure.message, Contains("none of the trusted authorities") && Contains("issued by CN=Lab CA"));
    // Of the same name, but with another key: the key identifiers tell them apart.
    CHECK(verdict(certificate, trusting({other.ca})) == "unknown_authority");

    auto verification = trusting({});
    verification.intermediates = {lab.ca};
    CHECK(verdict(certificate, verification) == "unknown_authority");
}

TEST_CASE("a self-signed certificate is good when it is itself trusted")
{
    const Key key = generate_ec_key();
    const Certificate certificate = issue_self_signed(content("pmu", {"localhost"}), key);
    CHECK(verdict(certificate, trusting({})) == "self_signed_certificate");
    CHECK(verdict(certificate, trusting({certificate}, "localhost")) == "good");
}

TEST_CASE("the host's name or address must be in the certificate")
{
    const Signed lab;
    const Certificate certificate = lab.issue(content("pmu", {"localhost", "127.0.0.1", "*.example.org"}));
    for (const char* name : {"localhost", "LOCALHOST", "127.0.0.1", "a.example.org"}) {
        CHECK(verdict(certificate, trusting({lab.ca}, name)) == "good");
    }
    for (const char* name : {"pmu", "127.0.0.2", "::1", "example.org", "a.b.example.org"}) {
        CHECK(verdict(certificate, trusting({lab.ca}, name)) == "wrong_host_name");
    }
    CHECK_THAT(verify(certificate, trusting({lab.ca}, "pmu")).message,
               Contains("it is for localhost, 127.0.0.1, *.example.org, not for pmu"));
}

TEST_CASE("the common name counts on request only, and only without DNS names")
{
    const Signed lab;
    const auto accepted = [&](const Certificate& certificate, const std::string& name, bool common_name) {
        auto verification = trusting({lab.ca}, name);
        verification.common_name = common_name;
        return verdict(certificate, verification) == "good";
    };
    const Certificate bare = lab.issue(content("localhost"));
    CHECK_FALSE(accepted(bare, "localhost", false));
    CHECK(accepted(bare, "localhost", true));
    CHECK_FALSE(accepted(bare, "pmu", true));
    CHECK_FALSE(accepted(lab.issue(content("localhost", {"pmu"})), "localhost", true));
    CHECK(accepted(lab.issue(content("localhost", {"127.0.0.1"})), "localhost", true));
    CHECK_FALSE(accepted(lab.issue(content("127.0.0.1")), "127.0.0.1", true));
    CHECK_THAT(verify(bare, trusting({lab.ca}, "localhost")).message, Contains("it has no subjectAltName"));
}

TEST_CASE("a certificate is used for what it was made for")
{
    const Signed lab;
    const Certificate leaf = lab.issue(content("pmu"));
    auto verification = trusting({lab.ca});
    for (const Purpose purpose : {Purpose::server, Purpose::client}) {
        verification.purpose = purpose;
        CHECK(verdict(leaf, verification) == "good");
        CHECK(verdict(lab.ca, verification) == "wrong_purpose");
    }
    // Signed with a server's certificate.
    const auto child = issue(content("child"), lab.ca_key.get(), leaf, lab.key).value();
    verification.purpose = Purpose::any;
    verification.intermediates = {leaf};
    const Failure failure = verify(child, verification);
    CHECK(net::code_word(failure.error) == "wrong_purpose");
    CHECK_THAT(failure.message, Contains("no authority's (CA)") && Contains("CN=pmu"));
}

TEST_CASE("intermediate authorities lead to the trusted one")
{
    const Signed lab;
    auto plan = content("Intermediate");
    plan.authority = true;
    const Certificate intermediate = lab.issue(plan);
    const Key key = generate_ec_key();
    const Certificate certificate = issue(content("pmu"), key.get(), intermediate, lab.key).value();
    auto verification = trusting({lab.ca});
    CHECK(verdict(certificate, verification) == "unknown_authority");
    verification.intermediates = {intermediate};
    CHECK(verdict(certificate, verification) == "good");
}

TEST_CASE("a signature that is not the issuer's is noticed")
{
    const Signed lab;
    const Certificate certificate = lab.issue(content("pmu"));
    const Certificate other = lab.issue(content("pdc"));
    X509Ptr forged(X509_dup(certificate.get()));
    const ASN1_BIT_STRING* signature = nullptr;
    X509_get0_signature(&signature, nullptr, other.get());
    const ASN1_BIT_STRING* own = nullptr;
    X509_get0_signature(&own, nullptr, forged.get());
    REQUIRE(ASN1_STRING_copy(const_cast<ASN1_BIT_STRING*>(own), signature) == 1);
    CHECK(verdict(Certificate(std::move(forged)), trusting({lab.ca})) == "bad_signature");
}

TEST_CASE("a key that is too short is refused")
{
    const Signed lab;
    const Key short_key(PkeyPtr(EVP_RSA_gen(1024)));
    const auto certificate = issue(content("pmu"), short_key.get(), lab.ca, lab.ca_key).value();
    CHECK(verdict(certificate, trusting({lab.ca})) == "weak_key");
}

TEST_CASE("a signature with SHA-1 is refused")
{
    const Signed lab;
    X509Ptr certificate(X509_dup(lab.issue(content("pmu")).get()));
    REQUIRE(X509_sign(certificate.get(), lab.ca_key.get(), EVP_sha1()) > 0);
    CHECK(verdict(Certificate(std::move(certificate)), trusting({lab.ca})) == "weak_signature");
}

TEST_CASE("what a peer's certificate says is short and harmless in messages")
{
    const Signed lab;
    const std::vector<std::string> names(100, "a-rather-long-name.example.org");
    const std::string many = verify(lab.issue(content("pmu", names)), trusting({lab.ca}, "localhost")).message;
    CHECK(many.size() < 500);
    CHECK_THAT(many, Contains("…, not for localhost"));

    X509Ptr certificate(X509_dup(lab.issue(content("pmu")).get()));
    const GeneralNamesPtr list(GENERAL_NAMES_new());
    GENERAL_NAME* name = GENERAL_NAME_new();
    ASN1_IA5STRING* text = ASN1_IA5STRING_new();
    REQUIRE(ASN1_STRING_set(text, "\x1b[2Jevil", -1) == 1);
    GENERAL_NAME_set0_value(name, GEN_DNS, text);
    sk_GENERAL_NAME_push(list.get(), name);
    X509_add1_ext_i2d(certificate.get(), NID_subject_alt_name, list.get(), 0, X509V3_ADD_DEFAULT);
    REQUIRE(X509_sign(certificate.get(), lab.ca_key.get(), EVP_sha256()) > 0);
    const Failure failure = verify(Certificate(std::move(certificate)), trusting({lab.ca}, "localhost"));
    CHECK_THAT(failure.message, Contains("it is for ?[2Jevil"));
}

TEST_CASE("every error of a verification has a word and a reason")
{
    CHECK_FALSE(verify_error(X509_V_OK));
    CHECK(net::code_word(verify_error(X509_V_ERR_CERT_REVOKED)) == "certificate_revoked");
    CHECK(net::code_word(verify_error(X509_V_ERR_EXCLUDED_VIOLATION)) == "bad_certificate");
    CHECK(net::reason(verify_error(X509_V_ERR_EXCLUDED_VIOLATION)) == "excluded subtree violation");
    CHECK(verify_reason(X509_V_ERR_CERT_REVOKED, nullptr, "") == "the certificate was revoked by its issuer");
}
