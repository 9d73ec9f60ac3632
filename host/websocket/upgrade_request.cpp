#include "host/websocket/upgrade_request.hpp"

#include <boost/beast/http/rfc7230.hpp>

#include <algorithm>
#include <stdexcept>

namespace moonwire::websocket {

namespace http = boost::beast::http;

namespace {

bool is_host(std::string_view host)
{
    return !host.empty() && std::all_of(host.begin(), host.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               (c != '\0' && std::string_view("-._~:%").find(c) != std::string_view::npos);
    });
}

bool is_target(std::string_view target)
{
    return target.starts_with('/') &&
           std::all_of(target.begin(), target.end(), [](char c) { return c > ' ' && c < '\x7F' && c != '#'; });
}

/// The value of Host: an IPv6 address has brackets there and no zone, which is this machine's own affair.
std::string authority(const Location& location)
{
    std::string host = location.host;
    if (host.find(':') != std::string::npos) {
        host = '[' + host.substr(0, host.find('%')) + ']';
    }
    const std::uint16_t usual_port = location.secure ? 443 : 80;
    return location.port == usual_port ? host : host + ':' + std::to_string(location.port);
}

std::string joined(const std::vector<std::string>& words)
{
    std::string list;
    for (const std::string& word : words) {
        list += (list.empty() ? "" : ", ") + word;
    }
    return list;
}

void check(const Location& location, const ConnectOptions& options)
{
    if (!is_host(location.host)) {
        throw std::invalid_argument("host: expected a name or an address, got " + quoted(location.host));
    }
    if (!is_target(location.target)) {
        throw std::invalid_argument("path: expected one that begins with / and has no spaces, no # and nothing but " +
                                    ("ASCII (write others as %20), got " + quoted(location.target)));
    }
    if (!is_field_value(options.origin)) {
        throw std::invalid_argument("origin: expected one like https://example.org, got " + quoted(options.origin));
    }
    check_subprotocols(options.subprotocols);
    check(options.headers);
    check(options.deflate);
}

/// "404 Not Found", and where else to look if the server says so.
std::string status_line(const ResponseHeader& response)
{
    std::string line = std::to_string(response.result_int());
    const std::string_view given = response.reason();
    const std::string_view usual = http::obsolete_reason(response.result());
    line += ' ';
    line += given.empty() || quoted(given) != '"' + std::string(given) + '"' ? usual : given;
    const std::string_view location = response[http::field::location];
    return location.empty() ? line : line + " (it is at " + quoted(location) + ")";
}

/// What makes it no acceptance of this request, empty if nothing does.
std::string wrong_acceptance(const ResponseHeader& response, const UpgradeRequest& request)
{
    if (!list_has(response, http::field::upgrade, "websocket")) {
        return "its Upgrade header is not \"websocket\"";
    }
    if (!list_has(response, http::field::connection, "Upgrade")) {
        return "its Connection header lacks \"Upgrade\"";
    }
    if (response.count(http::field::sec_websocket_accept) != 1 ||
        response[http::field::sec_websocket_accept] != accept_of(request.key)) {
        return "its Sec-WebSocket-Accept does not fit the key that it was sent";
    }
    return {};
}

}  // namespace

std::string to_string(const Location& location)
{
    return (location.secure ? "wss://" : "ws://") + authority(location) + location.target;
}

UpgradeRequest make_upgrade_request(const Location& location, const ConnectOptions& options, const Nonce& nonce)
{
    check(location, options);
    UpgradeRequest request{{}, to_string(location), key_of(nonce), options.subprotocols, options.deflate};
    std::string& head = request.text;
    head = "GET " + location.target + " HTTP/1.1\r\n";
    append_field(head, "Host", authority(location));
    head += "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n";
    append_field(head, "Sec-WebSocket-Key", request.key);
    if (!options.origin.empty()) {
        append_field(head, "Origin", options.origin);
    }
    if (!options.subprotocols.empty()) {
        append_field(head, "Sec-WebSocket-Protocol", joined(options.subprotocols));
    }
    if (options.deflate.enabled) {
        append_field(head, "Sec-WebSocket-Extensions", deflate_offer(options.deflate));
    }
    for (const Header& header : options.headers) {
        append_field(head, header.name, header.value);
    }
    head += "\r\n";
    return request;
}

Result<Upgraded> check_upgrade_response(std::string_view head, const UpgradeRequest& request)
{
    const auto failure = [&](errc code, const std::string& why) {
        return Failure{code, "connect to " + request.url + ": " + why};
    };
    auto response = parse_response(head);
    if (!response) {
        return failure(errc::bad_upgrade, "the server's answer is not HTTP/1.1; it begins with " + quoted(head));
    }
    if (response->result() != http::status::switching_protocols) {
        return failure(errc::upgrade_refused, "the server answered " + status_line(*response));
    }
    if (const std::string wrong = wrong_acceptance(*response, request); !wrong.empty()) {
        return failure(errc::bad_upgrade, "the server's answer is no upgrade to WebSocket: " + wrong);
    }
    const std::string subprotocol = list_of(*response, http::field::sec_websocket_protocol);
    const auto& offered = request.subprotocols;
    if (response->count(http::field::sec_websocket_protocol) > 0 &&
        std::find(offered.begin(), offered.end(), subprotocol) == offered.end()) {
        return failure(errc::unsupported_subprotocol,
                       "the server chose the subprotocol " + quoted(subprotocol) + ", which was not offered");
    }
    const auto extensions = parse_extensions(list_of(*response, http::field::sec_websocket_extensions));
    if (!extensions) {
        return failure(errc::bad_upgrade, "the server's Sec-WebSocket-Extensions is malformed");
    }
    const auto deflate = check_extension_answer(*extensions, request.deflate);
    if (!deflate) {
        return failure(errc::bad_upgrade, deflate.error().message);
    }
    return Upgraded{subprotocol, *deflate, std::move(*response)};
}

}  // namespace moonwire::websocket
