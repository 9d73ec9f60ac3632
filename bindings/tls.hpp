#pragma once

#include "host/net/stream.hpp"

#include <lua.hpp>

namespace moonwire::bindings {

/// Pushes the table of conn:tls(), or nil if the stream is none of TLS.
int push_tls_info(lua_State* L, const net::Stream& stream);

}  // namespace moonwire::bindings
