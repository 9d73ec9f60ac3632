#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace moonwire::loop {

/// Blocks of memory that the objects of one loop use by turns for what is soon gone: those who write in one turn need
/// one each until the turn ends, and the next turn's find them here.
class BlockPool
{
public:
    static constexpr std::size_t block_size = 2048;

    std::unique_ptr<char[]> take()
    {
        if (spare_.empty()) {
            return std::make_unique_for_overwrite<char[]>(block_size);
        }
        auto block = std::move(spare_.back());
        spare_.pop_back();
        return block;
    }

    void give_back(std::unique_ptr<char[]> block)
    {
        if (spare_.size() < max_spare) {
            spare_.push_back(std::move(block));
        }
    }

    std::size_t spare() const { return spare_.size(); }

private:
    static constexpr std::size_t max_spare = 128;  // as many connections as one system call tells of

    std::vector<std::unique_ptr<char[]>> spare_;
};

}  // namespace moonwire::loop
