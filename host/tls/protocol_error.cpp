#include "host/tls/protocol_error.hpp"

#include <openssl/err.h>

#include <string>

namespace moonwire::tls {

namespace {

class Category final : public net::ErrorCategory
{
public:
    const char* name() const noexcept override { return "moonwire.tls.protocol"; }

    std::string_view word(int value) const override
    {
        switch (static_cast<protocol_errc>(value)) {
        case protocol_errc::truncated:
            return "truncated";
        case protocol_errc::not_tls:
            return "not_tls";
        case protocol_errc::no_common_version:
            return "no_common_version";
        case protocol_errc::no_common_cipher:
            return "no_common_cipher";
        case protocol_errc::no_common_protocol:
            return "no_common_protocol";
        case protocol_errc::certificate_required:
            return "certificate_required";
        case protocol_errc::certificate_refused:
            return "certificate_refused";
        case protocol_errc::refused_by_peer:
            return "refused_by_peer";
        case protocol_errc::protocol_error:
            break;
        }
        return "protocol_error";
    }

    std::string message(int value) const override
    {
        switch (static_cast<protocol_errc>(value)) {
        case protocol_errc::truncated:
            return "the connection ended without TLS's close_notify: somebody may have cut it off, and data be missing";
        case protocol_errc::not_tls:
            return "what arrived is not TLS: does the peer expect a plain connection?";
        case protocol_errc::no_common_version:
            return "no version of TLS that both sides accept";
        case protocol_errc::no_common_cipher:
            return "no cipher, group or signature algorithm that both sides accept";
        case protocol_errc::no_common_protocol:
            return "no application protocol (ALPN) that both sides accept";
        case protocol_errc::certificate_required:
            return "a certificate of the client is required, and none was given";
        case protocol_errc::certificate_refused:
            return "the peer does not accept this side's certificate";
        case protocol_errc::refused_by_peer:
            return "the peer refused the connection";
        case protocol_errc::protocol_error:
            break;
        }
        return "what arrived breaks the TLS protocol";
    }
};

/// An alert that the peer has sent, with its number kept for the message (RFC 8446, section 6.2).
class AlertCategory final : public net::ErrorCategory
{
public:
    const char* name() const noexcept override { return "moonwire.tls.alert"; }

    std::string_view word(int alert) const override { return net::code_word(meaning(alert)); }

    std::string message(int alert) const override
    {
        return meaning(alert).message() + " (it sent the alert " + SSL_alert_desc_string_long(alert) + ")";
    }

    bool equivalent(int alert, const boost::system::error_condition& condition) const noexcept override
    {
        return meaning(alert).default_error_condition() == condition;
    }

private:
    static error_code meaning(int alert)
    {
        switch (alert) {
        case SSL_AD_PROTOCOL_VERSION:
        case SSL_AD_INAPPROPRIATE_FALLBACK:
            return protocol_errc::no_common_version;
        case SSL_AD_HANDSHAKE_FAILURE:
        case SSL_AD_INSUFFICIENT_SECURITY:
            return protocol_errc::no_common_cipher;
        case SSL_AD_NO_APPLICATION_PROTOCOL:
            return protocol_errc::no_common_protocol;
        case SSL_AD_CERTIFICATE_REQUIRED:
            return protocol_errc::certificate_required;
        case SSL_AD_BAD_CERTIFICATE:
        case SSL_AD_UNSUPPORTED_CERTIFICATE:
        case SSL_AD_CERTIFICATE_REVOKED:
        case SSL_AD_CERTIFICATE_EXPIRED:
        case SSL_AD_CERTIFICATE_UNKNOWN:
        case SSL_AD_UNKNOWN_CA:
        case SSL_AD_ACCESS_DENIED:
            return protocol_errc::certificate_refused;
        default:
            return protocol_errc::refused_by_peer;
        }
    }
};

error_code alert_error(int alert)
{
    static const AlertCategory category;
    return {alert, category};
}

}  // namespace

error_code make_error_code(protocol_errc code)
{
    static const Category category;
    return {static_cast<int>(code), category};
}

error_code protocol_failure()
{
    const unsigned long error = ERR_peek_error();
    ERR_clear_error();
    if (ERR_GET_LIB(error) != ERR_LIB_SSL) {
        return protocol_errc::protocol_error;
    }
    const int reason = ERR_GET_REASON(error);
    if (reason > SSL_AD_REASON_OFFSET && reason <= SSL_AD_REASON_OFFSET + 255) {
        return alert_error(reason - SSL_AD_REASON_OFFSET);
    }
    switch (reason) {
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
    case SSL_R_BAD_RECORD_TYPE:
        return protocol_errc::not_tls;
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_VERSION_TOO_HIGH:
    case SSL_R_WRONG_SSL_VERSION:
    case SSL_R_NO_PROTOCOLS_AVAILABLE:
        return protocol_errc::no_common_version;
    case SSL_R_NO_SHARED_CIPHER:
    case SSL_R_NO_CIPHERS_AVAILABLE:
    case SSL_R_NO_SUITABLE_KEY_SHARE:
    case SSL_R_NO_SUITABLE_GROUPS:
    case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
    case SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS:
        return protocol_errc::no_common_cipher;
    case SSL_R_NO_APPLICATION_PROTOCOL:
        return protocol_errc::no_common_protocol;
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
        return protocol_errc::certificate_required;
    default:
        return protocol_errc::protocol_error;
    }
}

}  // namespace moonwire::tls
