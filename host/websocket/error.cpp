#include "host/websocket/error.hpp"

#include <string>
#include <string_view>

namespace moonwire::websocket {

namespace {

class Category final : public net::ErrorCategory
{
public:
    const char* name() const noexcept override { return "moonwire.websocket"; }

    std::string_view word(int value) const override
    {
        switch (static_cast<errc>(value)) {
        case errc::upgrade_refused:
            return "upgrade_refused";
        case errc::bad_upgrade:
            return "bad_upgrade";
        case errc::unsupported_subprotocol:
            return "unsupported_subprotocol";
        case errc::protocol_error:
            break;
        case errc::invalid_utf8:
            return "invalid_utf8";
        case errc::message_too_big:
            return "message_too_big";
        case errc::bad_compression:
            return "bad_compression";
        case errc::policy:
            return "policy";
        }
        return "protocol_error";
    }

    std::string message(int value) const override
    {
        switch (static_cast<errc>(value)) {
        case errc::upgrade_refused:
            return "the server refused the upgrade to WebSocket";
        case errc::bad_upgrade:
            return "what the peer sent is no upgrade to WebSocket";
        case errc::unsupported_subprotocol:
            return "the server chose a subprotocol that was not offered";
        case errc::protocol_error:
            break;
        case errc::invalid_utf8:
            return "the text is not UTF-8";
        case errc::message_too_big:
            return "the message is larger than this side takes";
        case errc::bad_compression:
            return "the compressed message is damaged";
        case errc::policy:
            return "the peer does too much of what is allowed";
        }
        return "what arrived breaks the WebSocket protocol";
    }
};

}  // namespace

error_code make_error_code(errc code)
{
    static const Category category;
    return {static_cast<int>(code), category};
}

CloseCode close_code(errc code)
{
    switch (code) {
    case errc::invalid_utf8:
    case errc::bad_compression:
        return CloseCode::invalid_payload;
    case errc::message_too_big:
        return CloseCode::message_too_big;
    case errc::policy:
        return CloseCode::policy_violation;
    case errc::upgrade_refused:
    case errc::bad_upgrade:
    case errc::unsupported_subprotocol:
    case errc::protocol_error:
        break;
    }
    return CloseCode::protocol_error;
}

}  // namespace moonwire::websocket
