#include "host/websocket/upgrade_answer.hpp"

#include "host/websocket/key.hpp"

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/rfc7230.hpp>

#include <algorithm>
#include <stdexcept>

namespace moonwire::websocket {

namespace http = boost::beast::http;

namespace {

struct Refusal {
    unsigned status;
    std::string why;
};

using MaybeRefusal = std::optional<Refusal>;

/// The path of "/chat?user=1", and of "http://example.org/chat?user=1", which is allowed, too.
std::string_view path_of(std::string_view target)
{
    if (const auto scheme_end = target.find("://"); !target.starts_with('/') && scheme_end != std::string_view::npos) {
        const auto path = target.find('/', scheme_end + 3);
        target = path == std::string_view::npos ? "/" : target.substr(path);
    }
    return target.substr(0, target.find('?'));
}

/// What makes it no request for WebSocket at this place.
MaybeRefusal refuse_request(const RequestHeader& request, const AcceptOptions& options)
{
    if (!options.path.empty() && path_of(request.target()) != options.path) {
        return Refusal{404, "There is nothing here: the WebSocket is at " + options.path + "."};
    }
    if (request.method() != http::verb::get) {
        return Refusal{405, "This is a WebSocket: it is opened with GET."};
    }
    if (!asks_for_websocket(request)) {
        return Refusal{426, "This is a WebSocket: it answers WebSocket clients only."};
    }
    if (request.version() < 11) {
        return Refusal{400, "WebSocket needs HTTP/1.1."};
    }
    return std::nullopt;
}

/// What is wrong with a request for WebSocket (RFC 6455, section 4.2.1).
MaybeRefusal refuse_handshake(const RequestHeader& request)
{
    if (!list_has(request, http::field::connection, "Upgrade")) {
        return Refusal{400, "The Connection header lacks \"Upgrade\"; a proxy between may have taken it out."};
    }
    if (request.count(http::field::host) != 1) {
        return Refusal{400, "There must be one Host header."};
    }
    if (request.count(http::field::transfer_encoding) > 0 ||
        (request.count(http::field::content_length) > 0 && request[http::field::content_length] != "0")) {
        return Refusal{400, "A request for WebSocket has no body."};
    }
    if (request.count(http::field::sec_websocket_version) != 1 || request[http::field::sec_websocket_version] != "13") {
        return Refusal{426, "Sec-WebSocket-Version must be 13."};
    }
    if (request.count(http::field::sec_websocket_key) != 1 || !is_key(request[http::field::sec_websocket_key])) {
        return Refusal{400, "There must be one Sec-WebSocket-Key, of 16 bytes in base64."};
    }
    return std::nullopt;
}

MaybeRefusal refuse_origin(const RequestHeader& request, const std::vector<std::string>& origins)
{
    const auto count = request.count(http::field::origin);
    if (origins.empty() || count == 0) {
        return std::nullopt;
    }
    const bool allowed = count == 1 && std::any_of(origins.begin(), origins.end(), [&](const std::string& origin) {
                             return boost::beast::iequals(origin, request[http::field::origin]);
                         });
    return allowed ? std::nullopt : MaybeRefusal({403, "Pages of this origin may not connect."});
}

/// Chooses what `answer` says of subprotocol and extensions.
MaybeRefusal agree(const RequestHeader& request, const AcceptOptions& options, UpgradeAnswer& answer,
                   std::string& extensions)
{
    const std::string offered_text = list_of(request, http::field::sec_websocket_protocol);
    const http::opt_token_list offered(offered_text);
    if (!http::validate_list(offered)) {
        return Refusal{400, "Sec-WebSocket-Protocol is malformed."};
    }
    const auto offers = parse_extensions(list_of(request, http::field::sec_websocket_extensions));
    if (!offers) {
        return Refusal{400, "Sec-WebSocket-Extensions is malformed."};
    }
    const auto chosen = std::find_if(
        options.subprotocols.begin(), options.subprotocols.end(),
        [&](const std::string& own) { return std::find(offered.begin(), offered.end(), own) != offered.end(); });
    if (chosen != options.subprotocols.end()) {
        answer.subprotocol = *chosen;
    }
    if (auto deflate = answer_deflate_offers(*offers, options.deflate)) {
        answer.deflate = deflate->parameters;
        extensions = std::move(deflate->field);
    }
    return std::nullopt;
}

std::string acceptance(const UpgradeAnswer& answer, const AcceptOptions& options, std::string_view extensions)
{
    std::string head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
    append_field(head, "Sec-WebSocket-Accept", accept_of(answer.request[http::field::sec_websocket_key]));
    if (!answer.subprotocol.empty()) {
        append_field(head, "Sec-WebSocket-Protocol", answer.subprotocol);
    }
    if (!extensions.empty()) {
        append_field(head, "Sec-WebSocket-Extensions", extensions);
    }
    for (const Header& header : options.headers) {
        append_field(head, header.name, header.value);
    }
    return head + "\r\n";
}

std::string response_to(const Refusal& refusal, bool with_body)
{
    const auto status = http::int_to_status(refusal.status);
    std::string head = "HTTP/1.1 " + std::to_string(refusal.status) + " ";
    head.append(http::obsolete_reason(status)).append("\r\n");
    if (refusal.status == 426) {
        head += "Connection: Upgrade, close\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n";
    } else {
        head += "Connection: close\r\n";
    }
    if (refusal.status == 405) {
        head += "Allow: GET\r\n";
    }
    const std::string body = refusal.why + "\n";
    append_field(head, "Content-Type", "text/plain; charset=utf-8");
    append_field(head, "Content-Length", std::to_string(body.size()));
    return head + "\r\n" + (with_body ? body : "");
}

UpgradeAnswer refused(Refusal refusal, RequestHeader request)
{
    std::string response = response_to(refusal, request.method() != http::verb::head);
    return {refusal.status, std::move(response), std::move(refusal.why), std::move(request), {}, {}};
}

}  // namespace

void check(const AcceptOptions& options)
{
    if (!options.path.empty() && (!options.path.starts_with('/') || options.path.find('?') != std::string::npos)) {
        throw std::invalid_argument("path: expected one that begins with / and has no query, got " +
                                    quoted(options.path));
    }
    check_subprotocols(options.subprotocols);
    check(options.headers);
    check(options.deflate);
}

bool asks_for_websocket(const RequestHeader& request)
{
    return list_has(request, http::field::upgrade, "websocket");
}

std::string refusal_response(unsigned status, std::string_view why)
{
    return response_to({status, std::string(why)}, true);
}

UpgradeAnswer answer_upgrade(std::string_view head, const AcceptOptions& options)
{
    auto request = parse_request(head);
    return request ? answer_upgrade(std::move(*request), options) : refused({400, "This is not HTTP/1.1."}, {});
}

UpgradeAnswer answer_upgrade(RequestHeader request, const AcceptOptions& options)
{
    MaybeRefusal refusal = refuse_request(request, options);
    if (!refusal) {
        refusal = refuse_handshake(request);
    }
    if (!refusal) {
        refusal = refuse_origin(request, options.origins);
    }
    UpgradeAnswer answer{101, {}, {}, {}, {}, {}};
    std::string extensions;
    if (!refusal) {
        refusal = agree(request, options, answer, extensions);
    }
    if (refusal) {
        return refused(std::move(*refusal), std::move(request));
    }
    answer.request = std::move(request);
    answer.response = acceptance(answer, options, extensions);
    return answer;
}

}  // namespace moonwire::websocket
