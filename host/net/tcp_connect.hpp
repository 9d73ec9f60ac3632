#pragma once

#include "host/loop/handler.hpp"
#include "host/loop/loop.hpp"
#include "host/net/endpoint.hpp"
#include "host/net/error.hpp"
#include "host/net/operation.hpp"
#include "host/net/socket_options.hpp"
#include "host/net/tcp_stream.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace moonwire::net {

struct ConnectRequest {
    std::string host;  ///< a name or a numeric address
    std::uint16_t port = 0;
    Family family = Family::any;
    std::optional<observe::Duration> timeout;  ///< for resolving and connecting together
};

/// The stream, or why there is none; then the message names every address that was tried and what it answered.
using ConnectHandler = loop::Handler<void(Failure, std::shared_ptr<TcpStream>)>;

/// Connects to the first of the host's addresses that answers: they are tried in turn (see `interleave_families`), the
/// next one 250 ms after the last or as soon as that has failed (RFC 8305, section 5). What is still under way then is
/// closed.
///
/// If all fail for different reasons, the failure's code is the first that says more than that there is no way to the
/// address. A connection that comes back to itself (TCP's simultaneous open, when the system happens to choose the
/// asked port as the local one) counts as refused.
std::shared_ptr<Operation> async_connect(loop::Loop& loop, ConnectRequest request, const SocketOptions& options,
                                         ConnectHandler handler);

/// The same when the host's addresses are known already, in the resolver's order; at least one.
std::shared_ptr<Operation> async_connect_to(loop::Loop& loop, ConnectRequest request,
                                            const std::vector<TcpEndpoint>& addresses, const SocketOptions& options,
                                            ConnectHandler handler);

}  // namespace moonwire::net
