#pragma once

#include <cstdint>
#include <string_view>

namespace moonwire::websocket {

/// Why a connection is closed (RFC 6455, section 7.4.1, and IANA's registry of WebSocket close codes).
enum class CloseCode : std::uint16_t {
    normal = 1000,
    going_away = 1001,
    protocol_error = 1002,
    unsupported_data = 1003,
    no_status = 1005,  ///< never sent: the close frame had no code
    abnormal = 1006,   ///< never sent: there was no close frame
    invalid_payload = 1007,
    policy_violation = 1008,
    message_too_big = 1009,
    mandatory_extension = 1010,
    internal_error = 1011,
    service_restart = 1012,
    try_again_later = 1013,
    bad_gateway = 1014,
    tls_handshake = 1015,  ///< never sent: the connection could not be secured
};

/// May a close frame have this code? The names above, but for those that are never sent, and 3000 to 4999, which
/// libraries, frameworks and applications give a meaning of their own.
constexpr bool may_be_sent(std::uint16_t code)
{
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

/// The code in words for people: "going away".
constexpr std::string_view close_code_name(std::uint16_t code)
{
    switch (static_cast<CloseCode>(code)) {
    case CloseCode::normal:
        return "normal closure";
    case CloseCode::going_away:
        return "going away";
    case CloseCode::protocol_error:
        return "protocol error";
    case CloseCode::unsupported_data:
        return "unsupported data";
    case CloseCode::no_status:
        return "no status";
    case CloseCode::abnormal:
        return "abnormal closure";
    case CloseCode::invalid_payload:
        return "invalid payload";
    case CloseCode::policy_violation:
        return "policy violation";
    case CloseCode::message_too_big:
        return "message too big";
    case CloseCode::mandatory_extension:
        return "extension missing";
    case CloseCode::internal_error:
        return "internal error";
    case CloseCode::service_restart:
        return "service restart";
    case CloseCode::try_again_later:
        return "try again later";
    case CloseCode::bad_gateway:
        return "bad gateway";
    case CloseCode::tls_handshake:
        return "TLS handshake failed";
    }
    if (code >= 4000 && code <= 4999) {
        return "of the application";
    }
    return code >= 3000 && code <= 3999 ? "of a library" : "unknown";
}

}  // namespace moonwire::websocket
