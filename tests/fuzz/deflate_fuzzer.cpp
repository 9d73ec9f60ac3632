#include "host/websocket/deflate.hpp"
#include "tests/fuzz/require.hpp"

#include <algorithm>

using namespace moonwire::websocket;

namespace {

/// Inflates the input as two messages, in frames of `piece` bytes.
void inflate(std::string_view input, const DeflateParameters& parameters, std::size_t piece)
{
    constexpr std::size_t max_size = 500;
    Inflater inflater(parameters, max_size);
    for (const std::string_view message : {input.substr(0, input.size() / 2), input.substr(input.size() / 2)}) {
        std::string out;
        for (std::size_t at = 0; at < message.size(); at += piece) {
            const error_code error = inflater.consume(message.substr(at, piece), out);
            require(out.size() <= max_size);
            if (error) {
                return;
            }
        }
        const error_code error = inflater.finish(out);
        require(out.size() <= max_size);
        if (error) {
            return;
        }
    }
}

/// What was compressed inflates to what it was, the second time from the context of the first.
void there_and_back(std::string_view input, const DeflateParameters& parameters, std::size_t piece)
{
    DeflateParameters peer = parameters;
    std::swap(peer.window_bits, peer.peer_window_bits);
    std::swap(peer.context_takeover, peer.peer_context_takeover);
    peer.window_bits = std::max(peer.window_bits, 9);
    DeflateParameters own = parameters;
    own.peer_window_bits = peer.window_bits;
    Deflater deflater(peer, {});
    Inflater inflater(own, input.size());
    for (int turn = 0; turn < 2; ++turn) {
        std::string message;
        deflater.compress(input, message);
        std::string out;
        for (std::size_t at = 0; at < message.size(); at += piece) {
            require(!inflater.consume(std::string_view(message).substr(at, piece), out));
        }
        require(!inflater.finish(out));
        require(out == input);
    }
}

}  // namespace

/// The first byte of the input chooses what was agreed on and how the frames are cut; the rest are messages.
extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size)
{
    if (size == 0) {
        return 0;
    }
    const unsigned choice = data[0];
    DeflateParameters parameters;
    parameters.peer_window_bits = 8 + static_cast<int>(choice % 8);
    parameters.peer_context_takeover = (choice & 8) != 0;
    const std::size_t piece = (choice & 16) != 0 ? 1 : 1 + choice;
    const std::string_view input(reinterpret_cast<const char*>(data + 1), size - 1);
    inflate(input, parameters, piece);
    there_and_back(input, parameters, piece);
    return 0;
}
