#pragma once

#include "bindings/core/stack.hpp"
#include "host/impair/faults.hpp"
#include "host/impair/open.hpp"

namespace moonwire::bindings {

// What the functions of moonwire.impair take from their table of options, which is at `index` of the stack.

/// "localhost:5004", "[::1]:5004".
impair::Target read_target(lua_State* L, Options& options);

impair::DatagramFaults read_datagram_faults(lua_State* L, Options& options);

/// Raises an error for those that say nothing without each other, so all of the table has to be read before.
impair::StreamFaults read_stream_faults(lua_State* L, Options& options);

}  // namespace moonwire::bindings
