#pragma once

#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace moonwire::test {

/// A block of a pcapng file in this machine's byte order.
struct PcapngBlock {
    struct Option {
        std::uint16_t code = 0;
        std::string value;

        bool operator==(const Option&) const = default;
    };

    std::uint32_t type = 0;
    std::string body;

    template <class Number>
    Number number(std::size_t at) const
    {
        Number value{};
        if (at + sizeof value > body.size()) {
            throw std::out_of_range("the block is too short");
        }
        std::memcpy(&value, body.data() + at, sizeof value);
        return value;
    }

    /// The options, or records, from there to the block's end.
    std::vector<Option> options(std::size_t at) const
    {
        std::vector<Option> result;
        for (;;) {
            const auto code = number<std::uint16_t>(at);
            const auto size = number<std::uint16_t>(at + 2);
            if (code == 0) {
                if (size != 0 || at + 4 != body.size()) {
                    throw std::runtime_error("the options do not end with the block");
                }
                return result;
            }
            if (at + 4 + size > body.size()) {
                throw std::out_of_range("an option is longer than its block");
            }
            result.push_back({code, body.substr(at + 4, size)});
            at += 4 + (size + std::size_t{3}) / 4 * 4;
        }
    }
};

/// Throws unless the file's blocks follow each other as they have to.
inline std::vector<PcapngBlock> read_pcapng(std::string_view file)
{
    std::vector<PcapngBlock> blocks;
    while (!file.empty()) {
        std::uint32_t size = 0;
        std::uint32_t size_again = 0;
        PcapngBlock block;
        if (file.size() < 12) {
            throw std::runtime_error("the file ends within a block");
        }
        std::memcpy(&block.type, file.data(), 4);
        std::memcpy(&size, file.data() + 4, 4);
        if (size < 12 || size % 4 != 0 || size > file.size()) {
            throw std::runtime_error("a block has a wrong size");
        }
        std::memcpy(&size_again, file.data() + size - 4, 4);
        if (size != size_again) {
            throw std::runtime_error("a block's two sizes differ");
        }
        block.body = file.substr(8, size - 12);
        blocks.push_back(std::move(block));
        file.remove_prefix(size);
    }
    return blocks;
}

}  // namespace moonwire::test
