#pragma once

#include "bindings/core/stack.hpp"
#include "bindings/failure.hpp"
#include "host/tls/certificate.hpp"
#include "host/tls/key.hpp"

#include <lua.hpp>

#include <optional>
#include <stdexcept>
#include <vector>

namespace moonwire::bindings {

// What a TLS context's options say about certificates and keys.

/// Something is wrong with a file that a script has named: `with_material` turns it into nil, err.
class MaterialError : public std::runtime_error
{
public:
    explicit MaterialError(net::Failure why) : std::runtime_error(why.message), failure(std::move(why)) {}

    net::Failure failure;
};

/// The value, or MaterialError.
template <class Value>
Value take(net::Result<Value> result)
{
    if (!result) {
        throw MaterialError(result.error());
    }
    return std::move(*result);
}

/// Runs the rest of a binding function; what is wrong with files is returned as nil, err.
template <class Function>
int with_material(lua_State* L, Function function)
{
    net::Failure failure;
    try {
        return function();
    } catch (const MaterialError& error) {
        failure = error.failure;
    }
    return push_failure(L, failure);
}

/// As by `to_certificates`; empty if the option is not given.
std::vector<tls::Certificate> read_certificates(lua_State* L, Options& options, const char* key);

/// From a file's path, a PEM text or a key.
std::optional<tls::Key> read_key(lua_State* L, Options& options, const char* key, const char* passphrase_key);

}  // namespace moonwire::bindings
