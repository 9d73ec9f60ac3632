#include "host/capture/pcapng.hpp"
#include "tests/support/pcapng.hpp"

#include <catch2/catch.hpp>

using namespace moonwire::capture;
using moonwire::test::PcapngBlock;
using moonwire::test::read_pcapng;

namespace {

moonwire::observe::Address ipv4(std::uint8_t last)
{
    moonwire::observe::Address address;
    address.version = 4;
    address.bytes = {10, 0, 0, last};
    return address;
}

}  // namespace

TEST_CASE("pcapng: a section says what has made it, with comments")
{
    const auto blocks = read_pcapng(pcapng::section_header({"Linux 6.1", "moonwire 1", {"first", "second"}}));
    REQUIRE(blocks.size() == 1);
    CHECK(blocks[0].type == 0x0A0D0D0A);
    CHECK(blocks[0].number<std::uint32_t>(0) == 0x1A2B3C4D);
    CHECK(blocks[0].number<std::uint16_t>(4) == 1);
    CHECK(blocks[0].number<std::uint64_t>(8) == 0xFFFFFFFFFFFFFFFF);
    const auto options = blocks[0].options(16);
    REQUIRE(options.size() == 4);
    CHECK(options[0] == PcapngBlock::Option{1, "first"});
    CHECK(options[1] == PcapngBlock::Option{1, "second"});
    CHECK(options[2] == PcapngBlock::Option{3, "Linux 6.1"});
    CHECK(options[3] == PcapngBlock::Option{4, "moonwire 1"});
}

TEST_CASE("pcapng: an interface has its name and counts time in nanoseconds")
{
    const auto blocks = read_pcapng(pcapng::interface_description({1, 65535, "lo", {}}));
    REQUIRE(blocks.size() == 1);
    CHECK(blocks[0].type == 1);
    CHECK(blocks[0].number<std::uint16_t>(0) == 1);
    CHECK(blocks[0].number<std::uint32_t>(4) == 65535);
    const auto options = blocks[0].options(8);
    REQUIRE(options.size() == 2);
    CHECK(options[0] == PcapngBlock::Option{2, "lo"});
    CHECK(options[1] == PcapngBlock::Option{9, std::string(1, '\x09')});
}

TEST_CASE("pcapng: packets of all sizes are padded, with direction and comment where there are any")
{
    for (std::size_t size = 0; size < 9; ++size) {
        CAPTURE(size);
        const std::string data = std::string("abcdefghi").substr(0, size);
        std::string out;
        pcapng::append_packet(out, {2, 0x0000000500000007, 900, data, pcapng::Direction::unknown, {}});
        pcapng::append_packet(out, {0, 1, 9, data, pcapng::Direction::outbound, "a to b"});
        const auto blocks = read_pcapng(out);
        REQUIRE(blocks.size() == 2);
        CHECK(blocks[0].type == 6);
        CHECK(blocks[0].number<std::uint32_t>(0) == 2);
        CHECK(blocks[0].number<std::uint32_t>(4) == 5);  // the time's high half
        CHECK(blocks[0].number<std::uint32_t>(8) == 7);
        CHECK(blocks[0].number<std::uint32_t>(12) == size);
        CHECK(blocks[0].number<std::uint32_t>(16) == 900);
        CHECK(blocks[0].body.substr(20, size) == data);
        const std::size_t padded = (size + 3) / 4 * 4;
        CHECK(blocks[0].body.size() == 20 + padded);
        const auto options = blocks[1].options(20 + padded);
        REQUIRE(options.size() == 2);
        CHECK(options[0] == PcapngBlock::Option{1, "a to b"});
        CHECK(options[1].code == 2);
        CHECK(options[1].value == std::string("\x02\0\0\0", 4));
    }
}

TEST_CASE("pcapng: names, for addresses of both versions")
{
    moonwire::observe::Address v6;
    v6.version = 6;
    v6.bytes[15] = 1;
    const auto blocks = read_pcapng(pcapng::name_resolution({{ipv4(7), "pmu"}, {v6, "pdc"}}));
    REQUIRE(blocks.size() == 1);
    CHECK(blocks[0].type == 4);
    const auto records = blocks[0].options(0);
    REQUIRE(records.size() == 2);
    CHECK(records[0] == PcapngBlock::Option{1, std::string("\x0a\0\0\x07pmu\0", 8)});
    CHECK(records[1] == PcapngBlock::Option{2, std::string(15, '\0') + "\x01pdc" + '\0'});
}

TEST_CASE("pcapng: secrets lie where the writer says that they begin")
{
    const std::string lines = "CLIENT_RANDOM 00 11\n";
    const std::string block = pcapng::decryption_secrets(lines);
    const auto blocks = read_pcapng(block);
    REQUIRE(blocks.size() == 1);
    CHECK(blocks[0].type == 10);
    CHECK(blocks[0].number<std::uint32_t>(0) == 0x544C534B);
    CHECK(blocks[0].number<std::uint32_t>(4) == lines.size());
    CHECK(block.substr(pcapng::secrets_offset, lines.size()) == lines);
}

TEST_CASE("pcapng: statistics of an interface")
{
    pcapng::Statistics statistics;
    statistics.interface = 3;
    statistics.start = 0x0000000100000002;
    statistics.end = 0x0000000300000004;
    statistics.received = 10;
    statistics.dropped = 4;
    statistics.delivered = 6;
    const auto blocks = read_pcapng(pcapng::interface_statistics(statistics));
    REQUIRE(blocks.size() == 1);
    CHECK(blocks[0].type == 5);
    CHECK(blocks[0].number<std::uint32_t>(0) == 3);
    CHECK(blocks[0].number<std::uint32_t>(4) == 3);
    CHECK(blocks[0].number<std::uint32_t>(8) == 4);
    const auto options = blocks[0].options(12);
    REQUIRE(options.size() == 5);
    CHECK(options[0] == PcapngBlock::Option{2, std::string("\x01\0\0\0\x02\0\0\0", 8)});
    CHECK(options[1] == PcapngBlock::Option{3, std::string("\x03\0\0\0\x04\0\0\0", 8)});
    CHECK(options[2] == PcapngBlock::Option{4, std::string("\x0a\0\0\0\0\0\0\0", 8)});
    CHECK(options[3] == PcapngBlock::Option{7, std::string("\x04\0\0\0\0\0\0\0", 8)});
    CHECK(options[4] == PcapngBlock::Option{8, std::string("\x06\0\0\0\0\0\0\0", 8)});
}
