#pragma once

#include "host/net/endpoint.hpp"
#include "host/net/error.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace moonwire::net {

/// Datagrams that are to leave in one system call.
class DatagramQueue
{
public:
    /// As many as one system call takes.
    static constexpr std::size_t most = 64;

    bool empty() const { return next_ == records_.size(); }
    bool full() const { return records_.size() == most; }
    std::size_t size() const { return records_.size() - next_; }

    /// A copy is kept. Without a destination it goes to the peer that the socket is connected to.
    void add(std::string_view payload, const std::optional<UdpEndpoint>& to);

    struct Sent {
        std::size_t datagrams = 0;
        std::size_t bytes = 0;
        error_code error;  ///< what is to be said of the front one: it is still there
    };

    /// Sends from the front, as many as the kernel takes (sendmmsg(2)).
    Sent send(int socket);

    const std::optional<UdpEndpoint>& front_destination() const { return records_[next_].to; }
    void drop_front();
    void clear();

private:
    struct Record {
        std::optional<UdpEndpoint> to;
        std::size_t offset;
        std::size_t size;
    };

    void took(std::size_t datagrams);

    std::string bytes_;
    std::vector<Record> records_;
    std::size_t next_ = 0;
};

}  // namespace moonwire::net
