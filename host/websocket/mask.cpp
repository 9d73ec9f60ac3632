#include "host/websocket/mask.hpp"

#include <bit>
#include <cstdint>
#include <cstring>

namespace moonwire::websocket {

namespace {

// As wide as the vectors of every 64-bit machine; the loops below are not made of vectors by the compiler itself, as it
// cannot know that the two places do not overlap.
using Block = std::uint64_t __attribute__((vector_size(16)));

constexpr std::uint64_t high_bits = 0x8080808080808080;

/// Returns what it has written.
template <class Word>
Word mask_word(const char* from, char* to, const Word& key)
{
    Word word;
    std::memcpy(&word, from, sizeof word);
    word ^= key;
    std::memcpy(to, &word, sizeof word);
    return word;
}

/// The key as it lies over the bytes from `offset` on.
std::uint32_t turned(MaskKey key, std::size_t offset)
{
    const auto word = std::bit_cast<std::uint32_t>(key);
    const int bits = static_cast<int>(offset % key.size()) * 8;
    return std::endian::native == std::endian::little ? std::rotr(word, bits) : std::rotl(word, bits);
}

}  // namespace

bool mask(char* data, std::size_t size, MaskKey key, std::size_t offset)
{
    return mask(data, data, size, key, offset);
}

bool mask(const char* from, char* to, std::size_t size, MaskKey key, std::size_t offset)
{
    const std::uint32_t half = turned(key, offset);
    const std::uint64_t word = half * 0x100000001ull;
    const Block block = {word, word};

    Block seen = {0, 0};
    std::size_t at = 0;
    for (; size - at >= 4 * sizeof block; at += 4 * sizeof block) {
        const Block first = mask_word(from + at, to + at, block);
        const Block second = mask_word(from + at + sizeof block, to + at + sizeof block, block);
        const Block third = mask_word(from + at + 2 * sizeof block, to + at + 2 * sizeof block, block);
        const Block fourth = mask_word(from + at + 3 * sizeof block, to + at + 3 * sizeof block, block);
        seen |= (first | second) | (third | fourth);
    }
    std::uint64_t bits = seen[0] | seen[1];
    for (; size - at >= sizeof word; at += sizeof word) {
        bits |= mask_word(from + at, to + at, word);
    }
    if (size - at >= sizeof half) {
        bits |= mask_word(from + at, to + at, half);
        at += sizeof half;
    }
    for (std::size_t i = 0; at < size; ++at, ++i) {
        const auto byte =
            static_cast<unsigned char>(static_cast<unsigned char>(from[at]) ^ key[(offset + i) % key.size()]);
        to[at] = static_cast<char>(byte);
        bits |= byte;
    }
    return (bits & high_bits) == 0;
}

}  // namespace moonwire::websocket
