#include "host/websocket/header.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/rfc7230.hpp>

#include <algorithm>
#include <limits>
#include <stdexcept>

namespace moonwire::websocket {

namespace http = boost::beast::http;

namespace {

template <bool is_request>
std::optional<http::header<is_request, http::fields>> parse(std::string_view head)
{
    http::parser<is_request, http::empty_body> parser;
    parser.header_limit(std::numeric_limits<std::uint32_t>::max());  // whoever has read the head has limited it
    parser.body_limit(boost::none);
    boost::system::error_code error;
    const std::size_t used = parser.put(boost::asio::buffer(head.data(), head.size()), error);
    if (error || !parser.is_header_done() || used != head.size()) {
        return std::nullopt;
    }
    return std::move(parser.get().base());
}

bool is_token(std::string_view text)
{
    const http::token_list list(text);
    return list.begin() != list.end() && *list.begin() == text;
}

bool is_owned(std::string_view name)
{
    constexpr std::string_view owned[] = {"Host",   "Upgrade",        "Connection",
                                          "Origin", "Content-Length", "Transfer-Encoding"};
    constexpr std::string_view prefix = "Sec-WebSocket-";
    return boost::beast::iequals(name.substr(0, prefix.size()), prefix) ||
           std::any_of(std::begin(owned), std::end(owned),
                       [&](std::string_view each) { return boost::beast::iequals(name, each); });
}

bool is_control(char c)
{
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7F;
}

}  // namespace

std::optional<RequestHeader> parse_request(std::string_view head)
{
    return parse<true>(head);
}

std::optional<ResponseHeader> parse_response(std::string_view head)
{
    return parse<false>(head);
}

std::string list_of(const http::fields& fields, http::field name)
{
    std::string list;
    const auto lines = fields.equal_range(name);
    for (auto line = lines.first; line != lines.second; ++line) {
        list += list.empty() ? "" : ", ";
        list += line->value();
    }
    return list;
}

bool list_has(const http::fields& fields, http::field name, std::string_view element)
{
    return http::token_list(list_of(fields, name)).exists(element);
}

void check(const std::vector<Header>& headers)
{
    for (const Header& header : headers) {
        if (!is_token(header.name)) {
            throw std::invalid_argument("headers: " + quoted(header.name) + " cannot be the name of a header");
        }
        if (is_owned(header.name)) {
            throw std::invalid_argument("headers: " + header.name + " is set by the handshake itself");
        }
        if (!is_field_value(header.value)) {
            throw std::invalid_argument("headers: " + header.name + " cannot be " + quoted(header.value));
        }
    }
}

void check_subprotocols(const std::vector<std::string>& subprotocols)
{
    for (auto each = subprotocols.begin(); each != subprotocols.end(); ++each) {
        if (!is_token(*each)) {
            throw std::invalid_argument("subprotocols: expected a word of letters, digits and -.+_, got " +
                                        quoted(*each));
        }
        if (std::find(subprotocols.begin(), each, *each) != each) {
            throw std::invalid_argument("subprotocols: " + quoted(*each) + " is there twice");
        }
    }
}

bool is_field_value(std::string_view text)
{
    return std::none_of(text.begin(), text.end(), [](char c) { return is_control(c) && c != '\t'; });
}

std::string quoted(std::string_view text)
{
    constexpr std::size_t longest = 80;
    std::string shown(text.substr(0, longest));
    std::replace_if(shown.begin(), shown.end(), is_control, '?');
    return '"' + shown + (text.size() > longest ? "…\"" : "\"");
}

void append_field(std::string& head, std::string_view name, std::string_view value)
{
    head.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace moonwire::websocket
