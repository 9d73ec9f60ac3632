#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace moonwire::websocket {

struct ExtensionParameter {
    std::string name;
    std::optional<std::string> value;
};

/// One element of a Sec-WebSocket-Extensions field: an offer of the client, or what the server has chosen.
struct Extension {
    std::string name;
    std::vector<ExtensionParameter> parameters;
};

/// Reads a Sec-WebSocket-Extensions field (RFC 6455, section 9.1), in which empty elements count for nothing. Nothing
/// if it breaks the grammar.
std::optional<std::vector<Extension>> parse_extensions(std::string_view field);

}  // namespace moonwire::websocket
