#pragma once

#include <cstdint>
#include <string_view>

namespace moonwire::websocket {

/// Tells whether bytes are UTF-8 (RFC 3629: no surrogates, nothing longer than it need be, nothing above U+10FFFF), in
/// pieces that may be cut anywhere, also within a character.
class Utf8Validator
{
public:
    /// False with the first byte that no UTF-8 can have there; everything after it is refused, too, until `reset`.
    bool consume(std::string_view bytes);

    /// Is what was consumed UTF-8 without a character that is still to be completed?
    bool complete() const;

    /// Forgets everything: the next text begins.
    void reset();

private:
    std::uint8_t state_ = 6;  // between two characters; see utf8.cpp
};

/// Is the whole of it UTF-8?
bool is_utf8(std::string_view bytes);

}  // namespace moonwire::websocket
