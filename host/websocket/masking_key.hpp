#pragma once

#include "host/websocket/frame.hpp"

namespace moonwire::websocket {

/// A key that nobody can predict (RFC 6455, section 5.3 and 10.3), from the system's random numbers. Not from the
/// engine's: who knows a run's seed must not know its keys.
MaskKey next_masking_key();

}  // namespace moonwire::websocket
