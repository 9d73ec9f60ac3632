#pragma once

#include "host/websocket/key.hpp"
#include "host/websocket/mask.hpp"

namespace moonwire::websocket {

// What nobody must be able to predict (RFC 6455, sections 4.1, 5.3 and 10.3), from the system's random numbers. Not
// from the engine's: who knows a run's seed must not know these.

MaskKey random_mask_key();
Nonce random_nonce();

}  // namespace moonwire::websocket
