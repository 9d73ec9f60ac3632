#pragma once

#include <array>
#include <string>
#include <string_view>

namespace moonwire::websocket {

/// The random bytes of a client's handshake.
using Nonce = std::array<unsigned char, 16>;

/// The value of Sec-WebSocket-Key.
std::string key_of(const Nonce& nonce);

/// Is it 16 bytes in base64?
bool is_key(std::string_view text);

/// The Sec-WebSocket-Accept that answers a key (RFC 6455, section 4.2.2): a server that knows this speaks WebSocket.
std::string accept_of(std::string_view key);

}  // namespace moonwire::websocket
