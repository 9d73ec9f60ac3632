#include "bindings/x509_options.hpp"

#include "host/script/vm.hpp"

#include <array>
#include <chrono>
#include <cmath>
#include <stdexcept>

namespace moonwire::bindings {

namespace {

constexpr std::int64_t seconds_per_day = 86400;
constexpr std::int64_t most_days = 3'000'000;  // until the end of the year 9999, with which certificates' times end
constexpr double largest_time = 1e12;

std::string to_string(lua_State* L, int index)
{
    std::size_t size = 0;
    const char* text = lua_tolstring(L, index, &size);
    return {text, size};
}

// The table on top of the stack. It has no order of its own: from the widest field to the most specific one.
tls::DistinguishedName subject_from_table(lua_State* L)
{
    static constexpr std::array order{"C", "ST", "L", "O", "OU", "CN", "emailAddress"};
    tls::DistinguishedName name;
    for (const char* field : order) {
        lua_getfield(L, -1, field);
        if (lua_type(L, -1) == LUA_TSTRING) {
            name.emplace_back(field, to_string(L, -1));
        }
        lua_pop(L, 1);
    }
    std::size_t given = 0;
    for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1)) {
        ++given;
    }
    if (given != name.size()) {
        throw std::invalid_argument("subject: a table may have the strings C, ST, L, O, OU, CN and emailAddress only");
    }
    return name;
}

}  // namespace

bool is_pem(std::string_view text)
{
    return text.find("-----BEGIN ") != std::string_view::npos;
}

std::optional<tls::Result<std::vector<tls::Certificate>>> to_certificates(lua_State* L, int index,
                                                                          const std::string& source)
{
    if (lua_type(L, index) == LUA_TSTRING) {
        const std::string text = to_string(L, index);
        return is_pem(text) ? tls::read_certificates(text, source) : tls::load_certificates(text);
    }
    if (const auto* certificate = test<tls::Certificate>(L, index)) {
        return std::vector{*certificate};
    }
    if (!lua_istable(L, index)) {
        return std::nullopt;
    }
    std::vector<tls::Certificate> certificates;
    const auto size = static_cast<int>(lua_objlen(L, index));
    for (int i = 1; i <= size; ++i) {
        lua_rawgeti(L, index, i);
        const bool nested = lua_istable(L, -1);
        auto some = nested ? std::nullopt : to_certificates(L, lua_gettop(L), source);
        lua_pop(L, 1);
        if (!some || !*some) {
            return some;
        }
        certificates.insert(certificates.end(), (*some)->begin(), (*some)->end());
    }
    return certificates;
}

CertificateOptions::CertificateOptions(lua_State* L, int index, const char* expected)
    : Options(L, index, "options"), L_(L)
{
    if (!lua_istable(L, index)) {
        argument_error(L, index, "options", expected);
    }
}

tls::Result<std::vector<tls::Certificate>> CertificateOptions::certificates(const char* key)
{
    if (!push(key)) {
        return std::vector<tls::Certificate>();
    }
    auto result = to_certificates(L_, lua_gettop(L_), std::string("options.") + key);
    if (!result) {
        error(key, certificates_expected);
    }
    lua_pop(L_, 1);
    return std::move(*result);
}

std::optional<tls::DistinguishedName> CertificateOptions::subject()
{
    if (!push("subject")) {
        return std::nullopt;
    }
    const bool table = lua_istable(L_, -1);
    if (!table && lua_type(L_, -1) != LUA_TSTRING) {
        error("subject", "a table like { CN = \"localhost\" } or a string like \"/CN=localhost\"");
    }
    auto name = table ? subject_from_table(L_) : tls::parse_distinguished_name(to_string(L_, -1));
    lua_pop(L_, 1);
    return name;
}

std::optional<std::vector<std::string>> CertificateOptions::names()
{
    if (!push("names")) {
        return std::nullopt;
    }
    std::vector<std::string> names;
    const int size = lua_istable(L_, -1) ? static_cast<int>(lua_objlen(L_, -1)) : -1;
    for (int i = 1; i <= size; ++i) {
        lua_rawgeti(L_, -1, i);
        if (lua_type(L_, -1) != LUA_TSTRING) {
            error("names", "DNS names and addresses as strings");
        }
        names.push_back(to_string(L_, -1));
        lua_pop(L_, 1);
    }
    if (size < 0) {
        error("names", "a list of DNS names and addresses");
    }
    lua_pop(L_, 1);
    return names;
}

std::optional<std::int64_t> CertificateOptions::time(const char* key)
{
    if (!push(key)) {
        return std::nullopt;
    }
    const double value = lua_tonumber(L_, -1);
    if (lua_type(L_, -1) != LUA_TNUMBER || !(std::abs(value) <= largest_time)) {
        error(key, "seconds since 1970 as a number");
    }
    lua_pop(L_, 1);
    return static_cast<std::int64_t>(std::floor(value));
}

void CertificateOptions::validity(tls::CertificateContent& content, int default_days)
{
    const std::int64_t days = integer("days", 0, most_days).value_or(default_days);
    content.not_before = time("not_before").value_or(now());
    content.not_after = time("not_after").value_or(content.not_before + days * seconds_per_day);
}

std::int64_t CertificateOptions::now() const
{
    const auto time = script::Vm::of(L_).services().loop.clock().wall().time_since_epoch();
    return std::chrono::floor<std::chrono::seconds>(time).count();
}

}  // namespace moonwire::bindings
