#include "host/net/datagram_batch.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>

namespace moonwire::net {

namespace {

// How many are asked for when there were few last time: preparing the call for each one costs something, too.
constexpr std::size_t least = 8;

constexpr std::size_t cache_line = 64;

constexpr std::size_t control_size = CMSG_SPACE(sizeof(timespec));

/// Where one datagram begins after the other. Not at multiples of the page size, or all would contend for the same
/// lines of the cache.
std::size_t stride(std::size_t max_size)
{
    return (max_size + cache_line - 1) / cache_line * cache_line + cache_line;
}

std::int64_t nanoseconds_of(msghdr& message)
{
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_TIMESTAMPNS) {
            timespec time{};
            std::memcpy(&time, CMSG_DATA(header), sizeof time);
            return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
        }
    }
    return 0;
}

}  // namespace

DatagramBatch::DatagramBatch(loop::SharedSpace& space, std::size_t max_size, bool timestamps)
    : space_(space), max_size_(max_size), timestamps_(timestamps), ask_for_(least)
{
}

DatagramBatch::~DatagramBatch()
{
    space_.leave(*this);
}

error_code DatagramBatch::receive(int socket, bool& more)
{
    // Not initialized: only what is asked for is used.
    std::array<mmsghdr, most> messages;
    std::array<iovec, most> pieces;
    alignas(cmsghdr) std::array<char, most * control_size> control;

    clear();
    if (records_.size() < ask_for_) {
        records_.resize(ask_for_);
    }
    const std::size_t step = stride(max_size_);
    char* const space = reinterpret_cast<char*>(space_.claim(*this, most * step));
    for (std::size_t i = 0; i < ask_for_; ++i) {
        pieces[i] = {space + i * step, max_size_};
        msghdr& header = messages[i].msg_hdr;
        header = {};
        header.msg_name = records_[i].sender.data();
        header.msg_namelen = static_cast<socklen_t>(records_[i].sender.capacity());
        header.msg_iov = &pieces[i];
        header.msg_iovlen = 1;
        if (timestamps_) {
            header.msg_control = control.data() + i * control_size;
            header.msg_controllen = control_size;
        }
    }
    int received = 0;
    do {
        received =
            ::recvmmsg(socket, messages.data(), static_cast<unsigned>(ask_for_), MSG_DONTWAIT | MSG_TRUNC, nullptr);
    } while (received < 0 && errno == EINTR);
    if (received < 0) {
        more = false;
        return {errno, boost::system::system_category()};
    }
    count_ = static_cast<std::size_t>(received);
    for (std::size_t i = 0; i < count_; ++i) {
        Record& record = records_[i];
        record.sender.resize(messages[i].msg_hdr.msg_namelen);
        record.data = space + i * step;
        record.size = messages[i].msg_len;
        record.time = timestamps_ ? nanoseconds_of(messages[i].msg_hdr) : 0;
    }
    more = count_ == ask_for_;
    ask_for_ = std::clamp(2 * count_, least, most);
    return {};
}

Datagram DatagramBatch::take()
{
    const Record& record = records_[next_++];
    return {{record.data, std::min(record.size, max_size_)},
            record.size,
            record.sender,
            observe::WallTime(observe::Duration(record.time))};
}

void DatagramBatch::clear()
{
    next_ = 0;
    count_ = 0;
    moved_out_.reset();
}

void DatagramBatch::move_out()
{
    std::size_t size = 0;
    for (std::size_t i = next_; i < count_; ++i) {
        size += std::min(records_[i].size, max_size_);
    }
    moved_out_ = std::make_unique_for_overwrite<char[]>(size);
    char* place = moved_out_.get();
    for (std::size_t i = next_; i < count_; ++i) {
        const std::size_t length = std::min(records_[i].size, max_size_);
        std::memcpy(place, records_[i].data, length);
        records_[i].data = place;
        place += length;
    }
}

}  // namespace moonwire::net
