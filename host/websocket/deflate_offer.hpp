#pragma once

#include "host/websocket/error.hpp"
#include "host/websocket/extension.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace moonwire::websocket {

/// What one side wants of permessage-deflate (RFC 7692). Compression costs memory as long as the connection lives:
/// about 2^(window_bits + 2) + 2^(memory_level + 9) bytes to compress, 2^peer_window_bits and 8 KiB to inflate, from
/// the first compressed message on.
struct DeflateOptions {
    bool enabled = false;
    int window_bits = 15;               ///< this side compresses with a window of 2^9 to 2^15 bytes at most
    int peer_window_bits = 15;          ///< the peer may, with one of 2^8 to 2^15
    bool context_takeover = true;       ///< may what this side compresses refer to its earlier messages?
    bool peer_context_takeover = true;  ///< may what the peer compresses?
    int level = 6;                      ///< 1 (fast) to 9 (small)
    int memory_level = 8;               ///< 1 to 9: zlib's memLevel
    std::size_t threshold = 256;        ///< messages of fewer bytes are sent as they are
};

/// Throws std::invalid_argument for what is out of its range.
void check(const DeflateOptions& options);

/// What the two sides have agreed on, as one of them sees it.
struct DeflateParameters {
    int window_bits = 15;  ///< 8 to 15; with 8, this side sends messages as they are: zlib cannot
    int peer_window_bits = 15;
    bool context_takeover = true;
    bool peer_context_takeover = true;

    bool operator==(const DeflateParameters&) const = default;
};

/// The client's offer: the value of Sec-WebSocket-Extensions.
std::string deflate_offer(const DeflateOptions& options);

struct DeflateAnswer {
    std::string field;  ///< the value of the server's Sec-WebSocket-Extensions
    DeflateParameters parameters;
};

/// The server's answer to the first of the client's offers that fits its own options. Nothing if none does, or if
/// compression is not enabled. Other extensions, and offers with unknown, repeated or wrong parameters, are passed
/// over.
std::optional<DeflateAnswer> answer_deflate_offers(const std::vector<Extension>& offers, const DeflateOptions& options);

/// Holds the server's answer against the client's offer. Fails if it has an extension, a parameter or a value that the
/// offer does not allow, or lacks one that the offer demands. Without an extension in it there is no compression.
Result<std::optional<DeflateParameters>> check_extension_answer(const std::vector<Extension>& answer,
                                                                const DeflateOptions& offered);

}  // namespace moonwire::websocket
