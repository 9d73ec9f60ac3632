#pragma once

#include <array>
#include <cstddef>

namespace moonwire::websocket {

/// A frame's masking key, its bytes as they are on the wire.
using MaskKey = std::array<unsigned char, 4>;

/// Masks, or unmasks, which is the same (RFC 6455, section 5.3), `size` bytes in place. `offset`: how many bytes of the
/// frame's payload come before them. True if what comes of it is ASCII alone, which says on the way that a text is
/// UTF-8.
bool mask(char* data, std::size_t size, MaskKey key, std::size_t offset = 0);

/// The same from one place to another. They may be one place, but must not overlap otherwise.
bool mask(const char* from, char* to, std::size_t size, MaskKey key, std::size_t offset = 0);

}  // namespace moonwire::websocket
