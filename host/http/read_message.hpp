#pragma once

#include "host/http/parser.hpp"
#include "host/net/operation.hpp"
#include "host/net/stream.hpp"

#include <memory>

namespace moonwire::http {

using observe::Duration;

struct RequestOptions {
    Limits limits;
    Duration idle_timeout = std::chrono::seconds(60);  ///< until its first byte
    Duration head_timeout = std::chrono::seconds(10);  ///< from there to the end of the head
    Duration body_timeout = std::chrono::seconds(30);  ///< from there to the end of the body
};

struct ResponseOptions {
    Limits limits;
    Duration timeout = std::chrono::seconds(30);  ///< for all of it
    bool to_head = false;                         ///< it answers HEAD: no body follows
};

/// What has come of reading a message.
template <bool is_request>
struct Read {
    net::Failure failure;  ///< `message` of it: why only, to be told with what was done
    unsigned status = 0;   ///< what to answer to a request that has failed; 0: nobody is there who waits for an answer
    bool begun = false;    ///< whether any of it had come
    Message<is_request> message;
};

using RequestHandler = loop::Handler<void(Read<true>)>;
using ResponseHandler = loop::Handler<void(Read<false>)>;

/// Reads the next message of `stream`, of which nobody else must be reading, and not a byte more: what has come behind
/// it is given back to the stream. A client that waits for a word before it sends its body gets it. Responses that only
/// announce others (1xx, save 101) are passed over.
std::shared_ptr<net::Operation> async_read_request(std::shared_ptr<net::Stream> stream, const RequestOptions& options,
                                                   RequestHandler handler);
std::shared_ptr<net::Operation> async_read_response(std::shared_ptr<net::Stream> stream, const ResponseOptions& options,
                                                    ResponseHandler handler);

}  // namespace moonwire::http
