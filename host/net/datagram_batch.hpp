#pragma once

#include "host/loop/shared_space.hpp"
#include "host/net/endpoint.hpp"
#include "host/net/error.hpp"
#include "host/observe/clock.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace moonwire::net {

/// What one datagram is, once it has arrived.
struct Datagram {
    std::string_view payload;  ///< the part of it that was asked for
    std::size_t size = 0;      ///< its true length
    UdpEndpoint sender;
    observe::WallTime time{};  ///< by the system's clock; 0 unless the socket has time stamps

    bool truncated() const { return size > payload.size(); }
};

/// The datagrams that one system call has taken from a socket's queue and that nobody has asked for yet. They stay in
/// the loop's shared space; only if another socket needs that are they copied out.
class DatagramBatch final : private loop::SharedSpace::User
{
public:
    /// As many as one system call takes.
    static constexpr std::size_t most = 64;

    DatagramBatch(loop::SharedSpace& space, std::size_t max_size, bool timestamps);
    ~DatagramBatch();
    DatagramBatch(const DatagramBatch&) = delete;
    DatagramBatch& operator=(const DatagramBatch&) = delete;

    bool empty() const { return next_ == count_; }
    std::size_t size() const { return count_ - next_; }

    /// Receives what is there without waiting (recvmmsg(2)). The batch must be empty. Returns the system's error, which
    /// is would_block if there is nothing. Sets `more` if there may be more in the kernel.
    error_code receive(int socket, bool& more);

    /// Of the next one.
    bool front_is_truncated() const { return records_[next_].size > max_size_; }

    /// The next one. Its payload is valid until the next call of `receive` or `clear`, of any batch of the loop.
    Datagram take();

    void clear();

private:
    struct Record {
        UdpEndpoint sender;
        const char* data;
        std::size_t size;
        std::int64_t time;
    };

    void move_out() override;

    loop::SharedSpace& space_;
    std::size_t max_size_;
    bool timestamps_;
    std::vector<Record> records_;
    std::size_t next_ = 0;
    std::size_t count_ = 0;
    std::size_t ask_for_;
    std::unique_ptr<char[]> moved_out_;
};

}  // namespace moonwire::net
