#include "host/websocket/frame.hpp"

#include <algorithm>

namespace moonwire::websocket {

namespace {

constexpr unsigned fin_bit = 0x80;
constexpr unsigned rsv1_bit = 0x40;
constexpr unsigned opcode_bits = 0x0f;
constexpr unsigned mask_bit = 0x80;
constexpr unsigned two_bytes_follow = 126;
constexpr unsigned eight_bytes_follow = 127;

}  // namespace

EncodedHeader::EncodedHeader(const FrameHeader& header)
{
    const auto put = [this](std::size_t index, std::uint64_t value) {
        bytes_[index] = static_cast<char>(static_cast<unsigned char>(value));
    };
    put(0, static_cast<unsigned>(header.opcode) | (header.fin ? fin_bit : 0) | (header.compressed ? rsv1_bit : 0));
    const unsigned mask = header.masking_key ? mask_bit : 0;
    size_ = 2;
    std::size_t length_size = 0;
    if (header.length < two_bytes_follow) {
        put(1, mask | header.length);
    } else if (header.length <= 0xffff) {
        put(1, mask | two_bytes_follow);
        length_size = 2;
    } else {
        put(1, mask | eight_bytes_follow);
        length_size = 8;
    }
    for (std::size_t i = length_size; i-- > 0;) {
        put(size_++, header.length >> (8 * i));
    }
    if (header.masking_key) {
        for (const unsigned char byte : *header.masking_key) {
            put(size_++, byte);
        }
    }
}

FrameHeader decode_header(const char* begin)
{
    const unsigned first = static_cast<unsigned char>(begin[0]);
    FrameHeader header;
    header.opcode = static_cast<Opcode>(first & opcode_bits);
    header.fin = (first & fin_bit) != 0;
    header.compressed = (first & rsv1_bit) != 0;
    header.length = payload_length(begin);
    return header;
}

}  // namespace moonwire::websocket
