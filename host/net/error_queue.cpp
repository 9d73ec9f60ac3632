#include "host/net/error_queue.hpp"

// <linux/errqueue.h> wants it first.
#include <ctime>

#include <linux/errqueue.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstring>

namespace moonwire::net {

std::optional<PeerError> take_queued_error(int socket)
{
    PeerError result;
    alignas(cmsghdr) std::array<char, 512> control;
    msghdr message{};
    message.msg_name = result.peer.data();
    message.msg_namelen = static_cast<socklen_t>(result.peer.capacity());
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    if (::recvmsg(socket, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) {
        return std::nullopt;
    }
    if (message.msg_namelen > 0) {
        result.peer.resize(message.msg_namelen);
    }
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
        const bool v4 = header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_RECVERR;
        const bool v6 = header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_RECVERR;
        if (v4 || v6) {
            sock_extended_err details{};
            std::memcpy(&details, CMSG_DATA(header), sizeof details);
            result.error = error_code(static_cast<int>(details.ee_errno), boost::system::system_category());
        }
    }
    return result;
}

}  // namespace moonwire::net
