#include "host/tls/key.hpp"

#include "host/tls/file.hpp"
#include "host/tls/pem.hpp"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace moonwire::tls {

namespace {

struct Passphrase {
    const std::optional<std::string>& text;
    bool asked = false;
};

// pem_password_cb: OpenSSL's own would ask on the terminal.
int give_passphrase(char* buffer, int size, int, void* user)
{
    auto& passphrase = *static_cast<Passphrase*>(user);
    passphrase.asked = true;
    if (!passphrase.text || passphrase.text->size() > static_cast<std::size_t>(size)) {
        return -1;
    }
    std::memcpy(buffer, passphrase.text->data(), passphrase.text->size());
    return static_cast<int>(passphrase.text->size());
}

bool has_private_key(std::string_view text)
{
    const auto labels = pem_labels(text);
    return std::any_of(labels.begin(), labels.end(),
                       [](const std::string& label) { return label.find("PRIVATE KEY") != std::string::npos; });
}

}  // namespace

std::string Key::pem(const std::optional<std::string>& passphrase) const
{
    const auto bio = writing();
    require(PEM_write_bio_PKCS8PrivateKey(bio.get(), get(), passphrase ? EVP_aes_256_cbc() : nullptr,
                                          passphrase ? passphrase->data() : nullptr,
                                          passphrase ? static_cast<int>(passphrase->size()) : 0, nullptr, nullptr),
            "write private key");
    return written(bio.get());
}

Failure Key::save(const std::string& path, const std::optional<std::string>& passphrase) const
{
    return write_file(path, pem(passphrase), Secrecy::private_);
}

std::string Key::public_pem() const
{
    const auto bio = writing();
    require(PEM_write_bio_PUBKEY(bio.get(), get()), "write public key");
    return written(bio.get());
}

Key generate_rsa_key(int bits)
{
    return Key(PkeyPtr(required(EVP_RSA_gen(static_cast<unsigned int>(bits)), "generate RSA key")));
}

Key generate_ec_key(const char* curve)
{
    return Key(PkeyPtr(required(EVP_EC_gen(curve), "generate EC key")));
}

Result<Key> read_key(std::string_view text, const std::optional<std::string>& passphrase, const std::string& source)
{
    if (!has_private_key(text)) {
        return Failure{errc::bad_key_file, source + ": " + lacks("private key", text)};
    }
    const auto bio = reading(text);
    Passphrase given{passphrase};
    PkeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, give_passphrase, &given));
    const std::string reason = openssl_reason();
    if (key) {
        return Key(std::move(key));
    }
    if (given.asked && !passphrase) {
        return Failure{errc::wrong_passphrase, source + ": the private key is encrypted, a passphrase is needed"};
    }
    if (given.asked) {
        return Failure{errc::wrong_passphrase, source + ": wrong passphrase (or the private key is damaged)"};
    }
    return Failure{errc::bad_key_file, source + ": the private key is damaged: " + reason};
}

Result<Key> load_key(const std::string& path, const std::optional<std::string>& passphrase)
{
    const auto text = read_file(path);
    return text ? read_key(*text, passphrase, path) : Result<Key>(text.error());
}

std::string key_type(const EVP_PKEY* key)
{
    std::array<char, 80> group{};
    if (EVP_PKEY_get_base_id(key) == EVP_PKEY_EC &&
        EVP_PKEY_get_group_name(key, group.data(), group.size(), nullptr) == 1) {
        const std::string_view name = group.data();
        return name == "prime256v1" ? "p256" : name == "secp384r1" ? "p384" : std::string(name);
    }
    const char* name = EVP_PKEY_get0_type_name(key);
    std::string type = name == nullptr ? "unknown" : name;
    std::transform(type.begin(), type.end(), type.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return type;
}

std::string key_fingerprint(EVP_PKEY* key)
{
    const auto bio = writing();
    require(i2d_PUBKEY_bio(bio.get(), key), "write public key");
    return fingerprint(written(bio.get()), EVP_sha256());
}

const EVP_MD* signing_digest(const EVP_PKEY* key)
{
    const int type = EVP_PKEY_get_base_id(key);
    return type == EVP_PKEY_ED25519 || type == EVP_PKEY_ED448 ? nullptr : EVP_sha256();
}

}  // namespace moonwire::tls
