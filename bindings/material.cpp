#include "bindings/material.hpp"

#include <string>

namespace moonwire::bindings {

namespace {

constexpr std::size_t longest_text = 16 * 1024 * 1024;

bool is_pem(const std::string& text)
{
    return text.find("-----BEGIN ") != std::string::npos;
}

void set_text(lua_State* L, const char* name, const std::string& text)
{
    lua_pushlstring(L, text.data(), text.size());
    lua_setfield(L, -2, name);
}

void set_number(lua_State* L, const char* name, std::int64_t value)
{
    lua_pushnumber(L, static_cast<double>(value));
    lua_setfield(L, -2, name);
}

}  // namespace

std::vector<tls::Certificate> read_certificates(Options& options, const char* key)
{
    std::vector<tls::Certificate> all;
    for (const std::string& source : options.strings(key, longest_text)) {
        auto some = take(is_pem(source) ? tls::read_certificates(source, std::string("options.") + key)
                                        : tls::load_certificates(source));
        all.insert(all.end(), some.begin(), some.end());
    }
    return all;
}

std::optional<tls::Key> read_key(Options& options, const char* key, const char* passphrase_key)
{
    std::optional<std::string> passphrase;
    if (const auto text = options.string(passphrase_key)) {
        passphrase = *text;
    }
    const auto text = options.string(key);
    if (!text) {
        return std::nullopt;
    }
    const std::string source(*text);
    return take(is_pem(source) ? tls::read_key(source, passphrase, std::string("options.") + key)
                               : tls::load_key(source, passphrase));
}

void push_certificate_info(lua_State* L, const tls::Certificate& certificate)
{
    const tls::CertificateInfo info = certificate.info();
    lua_createtable(L, 0, 14);
    set_text(L, "subject", info.subject);
    set_text(L, "issuer", info.issuer);
    set_text(L, "serial", info.serial);
    set_number(L, "not_before", info.not_before);
    set_number(L, "not_after", info.not_after);
    set_text(L, "key_type", info.key_type);
    set_number(L, "key_bits", info.key_bits);
    set_text(L, "signature_algorithm", info.signature_algorithm);
    set_text(L, "sha256", info.sha256);
    set_text(L, "sha1", info.sha1);
    lua_createtable(L, static_cast<int>(info.names.size()), 0);
    int index = 0;
    for (const std::string& name : info.names) {
        lua_pushlstring(L, name.data(), name.size());
        lua_rawseti(L, -2, ++index);
    }
    lua_setfield(L, -2, "names");
}

}  // namespace moonwire::bindings
