#pragma once

#include "host/http/parser.hpp"
#include "host/net/stream.hpp"

#include <string_view>

namespace moonwire::http {

// What is told observers of HTTP, under the number of the stream that it is spoken on.

/// HTTP is spoken on this stream from now on.
void begin_http(net::Stream& stream);

/// A whole message has come: "GET /path" or "200 OK" is told, and the body.
template <bool is_request>
void tell_received(net::Stream& stream, const Message<is_request>& message);

/// A message is about to be written; `head` is all of it but the body. Of a body that is a file, `body` is empty.
void tell_sent(net::Stream& stream, std::string_view head, std::string_view body);

extern template void tell_received<true>(net::Stream& stream, const Message<true>& message);
extern template void tell_received<false>(net::Stream& stream, const Message<false>& message);

}  // namespace moonwire::http
