#include "host/tls/key.hpp"
#include "tests/support/process.hpp"

#include <catch2/catch.hpp>

#include <sys/stat.h>

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using namespace moonwire;
using namespace moonwire::tls;
using moonwire::test::TemporaryFolder;

namespace {

mode_t mode_of(const std::string& path)
{
    struct stat status = {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    return status.st_mode & 0777;
}

}  // namespace

TEST_CASE("an RSA key is made with the bits that were asked for")
{
    const Key key = generate_rsa_key(2048);
    CHECK(key_type(key.get()) == "rsa");
    CHECK(EVP_PKEY_get_bits(key.get()) == 2048);
    CHECK_THAT(key.pem(), StartsWith("-----BEGIN PRIVATE KEY-----"));
    CHECK_THAT(key.public_pem(), StartsWith("-----BEGIN PUBLIC KEY-----"));
}

TEST_CASE("a key is the same after it was written and read")
{
    for (const char* curve : {"P-256", "P-384"}) {
        const Key key = generate_ec_key(curve);
        const auto again = read_key(key.pem());
        REQUIRE(again.has_value());
        CHECK(key_fingerprint(again->get()) == key_fingerprint(key.get()));
        CHECK(key_type(again->get()) == (curve == std::string("P-256") ? "p256" : "p384"));
    }
    CHECK(key_fingerprint(generate_ec_key().get()) != key_fingerprint(generate_ec_key().get()));
}

TEST_CASE("an encrypted key needs its passphrase")
{
    const Key key = generate_ec_key();
    const std::string pem = key.pem("open sesame");
    CHECK_THAT(pem, StartsWith("-----BEGIN ENCRYPTED PRIVATE KEY-----"));
    CHECK(key_fingerprint(read_key(pem, "open sesame").value().get()) == key_fingerprint(key.get()));

    const auto without = read_key(pem, {}, "server.key");
    CHECK(net::code_word(without.error().error) == "wrong_passphrase");
    CHECK(without.error().message == "server.key: the private key is encrypted, a passphrase is needed");
    for (const std::string& wrong : {std::string("wrong"), std::string(), std::string(2000, 'x')}) {
        const auto result = read_key(pem, wrong, "server.key");
        CHECK(result.error().error == errc::wrong_passphrase);
        CHECK_THAT(result.error().message, StartsWith("server.key: wrong passphrase"));
    }
    CHECK(read_key(key.pem(), "not needed").has_value());
}

TEST_CASE("only its owner may read a key's file")
{
    const TemporaryFolder folder;
    const Key key = generate_ec_key();
    const std::string path = (folder.path() / "server.key").string();
    REQUIRE(!key.save(path).error);
    CHECK(mode_of(path) == 0600);
    CHECK(key_fingerprint(load_key(path).value().get()) == key_fingerprint(key.get()));

    const std::string existing = folder.write("existing.key", std::string(100'000, 'x'));
    REQUIRE(::chmod(existing.c_str(), 0644) == 0);
    REQUIRE(!key.save(existing, "secret").error);
    CHECK(mode_of(existing) == 0600);
    CHECK(load_key(existing, "secret").has_value());

    const Failure nowhere = key.save((folder.path() / "none" / "server.key").string());
    CHECK(net::code_word(nowhere.error) == "no_such_file");
    CHECK_THAT(nowhere.message, StartsWith("cannot write ") && Contains("no such file"));
}

TEST_CASE("what is no key is named")
{
    const TemporaryFolder folder;
    const auto error_of = [&](const std::string& text) {
        const auto result = load_key(folder.write("a.key", text));
        REQUIRE(result.has_error());
        CHECK(result.error().error == errc::bad_key_file);
        return result.error().message;
    };
    const Key key = generate_ec_key();
    const std::string pem = key.pem();
    CHECK_THAT(error_of(""), Contains("a.key: no private key in it (it is empty)"));
    CHECK_THAT(error_of("garbage\n"), Contains("no private key in it (nothing in it is PEM)"));
    CHECK_THAT(error_of(key.public_pem()), Contains("no private key in it (it has: PUBLIC KEY)"));
    CHECK_THAT(error_of(pem.substr(0, pem.size() / 2)), Contains("the private key is damaged"));
    std::string changed = pem;
    changed[60] = '!';
    CHECK_THAT(error_of(changed), Contains("the private key is damaged"));

    const auto missing = load_key((folder.path() / "none.key").string());
    CHECK(net::code_word(missing.error().error) == "no_such_file");
    CHECK_THAT(missing.error().message, StartsWith("cannot read ") && Contains("none.key: no such file"));
    CHECK(load_key(folder.path().string()).has_error());
}
