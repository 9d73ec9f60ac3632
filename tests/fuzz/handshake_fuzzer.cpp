#include "host/websocket/upgrade_answer.hpp"
#include "host/websocket/upgrade_request.hpp"
#include "tests/fuzz/require.hpp"

using namespace moonwire::websocket;

namespace {

AcceptOptions server_options(bool particular)
{
    AcceptOptions options;
    options.deflate.enabled = true;
    options.subprotocols = {"chat", "superchat"};
    if (particular) {
        options.path = "/chat";
        options.origins = {"http://example.com"};
        options.deflate.peer_window_bits = 10;
    }
    return options;
}

void check_answer(std::string_view head, const AcceptOptions& options)
{
    const UpgradeAnswer answer = answer_upgrade(head, options);
    require(answer.accepted() == answer.refusal.empty());
    // The answer is one response, whatever the request tried to put into it.
    const auto end = answer.response.find("\r\n\r\n");
    require(end != std::string::npos);
    const auto response = parse_response(answer.response.substr(0, end + 4));
    require(response.has_value());
    require(response->result_int() == answer.status);
    if (answer.accepted()) {
        require(end + 4 == answer.response.size());
        require(response->count("Sec-WebSocket-Accept") == 1);
    } else {
        require(list_has(*response, boost::beast::http::field::connection, "close"));
    }
}

/// The client whose key is RFC 6455's example.
UpgradeRequest client_request()
{
    ConnectOptions options;
    options.subprotocols = {"chat"};
    options.deflate.enabled = true;
    constexpr Nonce nonce = {'t', 'h', 'e', ' ', 's', 'a', 'm', 'p', 'l', 'e', ' ', 'n', 'o', 'n', 'c', 'e'};
    return make_upgrade_request({"localhost", 80, "/chat", false}, options, nonce);
}

void check_response(std::string_view head)
{
    static const UpgradeRequest request = client_request();
    const auto upgraded = check_upgrade_response(head, request);
    if (!upgraded) {
        require(static_cast<bool>(upgraded.error().error));
        require(is_field_value(upgraded.error().message));  // nothing in it that a terminal would obey
        return;
    }
    require(upgraded->subprotocol.empty() || upgraded->subprotocol == "chat");
}

}  // namespace

/// The input is the head of a request and of a response; mostly it is neither.
extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size)
{
    const std::string_view head(reinterpret_cast<const char*>(data), size);
    static const AcceptOptions any = server_options(false);
    static const AcceptOptions particular = server_options(true);
    check_answer(head, any);
    check_answer(head, particular);
    check_response(head);
    return 0;
}
