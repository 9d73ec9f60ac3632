#include "host/websocket/decoder.hpp"
#include "tests/fuzz/require.hpp"

#include <algorithm>
#include <vector>

using namespace moonwire::websocket;

namespace {

constexpr ReceiveLimits limits = {60, 40, 5};  // so small that they are met often

struct Seen {
    Decoder::Event event;
    std::string payload;

    bool operator==(const Seen&) const = default;
};

struct Session {
    std::vector<Seen> seen;
    error_code failure;
};

void check_event(Decoder::Event event, const Decoder& decoder)
{
    const std::string_view payload = decoder.payload();
    const bool is_message = event == Decoder::Event::text || event == Decoder::Event::binary;
    require(payload.size() <= (is_message ? limits.max_message : max_control_payload));
    if (event == Decoder::Event::text || event == Decoder::Event::close) {
        require(is_utf8(payload));
    }
    if (event == Decoder::Event::close) {
        require(may_be_sent(decoder.close_code()) || decoder.close_code() == 1005);
    }
}

/// What a decoder makes of the input when it arrives in pieces of so many bytes.
Session decode(std::string input, Role role, bool compression, std::size_t piece)
{
    auto inflater = compression ? std::make_unique<Inflater>(DeflateParameters(), limits.max_message) : nullptr;
    Decoder decoder(role, limits, std::move(inflater));
    Session session;
    for (std::size_t at = 0; at < input.size(); at += piece) {
        std::span<char> arrived(input.data() + at, std::min(piece, input.size() - at));
        for (;;) {
            const Decoder::Event event = decoder.next(arrived);
            if (event == Decoder::Event::none) {
                require(arrived.empty());
                break;
            }
            if (event == Decoder::Event::failed) {
                session.failure = decoder.failure();
                require(static_cast<bool>(session.failure));
                return session;
            }
            check_event(event, decoder);
            session.seen.push_back({event, std::string(decoder.payload())});
        }
    }
    return session;
}

}  // namespace

/// The first byte of the input says who reads, and whether there is compression; the rest is what arrives.
extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size)
{
    if (size == 0) {
        return 0;
    }
    const Role role = (data[0] & 1) != 0 ? Role::client : Role::server;
    const bool compression = (data[0] & 2) != 0;
    const std::string input(reinterpret_cast<const char*>(data + 1), size - 1);
    const Session whole = decode(input, role, compression, std::max<std::size_t>(input.size(), 1));
    for (const std::size_t piece : {std::size_t{1}, std::size_t{2} + (data[0] >> 2)}) {
        const Session cut = decode(input, role, compression, piece);
        require(cut.seen == whole.seen);
        // What is compressed may be seen to be no UTF-8 before it is seen to be damaged.
        require(compression ? cut.failure.failed() == whole.failure.failed() : cut.failure == whole.failure);
    }
    return 0;
}
