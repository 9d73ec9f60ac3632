#pragma once

#include "host/net/descriptor.hpp"
#include "host/net/operation.hpp"
#include "host/net/stream.hpp"

#include <cstdint>
#include <memory>

namespace moonwire::http {

/// Writes `length` bytes of `file` from `offset` on to `stream`, no more at a time than it has room for. Ends with
/// errc::closed when the file has become shorter meanwhile.
std::shared_ptr<net::Operation> async_send_file(std::shared_ptr<net::Stream> stream, net::Descriptor file,
                                                std::uint64_t offset, std::uint64_t length,
                                                loop::Handler<void(net::error_code)> handler);

}  // namespace moonwire::http
