#include "host/websocket/deflate_offer.hpp"
#include "tests/fuzz/require.hpp"

using namespace moonwire::websocket;

namespace {

DeflateOptions options_of(int window_bits, int peer_window_bits, bool context_takeover, bool peer_context_takeover)
{
    DeflateOptions options;
    options.enabled = true;
    options.window_bits = window_bits;
    options.peer_window_bits = peer_window_bits;
    options.context_takeover = context_takeover;
    options.peer_context_takeover = peer_context_takeover;
    return options;
}

void check_within(const DeflateParameters& agreed, const DeflateOptions& options)
{
    require(agreed.window_bits >= 8 && agreed.window_bits <= options.window_bits);
    require(agreed.peer_window_bits >= 8 && agreed.peer_window_bits <= options.peer_window_bits);
    require(options.context_takeover || !agreed.context_takeover);
    require(options.peer_context_takeover || !agreed.peer_context_takeover);
}

void check_options(const std::vector<Extension>& extensions, const DeflateOptions& options)
{
    if (const auto answer = answer_deflate_offers(extensions, options)) {
        check_within(answer->parameters, options);
        const auto read = parse_extensions(answer->field);
        require(read && read->size() == 1 && read->front().name == "permessage-deflate");
    }
    const auto taken = check_extension_answer(extensions, options);
    if (taken && *taken) {
        check_within(**taken, options);
    }
    require(taken || !taken.error().message.empty());
}

}  // namespace

/// The input is a Sec-WebSocket-Extensions field, of a client and of a server.
extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size)
{
    const auto extensions = parse_extensions({reinterpret_cast<const char*>(data), size});
    if (extensions) {
        check_options(*extensions, options_of(15, 15, true, true));
        check_options(*extensions, options_of(9, 8, false, false));
        check_options(*extensions, options_of(12, 15, true, false));
        check_options(*extensions, options_of(15, 10, false, true));
    }
    return 0;
}
