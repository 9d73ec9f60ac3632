#include "host/capture/recorder.hpp"
#include "tests/support/packets.hpp"
#include "tests/support/pcapng.hpp"
#include "tests/support/process.hpp"

#include <catch2/catch.hpp>

#include <fcntl.h>
#include <unistd.h>
#include <fstream>
#include <iterator>
#include <optional>

using namespace moonwire::capture;
using namespace moonwire::test;
using moonwire::ledger::Protocol;

namespace {

moonwire::observe::Address host(std::uint8_t last, std::uint16_t port = 0)
{
    moonwire::observe::Address address;
    address.version = 4;
    address.bytes = {10, 0, 0, last};
    address.port = port;
    return address;
}

/// A file with what a recorder made of the packets that it was given.
class Recording
{
public:
    Recording() : path_(folder_.path() / "run.pcapng")
    {
        file_.emplace(path_);
        file_->begin();
        recorder_.emplace(*file_, pcapng::Section{});
        interface_ = recorder_->add_interface({moonwire::ledger::link_ethernet, 0, "eth0", {}}, {host(1)});
    }

    Recorder& recorder() { return *recorder_; }

    void take(const std::string& packet)
    {
        recorder_->take(interface_, ++time_, {reinterpret_cast<const unsigned char*>(packet.data()), packet.size()},
                        static_cast<std::uint32_t>(packet.size()));
    }

    std::vector<PcapngBlock> finish()
    {
        recorder_->finish({{10, 1}}, ++time_);
        recorder_.reset();
        file_.reset();
        std::ifstream file(path_, std::ios::binary);
        return read_pcapng(std::string(std::istreambuf_iterator<char>(file), {}));
    }

private:
    TemporaryFolder folder_;
    std::filesystem::path path_;
    std::optional<OutputFile> file_;
    std::optional<Recorder> recorder_;
    std::uint32_t interface_ = 0;
    std::uint64_t time_ = 0;
};

/// The contents of the packets in the file, in order.
std::vector<std::string> packets(const std::vector<PcapngBlock>& blocks)
{
    std::vector<std::string> result;
    for (const PcapngBlock& block : blocks) {
        if (block.type == 6) {
            result.push_back(block.body.substr(20, block.number<std::uint32_t>(12)));
        }
    }
    return result;
}

std::string all_secrets(const std::vector<PcapngBlock>& blocks)
{
    std::string result;
    for (const PcapngBlock& block : blocks) {
        if (block.type == 10) {
            const std::string lines = block.body.substr(8, block.number<std::uint32_t>(4));
            const auto end = lines.find_last_not_of('\n');
            result += end == std::string::npos ? "" : lines.substr(0, end + 2);
        }
    }
    return result;
}

}  // namespace

TEST_CASE("recorder: takes the packets of ends, of any address where that is unspecified")
{
    Recording recording;
    recording.recorder().add({Protocol::tcp, host(1, 80)}, {});
    moonwire::observe::Address any = host(0, 53);
    any.bytes = {};
    recording.recorder().add({Protocol::udp, any}, {});
    const std::vector<std::string> ours = {
        ethernet_ipv4(6, hosts(1, 2), tcp(80, 9, 0, 0, 0, "from us")),
        ethernet_ipv4(6, hosts(2, 1), tcp(9, 80, 0, 0, 0, "to us")),
        ethernet_ipv4(17, hosts(5, 6), udp(9, 53, "any address")),
    };
    for (const std::string& packet : ours) {
        recording.take(packet);
        recording.take("no packet");
        recording.take(ethernet_ipv4(6, hosts(1, 2), tcp(9, 80, 0, 0, 0, "another's port 80")));
        recording.take(ethernet_ipv4(17, hosts(1, 2), udp(80, 9, "not TCP")));
    }
    CHECK(recording.recorder().packets() == 3);
    const auto blocks = recording.finish();
    CHECK(packets(blocks) == ours);
    CHECK(blocks.back().type == 5);
    const auto statistics = blocks.back().options(12);
    REQUIRE(statistics.size() == 5);
    CHECK(statistics[3].value[0] == 1);  // dropped
    CHECK(statistics[4].value[0] == 3);  // in the file
}

TEST_CASE("recorder: takes all parts of a datagram, and what ICMP says of one")
{
    Recording recording;
    recording.recorder().add({Protocol::udp, host(1, 5)}, {});
    const std::string first = ethernet_ipv4(17, hosts(1, 2), udp(5, 6, "hello"), 0x2000, 42);
    const std::string later = ethernet_ipv4(17, hosts(1, 2), "the rest", 0x0003, 42);
    const std::string error = ethernet_ipv4(1, hosts(2, 1), std::string("\x03\x03\0\0\0\0\0\0", 8) + first.substr(14));
    const std::string other_error = ethernet_ipv4(
        1, hosts(2, 1),
        std::string("\x03\x03\0\0\0\0\0\0", 8) + ethernet_ipv4(17, hosts(1, 2), udp(7, 8, "x")).substr(14));
    recording.take(ethernet_ipv4(17, hosts(1, 2), "another's rest", 0x0003, 41));
    recording.take(first);
    recording.take(later);
    recording.take(other_error);
    recording.take(error);
    CHECK(packets(recording.finish()) == std::vector<std::string>{first, later, error});
}

TEST_CASE("recorder: a connection's first packet says who speaks, and each which way it goes")
{
    Recording recording;
    recording.recorder().add({Protocol::tcp, host(2, 80)}, "server");
    recording.recorder().add_client({Protocol::tcp, host(2, 80)}, "client");
    recording.take(ethernet_ipv4(6, hosts(1, 2), tcp(9, 80, 0, 0, moonwire::ledger::tcp_syn)));
    recording.take(
        ethernet_ipv4(6, hosts(2, 1), tcp(80, 9, 0, 1, moonwire::ledger::tcp_syn | moonwire::ledger::tcp_ack)));
    const auto blocks = recording.finish();
    std::vector<std::vector<PcapngBlock::Option>> options;
    for (const auto& block : blocks) {
        if (block.type == 6) {
            options.push_back(block.options(20 + (block.number<std::uint32_t>(12) + 3) / 4 * 4));
        }
    }
    REQUIRE(options.size() == 2);
    CHECK(options[0] == std::vector<PcapngBlock::Option>{{1, "client to server"}, {2, std::string("\x02\0\0\0", 4)}});
    CHECK(options[1] == std::vector<PcapngBlock::Option>{{2, std::string("\x01\0\0\0", 4)}});
}

TEST_CASE("recorder: keys stand before the packets that they are for, however many there are")
{
    Recording recording;
    recording.recorder().add({Protocol::tcp, host(1, 80)}, {});
    recording.recorder().expect_secrets();
    std::string expected;
    for (int i = 0; i < 2000; ++i) {
        recording.take(ethernet_ipv4(6, hosts(1, 2), tcp(80, 9, 0, 0, 0, std::to_string(i))));
        const std::string line = "CLIENT_RANDOM " + std::to_string(i) + std::string(150, '0');
        recording.recorder().add_secret(line);
        expected += line + "\n";
    }
    const auto blocks = recording.finish();
    CHECK(all_secrets(blocks) == expected);
    // Each packet comes behind the block that has its key.
    int known = 0;
    int taken = 0;
    for (const auto& block : blocks) {
        if (block.type == 10) {
            const std::string lines = block.body.substr(8);
            for (auto at = lines.find("CLIENT"); at != std::string::npos; at = lines.find("CLIENT", at + 1)) {
                ++known;
            }
        } else if (block.type == 6) {
            REQUIRE(taken++ < known);
        }
    }
    CHECK(taken == 2000);
}

TEST_CASE("recorder: into a pipe goes what is known at the time")
{
    int ends[2] = {};
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    {
        OutputFile file("/proc/self/fd/" + std::to_string(ends[1]));
        file.begin();
        Recorder recorder(file, {});
        recorder.expect_secrets();
        recorder.add_secret("CLIENT_RANDOM 1 2");
        recorder.finish({}, 1);
        CHECK(file.failure().empty());
    }
    ::close(ends[1]);
    std::string text(100000, '\0');
    const ssize_t size = ::read(ends[0], text.data(), text.size());
    ::close(ends[0]);
    REQUIRE(size > 0);
    CHECK(all_secrets(read_pcapng(text.substr(0, static_cast<std::size_t>(size)))) == "CLIENT_RANDOM 1 2\n");
}

TEST_CASE("recorder: a full disk is told")
{
    OutputFile file("/dev/full");
    file.begin();
    Recorder recorder(file, {});
    recorder.finish({}, 1);
    CHECK(file.failure() == "No space left on device");
}
