#include "host/websocket/frame.hpp"

namespace moonwire::websocket {

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
