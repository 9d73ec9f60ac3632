#pragma once

#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/message.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace moonwire::websocket {

using RequestHeader = boost::beast::http::request_header<>;
using ResponseHeader = boost::beast::http::response_header<>;

/// A header field that a script adds to the handshake.
struct Header {
    std::string name;
    std::string value;
};

/// Reads the head of a request or a response, up to and with its empty line. Nothing if it is not that of HTTP/1.
std::optional<RequestHeader> parse_request(std::string_view head);
std::optional<ResponseHeader> parse_response(std::string_view head);

/// All lines of a field that is a list, as one.
std::string list_of(const boost::beast::http::fields& fields, boost::beast::http::field name);

/// Has the list this element, in whatever case?
bool list_has(const boost::beast::http::fields& fields, boost::beast::http::field name, std::string_view element);

/// Throws std::invalid_argument for names and values that HTTP does not allow, or that would change the head, and for
/// fields that the handshake itself sets.
void check(const std::vector<Header>& headers);

/// Throws std::invalid_argument if one of them is no token, or there twice (RFC 6455, section 4.1).
void check_subprotocols(const std::vector<std::string>& subprotocols);

/// Can this be the value of a field?
bool is_field_value(std::string_view text);

/// What came from a peer, or from a script, in quotes for a message: short and without control characters.
std::string quoted(std::string_view text);

void append_field(std::string& head, std::string_view name, std::string_view value);

}  // namespace moonwire::websocket
