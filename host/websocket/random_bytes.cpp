#include "host/websocket/random_bytes.hpp"

#include <sys/random.h>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace moonwire::websocket {

namespace {

template <class Bytes>
Bytes take()
{
    // One system call for many. Up to 256 bytes come whole (getrandom(2)).
    thread_local std::array<unsigned char, 256> random;
    thread_local std::size_t used = random.size();
    if (random.size() - used < sizeof(Bytes)) {
        if (::getrandom(random.data(), random.size(), 0) < 0) {
            throw std::system_error(errno, std::generic_category(), "getrandom");
        }
        used = 0;
    }
    Bytes bytes;
    std::memcpy(bytes.data(), random.data() + used, bytes.size());
    used += bytes.size();
    return bytes;
}

}  // namespace

MaskKey random_mask_key()
{
    return take<MaskKey>();
}

Nonce random_nonce()
{
    return take<Nonce>();
}

}  // namespace moonwire::websocket
