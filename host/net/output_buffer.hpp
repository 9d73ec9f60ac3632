#pragma once

#include "host/loop/block_pool.hpp"

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

namespace moonwire::net {

/// What a stream has taken and not sent yet: grows at its end, shrinks at its beginning, and has no memory while it is
/// empty, as most connections are idle most of the time. Knows no sockets. The pool must outlive it.
class OutputBuffer
{
public:
    explicit OutputBuffer(loop::BlockPool& blocks) : blocks_(blocks) {}

    bool empty() const { return begin_ == end_; }
    std::size_t size() const { return end_ - begin_; }
    std::string_view bytes() const { return {memory_.get() + begin_, size()}; }

    /// Room for `size` bytes at the end, which the caller fills.
    char* extend(std::size_t size)
    {
        if (size > capacity_ - end_) {
            make_room(size);
        }
        end_ += size;
        return memory_.get() + end_ - size;
    }

    void append(std::string_view bytes)
    {
        if (!bytes.empty()) {
            std::memcpy(extend(bytes.size()), bytes.data(), bytes.size());
        }
    }

    /// The first `size` bytes have been sent.
    void consume(std::size_t size);

private:
    void make_room(std::size_t size);
    void release();

    loop::BlockPool& blocks_;
    std::unique_ptr<char[]> memory_;
    std::size_t capacity_ = 0;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

}  // namespace moonwire::net
