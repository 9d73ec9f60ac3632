#include "host/websocket/deflate.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <new>
#include <stdexcept>

namespace moonwire::websocket {

namespace {

// What a flushed deflate block ends with: it is not sent (RFC 7692, section 7.2.1).
constexpr std::string_view tail("\x00\x00\xFF\xFF", 4);

constexpr std::size_t longest_piece = std::size_t{1} << 30;  // zlib counts in unsigned int

/// zlib's working space for one call, on the stack: appending from it costs less than clearing space in the string.
using Space = std::array<char, 16384>;

void set_input(z_stream& stream, std::string_view input)
{
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
    stream.avail_in = static_cast<uInt>(input.size());
}

void set_output(z_stream& stream, char* data, std::size_t size)
{
    stream.next_out = reinterpret_cast<Bytef*>(data);
    stream.avail_out = static_cast<uInt>(size);
}

void require(int result, const char* call)
{
    if (result == Z_MEM_ERROR) {
        throw std::bad_alloc();
    }
    if (result != Z_OK) {
        throw std::logic_error(std::string(call) + " of zlib: " + zError(result));
    }
}

}  // namespace

void Deflater::End::operator()(z_stream_s* stream) const
{
    ::deflateEnd(stream);
    delete stream;
}

Deflater::Deflater(const DeflateParameters& agreed, const DeflateOptions& options)
    : threshold_(options.threshold),
      window_bits_(static_cast<std::uint8_t>(agreed.window_bits)),
      level_(static_cast<std::uint8_t>(options.level)),
      memory_level_(static_cast<std::uint8_t>(options.memory_level)),
      context_takeover_(agreed.context_takeover)
{
}

bool Deflater::wants(std::size_t size) const
{
    return size >= threshold_ && window_bits_ >= 9;
}

void Deflater::compress(std::string_view message, std::string& out)
{
    if (message.empty()) {
        out += '\0';  // RFC 7692, section 7.2.3.6: zlib does not flush twice when nothing has come between
        return;
    }
    if (!stream_) {
        auto fresh = std::make_unique<z_stream>();
        require(::deflateInit2(fresh.get(), level_, Z_DEFLATED, -int{window_bits_}, memory_level_, Z_DEFAULT_STRATEGY),
                "deflateInit2");
        stream_.reset(fresh.release());
    }
    for (; message.size() > longest_piece; message.remove_prefix(longest_piece)) {
        append(message.substr(0, longest_piece), Z_NO_FLUSH, out);
    }
    append(message, Z_SYNC_FLUSH, out);
    out.resize(out.size() - tail.size());
    if (!context_takeover_) {
        forget();
    }
}

void Deflater::append(std::string_view piece, int flush, std::string& out)
{
    Space space;
    set_input(*stream_, piece);
    do {
        set_output(*stream_, space.data(), space.size());
        ::deflate(stream_.get(), flush);  // cannot fail; at most there is nothing left to do
        out.append(space.data(), space.size() - stream_->avail_out);
    } while (stream_->avail_out == 0);
}

void Deflater::forget()
{
    if (stream_) {
        ::deflateReset(stream_.get());
    }
}

void Inflater::End::operator()(z_stream_s* stream) const
{
    ::inflateEnd(stream);
    delete stream;
}

Inflater::Inflater(const DeflateParameters& agreed, std::size_t max_size)
    : max_size_(max_size),
      window_bits_(static_cast<std::uint8_t>(agreed.peer_window_bits)),
      context_takeover_(agreed.peer_context_takeover)
{
}

error_code Inflater::consume(std::string_view payload, std::string& out)
{
    consumed_ += payload.size();
    if (consumed_ / 8 > max_size_ && consumed_ / 8 - max_size_ > 128) {
        return errc::message_too_big;
    }
    while (!payload.empty()) {
        const std::string_view piece = payload.substr(0, longest_piece);
        if (const error_code error = inflate(piece, out)) {
            return error;
        }
        payload.remove_prefix(piece.size());
    }
    return {};
}

error_code Inflater::finish(std::string& out)
{
    // Nothing at all is taken for an empty message: that is what zlib flushes for the second of two.
    if (consumed_ != 0 && !after_last_block_) {
        if (const error_code error = inflate(tail, out)) {
            return error;
        }
        // Right after the end of a block, with no bits of a byte left: zlib.h on `inflate`.
        constexpr int at_boundary = 128;
        if (stream_->data_type != at_boundary) {
            return errc::bad_compression;
        }
    }
    if (stream_ && !context_takeover_) {
        ::inflateReset(stream_.get());
    }
    consumed_ = 0;
    produced_ = 0;
    after_last_block_ = false;
    return {};
}

error_code Inflater::inflate(std::string_view bytes, std::string& out)
{
    if (!stream_) {
        auto fresh = std::make_unique<z_stream>();
        require(::inflateInit2(fresh.get(), -int{window_bits_}), "inflateInit2");
        stream_.reset(fresh.release());
    }
    Space space;
    set_input(*stream_, bytes);
    for (;;) {
        const std::size_t left = max_size_ - produced_;
        const std::size_t room = left < space.size() ? left + 1 : space.size();  // one more shows that it is too much
        set_output(*stream_, space.data(), room);
        const int result = ::inflate(stream_.get(), Z_SYNC_FLUSH);
        const std::size_t size = room - stream_->avail_out;
        if (size > left) {
            return errc::message_too_big;
        }
        out.append(space.data(), size);
        produced_ += size;
        after_last_block_ = result == Z_STREAM_END;
        if (after_last_block_) {
            ::inflateReset(stream_.get());  // RFC 7692, section 7.2.3.4: what follows is a stream of its own
            if (stream_->avail_in == 0) {
                return {};
            }
        } else if (result == Z_MEM_ERROR) {
            throw std::bad_alloc();
        } else if (result != Z_OK && result != Z_BUF_ERROR) {
            return errc::bad_compression;
        } else if (stream_->avail_out != 0) {
            return {};
        }
    }
}

}  // namespace moonwire::websocket
