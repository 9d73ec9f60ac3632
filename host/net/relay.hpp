#pragma once

#include "host/loop/handler.hpp"
#include "host/net/operation.hpp"
#include "host/net/stream.hpp"

#include <cstdint>
#include <memory>

namespace moonwire::net {

/// How many bytes were copied, and no error if `from` ended in order and `to` took all of it.
using RelayHandler = loop::Handler<void(error_code, std::uint64_t)>;

/// Copies what `from` receives into `to` until `from` ends, then sends what is left and ends the sending direction of
/// `to`. If both are the same stream it is an echo, and that direction stays open. Reads no more than `to` has room
/// for. While it runs nobody else may read from `from`; the streams' own time limits apply. Both streams must belong to
/// one loop.
std::shared_ptr<Operation> async_pipe(std::shared_ptr<Stream> from, std::shared_ptr<Stream> to, RelayHandler handler);

}  // namespace moonwire::net
