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

    /// Sends from the front, as many as the kernel takes of one call (sendmmsg(2)). They stay until they are dropped.
    Sent send(int socket);

    /// Of those that wait, the first is 0.
    std::string_view payload(std::size_t index) const;
    const std::optional<UdpEndpoint>& destination(std::size_t index) const { return records_[next_ + index].to; }

    /// Takes the first ones out.
    void drop(std::size_t datagrams);
    void clear();

private:
    struct Record {
        std::optional<UdpEndpoint> to;
        std::size_t offset;
        std::size_t size;
    };

    std::string bytes_;
    std::vector<Record> records_;
    std::size_t next_ = 0;
};

}  // namespace moonwire::net
