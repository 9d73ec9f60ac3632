#include "host/websocket/masking_key.hpp"

#include <sys/random.h>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace moonwire::websocket {

MaskKey next_masking_key()
{
    // One system call for many keys. Up to 256 bytes come whole (getrandom(2)).
    thread_local std::array<unsigned char, 256> random;
    thread_local std::size_t used = random.size();
    if (used == random.size()) {
        if (::getrandom(random.data(), random.size(), 0) < 0) {
            throw std::system_error(errno, std::generic_category(), "getrandom");
        }
        used = 0;
    }
    MaskKey key;
    std::memcpy(key.data(), random.data() + used, key.size());
    used += key.size();
    return key;
}

}  // namespace moonwire::websocket
