#pragma once

#include "host/loop/handler.hpp"
#include "host/loop/loop.hpp"
#include "host/net/endpoint.hpp"
#include "host/net/error.hpp"
#include "host/net/operation.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace moonwire::net {

/// No error and at least one address, in the system's order (RFC 6724), each once; or an error and none.
using ResolveHandler = loop::Handler<void(error_code, std::vector<TcpEndpoint>)>;

/// Looks up the addresses of `host` that belong to `family`. A numeric address is its own answer, also with a zone
/// (fe80::1%eth0, RFC 4007); names are looked up as the system does it (hosts file, DNS), one at a time on a thread of
/// the loop's own. errc::name_not_found if there is no address of the family, and for ""; errc::timeout if a limit is
/// given and runs out. Observers are told of it as `object`'s; 0: it gets a number of its own.
std::shared_ptr<Operation> async_resolve(loop::Loop& loop, const std::string& host, std::uint16_t port, Family family,
                                         ResolveHandler handler, std::optional<observe::Duration> limit = std::nullopt,
                                         observe::ObjectId object = 0);

}  // namespace moonwire::net
