#include "host/tls/distinguished_name.hpp"

#include <catch2/catch.hpp>

#include <stdexcept>

using Catch::Matchers::Contains;
using namespace moonwire::tls;

TEST_CASE("a name is read as openssl's -subj has it")
{
    CHECK(parse_distinguished_name("/C=SE/O=A\\/B/CN=localhost") ==
          DistinguishedName{{"C", "SE"}, {"O", "A/B"}, {"CN", "localhost"}});
    CHECK(parse_distinguished_name("/CN=a=b") == DistinguishedName{{"CN", "a=b"}});
    for (const char* wrong : {"", "CN=localhost", "/CN", "/=x", "/CN=a//O=b"}) {
        CHECK_THROWS_AS(parse_distinguished_name(wrong), std::invalid_argument);
    }
}

TEST_CASE("a name keeps its fields, and its text is RFC 4514's")
{
    const DistinguishedName name{{"C", "SE"}, {"O", "Försök, Lab"}, {"CN", "localhost"}};
    const auto made = make_x509_name(name);
    CHECK(read_x509_name(made.get()) == name);
    CHECK(to_string(made.get()) == "CN=localhost,O=Försök\\, Lab,C=SE");
    CHECK(to_string(make_x509_name({{"CN", "a\nb\x1b[0m"}}).get()) == "CN=a\\0Ab\\1B[0m");
}

TEST_CASE("a field that cannot be is named")
{
    CHECK_THROWS_WITH(make_x509_name({{"CNN", "x"}}), Contains("unknown field \"CNN\""));
    CHECK_THROWS_WITH(make_x509_name({{"C", "Sweden"}}), Contains("C cannot be \"Sweden\""));
    CHECK_THROWS_WITH(make_x509_name({{"CN", std::string(65, 'x')}}), Contains("string too long"));
}
