#pragma once

#include "host/websocket/deflate_offer.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct z_stream_s;

namespace moonwire::websocket {

/// Compresses messages (RFC 7692, section 7.2.1). Has no memory of zlib's before the first of them.
class Deflater
{
public:
    Deflater(const DeflateParameters& agreed, const DeflateOptions& options);

    /// Is a message of so many bytes to be compressed? (The peer takes either form of each message.)
    bool wants(std::size_t size) const;

    /// Appends the compressed message to `out`: what goes into frames, the first of which has RSV1 set. Throws
    /// std::logic_error if the window agreed on is one that zlib does not have: see `wants`.
    void compress(std::string_view message, std::string& out);

    /// The next message refers to no earlier one. To be called when the peer has been sent a compressed message that
    /// came from elsewhere, such as one that was compressed once for many.
    void forget();

private:
    struct End {
        void operator()(z_stream_s* stream) const;
    };

    void append(std::string_view piece, int flush, std::string& out);

    std::unique_ptr<z_stream_s, End> stream_;
    std::size_t threshold_;
    std::uint8_t window_bits_;
    std::uint8_t level_;
    std::uint8_t memory_level_;
    bool context_takeover_;
};

/// Inflates compressed messages, frame by frame (RFC 7692, section 7.2.2). Has no memory of zlib's before the first of
/// them. After an error it is of no more use.
class Inflater
{
public:
    /// A message that inflates to more than `max_size` bytes is message_too_big, and so is one that is more than eight
    /// times (and 1 KiB) as long compressed: neither costs more than that in memory or work.
    Inflater(const DeflateParameters& agreed, std::size_t max_size);

    /// Appends what a frame's payload, or a piece of it, inflates to.
    error_code consume(std::string_view payload, std::string& out);

    /// The same for what is left when the message's last frame has been consumed. bad_compression if it lacks its end.
    error_code finish(std::string& out);

private:
    struct End {
        void operator()(z_stream_s* stream) const;
    };

    error_code inflate(std::string_view bytes, std::string& out);

    std::unique_ptr<z_stream_s, End> stream_;
    std::size_t max_size_;
    std::size_t consumed_ = 0;  // of this message
    std::size_t produced_ = 0;
    std::uint8_t window_bits_;
    bool context_takeover_;
    bool after_last_block_ = false;  // of a sender that ends its deflate stream with the message
};

}  // namespace moonwire::websocket
