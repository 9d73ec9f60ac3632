#pragma once

#include "bindings/core/userdata.hpp"
#include "host/tls/certificate.hpp"
#include "host/tls/certificate_request.hpp"
#include "host/tls/key.hpp"

#include <lua.hpp>

namespace moonwire::bindings {

template <>
struct LuaType<tls::Key> {
    static constexpr const char* name = "a private key (x509.key, x509.load_key)";
};

template <>
struct LuaType<tls::CertificateRequest> {
    static constexpr const char* name = "a certificate request (x509.request, x509.load_request)";
};

template <>
struct LuaType<tls::Certificate> {
    static constexpr const char* name = "a certificate (one of those that x509.load returns)";
};

/// Makes the classes Key, Request and Certificate; for modules that hand out such objects without moonwire.x509 being
/// loaded. May be called again.
void define_x509_classes(lua_State* L);

void push_certificate(lua_State* L, const tls::Certificate& certificate);

/// Pushes a table of what the certificate says.
void push_certificate_info(lua_State* L, const tls::Certificate& certificate);

}  // namespace moonwire::bindings
