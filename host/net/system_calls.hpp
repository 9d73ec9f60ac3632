#pragma once

#include <cstdint>

namespace moonwire::net {

/// How often a socket's data has been asked for and handed over. A call that found nothing, or no room, counts too.
struct SystemCalls {
    std::uint64_t receive = 0;  ///< recv, recvmmsg
    std::uint64_t send = 0;     ///< send, sendmsg, sendto, sendmmsg
};

}  // namespace moonwire::net
