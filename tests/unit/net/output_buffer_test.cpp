#include "host/net/output_buffer.hpp"

#include "tests/unit/net/support.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>

using moonwire::loop::BlockPool;
using moonwire::net::OutputBuffer;
using namespace moonwire::test;

TEST_CASE("what an output buffer takes comes out in order, however it is appended and consumed")
{
    BlockPool blocks;
    OutputBuffer buffer(blocks);
    std::string expected;
    std::size_t taken = 0;
    const std::string bytes = sample_bytes(300'000);
    const std::size_t appended[] = {1, 2000, 47, 5, 0, 2048, 9000, 1, 100'000, 3};
    const std::size_t consumed[] = {0, 1, 1500, 0, 552, 3000, 2, 70'000};
    for (std::size_t i = 0; i < 200; ++i) {
        const std::size_t at = (i * 7919) % 150'000;
        const auto piece = std::string_view(bytes).substr(at, appended[i % std::size(appended)]);
        buffer.append(piece);
        expected += piece;
        const std::size_t size = std::min(consumed[i % std::size(consumed)], buffer.size());
        buffer.consume(size);
        taken += size;
        REQUIRE((buffer.bytes() == std::string_view(expected).substr(taken)));
    }
    buffer.consume(buffer.size());
    CHECK(buffer.empty());
    CHECK(buffer.bytes().empty());
}

TEST_CASE("an output buffer that is empty has given back its memory, and what was consumed makes room for more")
{
    BlockPool blocks;
    OutputBuffer first(blocks);
    first.append("1");
    const char* const block = first.bytes().data();
    first.consume(1);
    OutputBuffer second(blocks);
    second.append("2");
    CHECK(second.bytes().data() == block);  // the one that the first has given back

    second.append(std::string(BlockPool::block_size - 1, 'x'));
    second.consume(BlockPool::block_size - 10);
    second.append("no more memory");
    CHECK(second.bytes().data() == block);
    CHECK(second.bytes() == "xxxxxxxxxxno more memory");
}

TEST_CASE("a pool keeps a block for each of as many as write in one turn, and no more")
{
    BlockPool blocks;
    std::vector<std::unique_ptr<char[]>> taken;
    for (int i = 0; i < 200; ++i) {
        taken.push_back(blocks.take());
    }
    for (auto& block : taken) {
        blocks.give_back(std::move(block));
    }
    CHECK(blocks.spare() == 128);
}
