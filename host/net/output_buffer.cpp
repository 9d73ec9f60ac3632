#include "host/net/output_buffer.hpp"

#include <algorithm>
#include <utility>

namespace moonwire::net {

using loop::BlockPool;

void OutputBuffer::consume(std::size_t size)
{
    begin_ += size;
    if (begin_ == end_) {
        release();
    }
}

void OutputBuffer::release()
{
    if (capacity_ == BlockPool::block_size) {
        blocks_.give_back(std::move(memory_));
    }
    memory_.reset();
    capacity_ = begin_ = end_ = 0;
}

// Moves what is there to the front if it is less than what has been sent, so that every byte is moved once at most on
// the average; else takes twice the memory.
void OutputBuffer::make_room(std::size_t size)
{
    const std::size_t used = this->size();
    if (used + size <= capacity_ && used <= begin_) {
        std::memcpy(memory_.get(), memory_.get() + begin_, used);
    } else {
        const std::size_t capacity = std::max({used + size, 2 * capacity_, BlockPool::block_size});
        auto memory =
            capacity == BlockPool::block_size ? blocks_.take() : std::make_unique_for_overwrite<char[]>(capacity);
        if (used > 0) {
            std::memcpy(memory.get(), memory_.get() + begin_, used);
        }
        release();
        memory_ = std::move(memory);
        capacity_ = capacity;
    }
    begin_ = 0;
    end_ = used;
}

}  // namespace moonwire::net
