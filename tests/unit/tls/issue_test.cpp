#include "host/tls/issue.hpp"
#include "tests/unit/tls/support.hpp"

#include <catch2/catch.hpp>

#include <stdexcept>

using namespace moonwire;
using namespace moonwire::tls;
using namespace moonwire::test;

TEST_CASE("certificates have the extensions of what they are for")
{
    const Signed lab;
    X509* ca = lab.ca.get();
    CHECK((X509_get_extension_flags(ca) & EXFLAG_CA) != 0);
    CHECK(X509_get_key_usage(ca) == (KU_KEY_CERT_SIGN | KU_CRL_SIGN));
    CHECK(X509_self_signed(ca, 1) == 1);

    const Certificate certificate = lab.issue(content("pmu"));
    X509* leaf = certificate.get();
    CHECK((X509_get_extension_flags(leaf) & (EXFLAG_CA | EXFLAG_BCONS)) == EXFLAG_BCONS);
    CHECK(X509_get_key_usage(leaf) == KU_DIGITAL_SIGNATURE);
    CHECK(X509_get_extended_key_usage(leaf) == (XKU_SSL_SERVER | XKU_SSL_CLIENT));
    CHECK(ASN1_OCTET_STRING_cmp(X509_get0_authority_key_id(leaf), X509_get0_subject_key_id(ca)) == 0);
    CHECK(X509_get_ext_by_NID(leaf, NID_subject_alt_name, -1) == -1);
    CHECK(X509_get_version(leaf) == X509_VERSION_3);
}

TEST_CASE("an authority signs with its own key only")
{
    const Signed lab;
    const auto result = issue(content("pmu"), lab.key.get(), lab.ca, lab.key);
    REQUIRE(result.has_error());
    CHECK(result.error().error == errc::key_mismatch);
    CHECK(result.error().message == "the authority's private key does not belong to CN=Lab CA");
}

TEST_CASE("times are kept beyond 2050 and before 1970, and must be in order")
{
    const Signed lab;
    auto plan = content("pmu");
    plan.not_before = -day;
    plan.not_after = 4'000'000'000;
    CHECK(lab.issue(plan).info().not_before == -day);
    CHECK(lab.issue(plan).info().not_after == 4'000'000'000);
    plan.not_after = plan.not_before - 1;
    CHECK_THROWS_AS(lab.issue(plan), std::invalid_argument);
    plan.not_after = 300'000'000'000;
    CHECK_THROWS_AS(lab.issue(plan), std::invalid_argument);
}
