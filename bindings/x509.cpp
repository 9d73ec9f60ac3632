#include "bindings/x509.hpp"
#include "bindings/core/guard.hpp"
#include "bindings/core/stack.hpp"
#include "bindings/failure.hpp"
#include "bindings/open.hpp"
#include "bindings/x509_options.hpp"
#include "host/tls/certificate_request.hpp"
#include "host/tls/issue.hpp"
#include "host/tls/verify.hpp"

#include <optional>
#include <string>
#include <vector>

namespace moonwire::bindings {

namespace {

using Names = std::vector<std::string>;

constexpr const char* key_class = "moonwire.x509.PrivateKey";
constexpr const char* request_class = "moonwire.x509.CertificateRequest";
constexpr const char* certificate_class = "moonwire.x509.Certificate";

void set_text(lua_State* L, const char* key, const std::string& text)
{
    lua_pushlstring(L, text.data(), text.size());
    lua_setfield(L, -2, key);
}

void set_number(lua_State* L, const char* key, double number)
{
    lua_pushnumber(L, number);
    lua_setfield(L, -2, key);
}

void set_names(lua_State* L, const char* key, const Names& names)
{
    lua_createtable(L, static_cast<int>(names.size()), 0);
    for (std::size_t i = 0; i < names.size(); ++i) {
        lua_pushlstring(L, names[i].data(), names[i].size());
        lua_rawseti(L, -2, static_cast<int>(i) + 1);
    }
    lua_setfield(L, -2, key);
}

// A field that a name has twice is there as its last, most specific one.
void set_fields(lua_State* L, const char* key, const tls::DistinguishedName& name)
{
    lua_createtable(L, 0, static_cast<int>(name.size()));
    for (const auto& [field, value] : name) {
        set_text(L, field.c_str(), value);
    }
    lua_setfield(L, -2, key);
}

int push_text(lua_State* L, const std::string& text)
{
    lua_pushlstring(L, text.data(), text.size());
    return 1;
}

int push_done(lua_State* L, const net::Failure& failure)
{
    if (failure.error) {
        return push_failure(L, failure);
    }
    lua_pushboolean(L, 1);
    return 1;
}

int push_key(lua_State* L, const tls::Result<tls::Key>& key)
{
    if (!key) {
        return push_failure(L, key.error());
    }
    push_object(L, key_class, *key);
    return 1;
}

int push_request(lua_State* L, const tls::Result<tls::CertificateRequest>& request)
{
    if (!request) {
        return push_failure(L, request.error());
    }
    push_object(L, request_class, *request);
    return 1;
}

int push_issued(lua_State* L, const tls::Result<tls::Certificate>& certificate)
{
    if (!certificate) {
        return push_failure(L, certificate.error());
    }
    push_certificate(L, *certificate);
    return 1;
}

int push_certificates(lua_State* L, const tls::Result<std::vector<tls::Certificate>>& certificates)
{
    if (!certificates) {
        return push_failure(L, certificates.error());
    }
    lua_createtable(L, static_cast<int>(certificates->size()), 0);
    for (std::size_t i = 0; i < certificates->size(); ++i) {
        push_certificate(L, (*certificates)[i]);
        lua_rawseti(L, -2, static_cast<int>(i) + 1);
    }
    return 1;
}

std::optional<std::string> opt_passphrase(lua_State* L, int index)
{
    if (lua_isnoneornil(L, index)) {
        return std::nullopt;
    }
    const auto text = check_string(L, index, "passphrase");
    if (text.empty() || text.size() > tls::max_passphrase) {
        luaL_error(L, "passphrase: expected 1 to %d bytes, got %d", static_cast<int>(tls::max_passphrase),
                   static_cast<int>(text.size()));
    }
    return std::string(text);
}

std::string check_path(lua_State* L, int index)
{
    return std::string(check_string(L, index, "path"));
}

// x509.key([options]) -> key
int x509_key(lua_State* L)
{
    static constexpr const char* types[] = {"rsa", "p256", "p384", nullptr};
    Options options(L, 1, "options");
    const auto type = options.choice("type", types).value_or(0);
    const auto bits = options.integer("bits", 2048, 8192);
    options.finish();
    if (bits && type != 0) {
        return luaL_error(L, "options.bits: only RSA keys have a choice of bits");
    }
    const tls::Key key = type == 0 ? tls::generate_rsa_key(static_cast<int>(bits.value_or(2048)))
                                   : tls::generate_ec_key(type == 1 ? "P-256" : "P-384");
    return push_key(L, key);
}

// x509.load_key(path [, passphrase]) -> key | nil, err
int x509_load_key(lua_State* L)
{
    return push_key(L, tls::load_key(check_path(L, 1), opt_passphrase(L, 2)));
}

// x509.read_key(pem [, passphrase]) -> key | nil, err
int x509_read_key(lua_State* L)
{
    return push_key(L, tls::read_key(check_string(L, 1, "pem"), opt_passphrase(L, 2)));
}

// x509.load(path) -> list of certificates | nil, err
int x509_load(lua_State* L)
{
    return push_certificates(L, tls::load_certificates(check_path(L, 1)));
}

// x509.read(pem) -> list of certificates | nil, err
int x509_read(lua_State* L)
{
    return push_certificates(L, tls::read_certificates(check_string(L, 1, "pem")));
}

// x509.load_request(path) -> request | nil, err
int x509_load_request(lua_State* L)
{
    return push_request(L, tls::CertificateRequest::load(check_path(L, 1)));
}

// x509.read_request(pem) -> request | nil, err
int x509_read_request(lua_State* L)
{
    return push_request(L, tls::CertificateRequest::read(check_string(L, 1, "pem")));
}

// x509.request{ key, subject, names } -> request
int x509_request(lua_State* L)
{
    CertificateOptions options(L, 1, "a table of options, at least { key = … }");
    const tls::Key& key = options.object<tls::Key>("key");
    const auto subject = options.subject().value_or(tls::DistinguishedName());
    const auto names = options.names().value_or(Names());
    options.finish();
    return push_request(L, tls::CertificateRequest(key, subject, names));
}

// x509.authority{ key, subject, days, not_before, not_after } -> certificate
int x509_authority(lua_State* L)
{
    CertificateOptions options(L, 1, "a table of options, at least { key = … }");
    const tls::Key& key = options.object<tls::Key>("key");
    tls::CertificateContent content;
    content.authority = true;
    content.subject = options.subject().value_or(tls::DistinguishedName{{"CN", "moonwire authority"}});
    options.validity(content, 3650);
    options.finish();
    return push_issued(L, tls::issue_self_signed(content, key));
}

// x509.self_signed{ key, subject, names, days, not_before, not_after } -> certificate
int x509_self_signed(lua_State* L)
{
    CertificateOptions options(L, 1, "a table of options, at least { key = … }");
    const tls::Key& key = options.object<tls::Key>("key");
    tls::CertificateContent content;
    content.subject = options.subject().value_or(tls::DistinguishedName());
    content.names = options.names().value_or(Names());
    options.validity(content, 365);
    options.finish();
    return push_issued(L, tls::issue_self_signed(content, key));
}

// x509.sign{ request, ca, ca_key, names, authority, days, not_before, not_after } -> certificate | nil, err
int x509_sign(lua_State* L)
{
    CertificateOptions options(L, 1, "a table of options, at least { request = …, ca = …, ca_key = … }");
    const auto& request = options.object<tls::CertificateRequest>("request");
    const auto& ca = options.object<tls::Certificate>("ca");
    const auto& ca_key = options.object<tls::Key>("ca_key");
    tls::CertificateContent content;
    content.subject = request.subject_fields();
    const auto names = options.names();
    content.names = names ? *names : request.names();
    content.authority = options.boolean("authority").value_or(false);
    options.validity(content, 365);
    options.finish();
    return push_issued(L, tls::issue(content, request.public_key(), ca, ca_key));
}

// x509.save(path, certificates) -> true | nil, err
int x509_save(lua_State* L)
{
    const std::string path = check_path(L, 1);
    const auto certificates = to_certificates(L, 2);
    if (!certificates || lua_type(L, 2) == LUA_TSTRING) {
        argument_error(L, 2, "certificates", "a certificate or a list of certificates");
    }
    return push_done(L, tls::save_certificates(path, certificates->value()));
}

// key:pem([passphrase]) -> text
int key_pem(lua_State* L)
{
    return push_text(L, check<tls::Key>(L, 1).pem(opt_passphrase(L, 2)));
}

// key:public_pem() -> text
int key_public_pem(lua_State* L)
{
    return push_text(L, check<tls::Key>(L, 1).public_pem());
}

// key:save(path [, passphrase]) -> true | nil, err
int key_save(lua_State* L)
{
    return push_done(L, check<tls::Key>(L, 1).save(check_path(L, 2), opt_passphrase(L, 3)));
}

// key:info() -> table
int key_info(lua_State* L)
{
    EVP_PKEY* key = check<tls::Key>(L, 1).get();
    lua_createtable(L, 0, 3);
    set_text(L, "type", tls::key_type(key));
    set_number(L, "bits", EVP_PKEY_get_bits(key));
    set_text(L, "fingerprint", tls::key_fingerprint(key));
    return 1;
}

int key_to_string(lua_State* L)
{
    return push_text(L, "private key " + tls::key_type(check<tls::Key>(L, 1).get()));
}

// request:pem() -> text
int request_pem(lua_State* L)
{
    return push_text(L, check<tls::CertificateRequest>(L, 1).pem());
}

// request:save(path) -> true | nil, err
int request_save(lua_State* L)
{
    return push_done(L, check<tls::CertificateRequest>(L, 1).save(check_path(L, 2)));
}

// request:info() -> table
int request_info(lua_State* L)
{
    const auto& request = check<tls::CertificateRequest>(L, 1);
    lua_createtable(L, 0, 6);
    set_text(L, "subject", request.subject());
    set_fields(L, "subject_fields", request.subject_fields());
    set_names(L, "names", request.names());
    set_text(L, "key_type", tls::key_type(request.public_key()));
    set_number(L, "key_bits", EVP_PKEY_get_bits(request.public_key()));
    set_text(L, "key_fingerprint", tls::key_fingerprint(request.public_key()));
    return 1;
}

int request_to_string(lua_State* L)
{
    return push_text(L, "certificate request of " + check<tls::CertificateRequest>(L, 1).subject());
}

// certificate:pem() -> text
int certificate_pem(lua_State* L)
{
    return push_text(L, check<tls::Certificate>(L, 1).pem());
}

// certificate:save(path) -> true | nil, err
int certificate_save(lua_State* L)
{
    const auto& certificate = check<tls::Certificate>(L, 1);
    return push_done(L, tls::save_certificates(check_path(L, 2), {certificate}));
}

// certificate:info() -> table
int certificate_info(lua_State* L)
{
    push_certificate_info(L, check<tls::Certificate>(L, 1));
    return 1;
}

// certificate:matches(key) -> boolean
int certificate_matches(lua_State* L)
{
    lua_pushboolean(L, check<tls::Certificate>(L, 1).matches(check<tls::Key>(L, 2)));
    return 1;
}

// certificate:verify{ ca, intermediates, name, common_name, purpose, time } -> true | nil, err
int certificate_verify(lua_State* L)
{
    const auto& certificate = check<tls::Certificate>(L, 1);
    static constexpr const char* purposes[] = {"any", "server", "client", nullptr};
    static constexpr tls::Purpose values[] = {tls::Purpose::any, tls::Purpose::server, tls::Purpose::client};
    CertificateOptions options(L, 2, "a table of options, at least { ca = … }");
    const auto authorities = options.certificates("ca");
    const auto intermediates = options.certificates("intermediates");
    tls::Verification verification;
    const auto name = options.string("name");
    if (name && name->empty()) {
        return luaL_error(L, "options.name: expected a DNS name or an address, got \"\"");
    }
    verification.host_name = std::string(name.value_or(""));
    verification.common_name = options.boolean("common_name").value_or(false);
    verification.purpose = values[options.choice("purpose", purposes).value_or(0)];
    verification.time = options.time("time").value_or(options.now());
    options.finish();
    for (const auto* certificates : {&authorities, &intermediates}) {
        if (certificates->has_error()) {
            return push_failure(L, certificates->error());
        }
    }
    verification.authorities = *authorities;
    verification.intermediates = *intermediates;
    return push_done(L, tls::verify(certificate, verification));
}

int certificate_to_string(lua_State* L)
{
    return push_text(L, "certificate of " + tls::to_string(X509_get_subject_name(check<tls::Certificate>(L, 1).get())));
}

}  // namespace

void push_certificate(lua_State* L, const tls::Certificate& certificate)
{
    push_object(L, certificate_class, certificate);
}

void define_x509_classes(lua_State* L)
{
    const luaL_Reg key_methods[] = {
        {"pem", guard<key_pem>},   {"public_pem", guard<key_public_pem>},
        {"save", guard<key_save>}, {"info", guard<key_info>},
        {nullptr, nullptr},
    };
    const luaL_Reg request_methods[] = {
        {"pem", guard<request_pem>},
        {"save", guard<request_save>},
        {"info", guard<request_info>},
        {nullptr, nullptr},
    };
    const luaL_Reg certificate_methods[] = {
        {"pem", guard<certificate_pem>},       {"save", guard<certificate_save>},
        {"info", guard<certificate_info>},     {"matches", guard<certificate_matches>},
        {"verify", guard<certificate_verify>}, {nullptr, nullptr},
    };
    define_class(L, key_class, key_methods, guard<collect<tls::Key>>, guard<key_to_string>);
    define_class(L, request_class, request_methods, guard<collect<tls::CertificateRequest>>, guard<request_to_string>);
    define_class(L, certificate_class, certificate_methods, guard<collect<tls::Certificate>>,
                 guard<certificate_to_string>);
}

void push_certificate_info(lua_State* L, const tls::Certificate& certificate)
{
    const tls::CertificateInfo info = certificate.info();
    lua_createtable(L, 0, 16);
    set_text(L, "subject", info.subject);
    set_fields(L, "subject_fields", info.subject_fields);
    set_text(L, "issuer", info.issuer);
    set_fields(L, "issuer_fields", info.issuer_fields);
    set_text(L, "serial", info.serial);
    set_number(L, "not_before", static_cast<double>(info.not_before));
    set_number(L, "not_after", static_cast<double>(info.not_after));
    set_names(L, "names", info.names);
    lua_pushboolean(L, info.is_authority ? 1 : 0);
    lua_setfield(L, -2, "is_authority");
    set_text(L, "key_type", info.key_type);
    set_number(L, "key_bits", info.key_bits);
    set_text(L, "key_fingerprint", info.key_fingerprint);
    set_text(L, "signature_algorithm", info.signature_algorithm);
    set_text(L, "sha256", info.sha256);
    set_text(L, "sha1", info.sha1);
}

int open_x509(lua_State* L)
{
    define_x509_classes(L);
    const luaL_Reg functions[] = {
        {"key", guard<x509_key>},
        {"load_key", guard<x509_load_key>},
        {"read_key", guard<x509_read_key>},
        {"request", guard<x509_request>},
        {"load_request", guard<x509_load_request>},
        {"read_request", guard<x509_read_request>},
        {"authority", guard<x509_authority>},
        {"self_signed", guard<x509_self_signed>},
        {"sign", guard<x509_sign>},
        {"load", guard<x509_load>},
        {"read", guard<x509_read>},
        {"save", guard<x509_save>},
        {nullptr, nullptr},
    };
    lua_newtable(L);
    luaL_register(L, nullptr, functions);
    return 1;
}

}  // namespace moonwire::bindings
