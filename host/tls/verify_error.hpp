#pragma once

#include "host/tls/error.hpp"
#include "host/tls/openssl.hpp"

#include <string>

namespace moonwire::tls {

/// The error for what OpenSSL's verification has found (X509_V_ERR_…, X509_STORE_CTX_get_error(3)); 0 is no error. Its
/// words for scripts:
///
///   certificate_expired, certificate_not_yet_valid, certificate_revoked
///   self_signed_certificate   the certificate has signed itself, and is none of the trusted ones
///   unknown_authority         the chain does not lead to a trusted authority
///   wrong_host_name           the certificate is another host's
///   wrong_purpose             a certificate of the chain is used for what it was not made for
///   bad_signature             the signature is not the issuer's
///   weak_key, weak_signature  below what the security level asks for
///   bad_certificate           anything else
error_code verify_error(long x509_v_err);

/// The reason with what matters about the certificate at fault (X509_STORE_CTX_get_current_cert; may be null): "the
/// certificate has expired (CN=localhost, valid until 2024-03-01 12:00:00 UTC)". `host_name` is who was asked for.
std::string verify_reason(long x509_v_err, const X509* certificate, const std::string& host_name);

}  // namespace moonwire::tls
