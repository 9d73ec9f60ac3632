#include "host/websocket/utf8.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

namespace moonwire::websocket {

namespace {

// An automaton whose states are the numbers to shift by: for each byte the table has one word with the next state of
// every state, six bits each, so that a step is a load and a shift, with no branch to guess wrong.
enum State : std::uint8_t {
    refused = 0,
    between = 6,  // characters
    last = 12,    // one more byte completes the character
    two_more = 18,
    three_more = 24,
    after_e0 = 30,  // the next must be A0 to BF, else the form is longer than need be
    after_ed = 36,  // 80 to 9F, else it is a surrogate
    after_f0 = 42,  // 90 to BF, else it is longer than need be
    after_f4 = 48,  // 80 to 8F, else it is above U+10FFFF
};

constexpr unsigned state_bits = 63;

constexpr std::uint64_t steps(unsigned byte)
{
    std::uint64_t word = 0;
    const auto step = [&](State from, unsigned low, unsigned high, State to) {
        if (low <= byte && byte <= high) {
            word |= std::uint64_t{to} << from;
        }
    };
    step(between, 0x00, 0x7F, between);
    step(between, 0xC2, 0xDF, last);
    step(between, 0xE0, 0xE0, after_e0);
    step(between, 0xE1, 0xEC, two_more);
    step(between, 0xED, 0xED, after_ed);
    step(between, 0xEE, 0xEF, two_more);
    step(between, 0xF0, 0xF0, after_f0);
    step(between, 0xF1, 0xF3, three_more);
    step(between, 0xF4, 0xF4, after_f4);
    step(last, 0x80, 0xBF, between);
    step(two_more, 0x80, 0xBF, last);
    step(three_more, 0x80, 0xBF, two_more);
    step(after_e0, 0xA0, 0xBF, last);
    step(after_ed, 0x80, 0x9F, last);
    step(after_f0, 0x90, 0xBF, two_more);
    step(after_f4, 0x80, 0x8F, two_more);
    return word;
}

constexpr std::array<std::uint64_t, 256> table = [] {
    std::array<std::uint64_t, 256> words{};
    for (unsigned byte = 0; byte < words.size(); ++byte) {
        words[byte] = steps(byte);
    }
    return words;
}();

// As wide as the vectors of every 64-bit machine.
using Block = std::uint64_t __attribute__((vector_size(16)));

Block block_at(const char* at)
{
    Block block;
    std::memcpy(&block, at, sizeof block);
    return block;
}

/// Where the first word that is not ASCII alone begins, or what is left for single bytes.
const char* skip_ascii(const char* at, const char* end)
{
    constexpr std::uint64_t high_bits = 0x8080808080808080;
    for (; static_cast<std::size_t>(end - at) >= 4 * sizeof(Block); at += 4 * sizeof(Block)) {
        const Block seen = (block_at(at) | block_at(at + sizeof(Block))) |
                           (block_at(at + 2 * sizeof(Block)) | block_at(at + 3 * sizeof(Block)));
        if (((seen[0] | seen[1]) & high_bits) != 0) {
            break;
        }
    }
    for (std::uint64_t word = 0; static_cast<std::size_t>(end - at) >= sizeof word; at += sizeof word) {
        std::memcpy(&word, at, sizeof word);
        if ((word & high_bits) != 0) {
            break;
        }
    }
    return at;
}

/// Is it ASCII alone, as most text is?
bool is_ascii(std::string_view bytes)
{
    const char* const end = bytes.data() + bytes.size();
    const char* at = skip_ascii(bytes.data(), end);
    if (static_cast<std::size_t>(end - at) >= sizeof(std::uint64_t)) {
        return false;  // it has stopped at a word that is not
    }
    unsigned seen = 0;
    for (; at != end; ++at) {
        seen |= static_cast<unsigned char>(*at);
    }
    return seen < 0x80;
}

}  // namespace

bool Utf8Validator::consume(std::string_view bytes)
{
    constexpr std::ptrdiff_t block = 64;  // bytes before it looks again whether ASCII follows
    std::uint64_t state = state_;
    const char* at = bytes.data();
    const char* const end = at + bytes.size();
    while (at != end && state != refused) {
        if (state == between) {
            at = skip_ascii(at, end);
        }
        const char* const block_end = at + std::min(block, end - at);
        for (; at != block_end; ++at) {
            state = table[static_cast<unsigned char>(*at)] >> (state & state_bits);
        }
        state &= state_bits;
    }
    state_ = static_cast<std::uint8_t>(state);
    return state_ != refused;
}

bool Utf8Validator::complete() const
{
    return state_ == between;
}

void Utf8Validator::reset()
{
    state_ = between;
}

bool is_utf8(std::string_view bytes)
{
    if (is_ascii(bytes)) {
        return true;
    }
    Utf8Validator validator;
    return validator.consume(bytes) && validator.complete();
}

}  // namespace moonwire::websocket
