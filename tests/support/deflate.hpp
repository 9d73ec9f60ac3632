#pragma once

#include <zlib.h>

#include <stdexcept>
#include <string>
#include <string_view>

namespace moonwire::test {

/// A message's payload as permessage-deflate has it (RFC 7692, section 7.2.1), by zlib itself.
inline std::string deflated(std::string_view message, int window_bits = 15)
{
    z_stream stream{};
    if (deflateInit2(&stream, 9, Z_DEFLATED, -window_bits, 9, Z_DEFAULT_STRATEGY) != Z_OK) {
        throw std::runtime_error("deflateInit2");
    }
    std::string result(deflateBound(&stream, message.size()) + 16, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(message.data()));
    stream.avail_in = static_cast<uInt>(message.size());
    stream.next_out = reinterpret_cast<Bytef*>(result.data());
    stream.avail_out = static_cast<uInt>(result.size());
    deflate(&stream, Z_SYNC_FLUSH);
    result.resize(stream.total_out - 4);  // without 00 00 ff ff
    deflateEnd(&stream);
    return result;
}

/// The other way round, of messages that came one after the other.
class Inflated
{
public:
    Inflated() { inflateInit2(&stream_, -15); }
    ~Inflated() { inflateEnd(&stream_); }
    Inflated(const Inflated&) = delete;
    Inflated& operator=(const Inflated&) = delete;

    std::string operator()(std::string payload)
    {
        payload.append("\0\0\xff\xff", 4);
        stream_.next_in = reinterpret_cast<Bytef*>(payload.data());
        stream_.avail_in = static_cast<uInt>(payload.size());
        std::string result;
        char chunk[65536];
        do {
            stream_.next_out = reinterpret_cast<Bytef*>(chunk);
            stream_.avail_out = sizeof chunk;
            const int status = inflate(&stream_, Z_SYNC_FLUSH);
            if (status != Z_OK && status != Z_BUF_ERROR) {
                throw std::runtime_error("inflate");
            }
            result.append(chunk, sizeof chunk - stream_.avail_out);
        } while (stream_.avail_out == 0);
        return result;
    }

private:
    z_stream stream_{};
};

}  // namespace moonwire::test
