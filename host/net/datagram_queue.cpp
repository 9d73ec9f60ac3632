#include "host/net/datagram_queue.hpp"

#include <sys/socket.h>

#include <array>
#include <cerrno>

namespace moonwire::net {

void DatagramQueue::add(std::string_view payload, const std::optional<UdpEndpoint>& to)
{
    records_.push_back({to, bytes_.size(), payload.size()});
    bytes_.append(payload);
}

DatagramQueue::Sent DatagramQueue::send(int socket)
{
    // Not initialized: only what is needed is used.
    std::array<mmsghdr, most> messages;
    std::array<iovec, most> pieces;
    const std::size_t count = size();
    for (std::size_t i = 0; i < count; ++i) {
        Record& record = records_[next_ + i];
        pieces[i] = {bytes_.data() + record.offset, record.size};
        msghdr& header = messages[i].msg_hdr;
        header = {};
        if (record.to) {
            header.msg_name = record.to->data();
            header.msg_namelen = static_cast<socklen_t>(record.to->size());
        }
        header.msg_iov = &pieces[i];
        header.msg_iovlen = 1;
    }
    int sent = 0;
    do {
        sent = ::sendmmsg(socket, messages.data(), static_cast<unsigned>(count), MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    Sent result;
    if (sent < 0) {
        result.error = error_code(errno, boost::system::system_category());
        return result;
    }
    result.datagrams = static_cast<std::size_t>(sent);
    for (std::size_t i = 0; i < result.datagrams; ++i) {
        result.bytes += records_[next_ + i].size;
    }
    return result;
}

std::string_view DatagramQueue::payload(std::size_t index) const
{
    const Record& record = records_[next_ + index];
    return std::string_view(bytes_).substr(record.offset, record.size);
}

void DatagramQueue::drop(std::size_t datagrams)
{
    next_ += datagrams;
    if (empty()) {
        clear();
    }
}

void DatagramQueue::clear()
{
    bytes_.clear();
    records_.clear();
    next_ = 0;
}

}  // namespace moonwire::net
