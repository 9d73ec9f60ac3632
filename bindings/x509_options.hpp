#pragma once

#include "bindings/core/stack.hpp"
#include "bindings/x509.hpp"
#include "host/tls/issue.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace moonwire::bindings {

/// Is this PEM, and not the path of a file?
bool is_pem(std::string_view text);

/// Certificates as scripts name them: a file's path, a PEM text, a certificate or a list of these. Nothing if the value
/// is none of them; a failure if a file or text cannot be read; `source` names a text.
constexpr const char* certificates_expected = "a file's path, a PEM text, a certificate or a list of these";
std::optional<tls::Result<std::vector<tls::Certificate>>> to_certificates(lua_State* L, int index,
                                                                          const std::string& source = "the text");

/// A table of options about certificates, which must be there: `expected` says what is to be in it.
class CertificateOptions : public Options
{
public:
    CertificateOptions(lua_State* L, int index, const char* expected);

    /// An object that must be there. The table keeps it alive.
    template <class Object>
    Object& object(const char* key)
    {
        if (!push(key)) {
            lua_pushnil(L_);
        }
        Object* result = test<Object>(L_, -1);
        if (result == nullptr) {
            error(key, LuaType<Object>::name);
        }
        lua_pop(L_, 1);
        return *result;
    }

    /// As by `to_certificates`; none where there is no such option.
    tls::Result<std::vector<tls::Certificate>> certificates(const char* key);

    /// From a table { CN = "localhost" } or a text "/CN=localhost". Throws std::invalid_argument for a wrong field.
    std::optional<tls::DistinguishedName> subject();

    std::optional<std::vector<std::string>> names();

    /// Seconds since 1970.
    std::optional<std::int64_t> time(const char* key);

    /// The options days, not_before and not_after: from now on for `default_days`, unless these say otherwise.
    void validity(tls::CertificateContent& content, int default_days);

    /// The engine's time of day.
    std::int64_t now() const;

private:
    lua_State* L_;
};

}  // namespace moonwire::bindings
