#include "bindings/material.hpp"

#include "bindings/x509.hpp"
#include "bindings/x509_options.hpp"

#include <string>

namespace moonwire::bindings {

std::vector<tls::Certificate> read_certificates(lua_State* L, Options& options, const char* key)
{
    if (!options.push(key)) {
        return {};
    }
    auto certificates = to_certificates(L, lua_gettop(L), std::string("options.") + key);
    if (!certificates) {
        options.error(key, certificates_expected);
    }
    lua_pop(L, 1);
    return take(std::move(*certificates));
}

std::optional<tls::Key> read_key(lua_State* L, Options& options, const char* key, const char* passphrase_key)
{
    std::optional<std::string> passphrase;
    if (const auto text = options.string(passphrase_key)) {
        passphrase = *text;
    }
    if (!options.push(key)) {
        return std::nullopt;
    }
    if (const auto* object = test<tls::Key>(L, -1)) {
        lua_pop(L, 1);
        return *object;
    }
    if (lua_type(L, -1) != LUA_TSTRING) {
        options.error(key, "a file's path, a PEM text or a key");
    }
    const std::string source = lua_tostring(L, -1);
    lua_pop(L, 1);
    return take(is_pem(source) ? tls::read_key(source, passphrase, std::string("options.") + key)
                               : tls::load_key(source, passphrase));
}

}  // namespace moonwire::bindings
