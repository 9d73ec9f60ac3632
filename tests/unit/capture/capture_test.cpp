#include "host/capture/capture.hpp"
#include "tests/support/capture.hpp"
#include "tests/support/pcapng.hpp"
#include "tests/support/process.hpp"
#include "tests/support/socket.hpp"
#include "tests/support/udp_peer.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <iterator>
#include <thread>

using namespace moonwire::capture;
using namespace moonwire::test;
using moonwire::ledger::Packet;
using moonwire::ledger::Protocol;
using moonwire::observe::Kind;
using moonwire::observe::Layer;

namespace {

moonwire::observe::Address loopback(const std::string& port)
{
    moonwire::observe::Address address;
    address.version = 4;
    address.bytes = {127, 0, 0, 1};
    address.port = static_cast<std::uint16_t>(std::stoi(port));
    return address;
}

void tell(Capture& capture, Kind kind, Layer layer, const std::string& port)
{
    moonwire::observe::Event event;
    event.kind = kind;
    event.layer = layer;
    event.local = loopback(port);
    capture.on_event(event);
}

struct Captured {
    std::string bytes;
    Packet packet;
};

/// The packets of a file whose interfaces are Ethernet's.
std::vector<Captured> packets_in(const std::filesystem::path& path)
{
    std::ifstream file(path, std::ios::binary);
    const std::string text(std::istreambuf_iterator<char>(file), {});
    std::vector<Captured> packets;
    for (const PcapngBlock& block : read_pcapng(text)) {
        if (block.type != 6) {
            continue;
        }
        Captured captured{block.body.substr(20, block.number<std::uint32_t>(12)), {}};
        const auto* data = reinterpret_cast<const unsigned char*>(captured.bytes.data());
        const auto packet = moonwire::ledger::parse_packet(
            moonwire::ledger::link_ethernet, {data, captured.bytes.size()}, block.number<std::uint32_t>(16));
        REQUIRE(packet);
        captured.packet = *packet;
        packets.push_back(captured);
    }
    return packets;
}

}  // namespace

TEST_CASE("capture: has all packets of what was announced, and no others")
{
    if (!may_capture()) {
        return;
    }
    const TemporaryFolder folder;
    const auto file = folder.path() / "run.pcapng";
    Listener ours;
    Listener other;
    Capture capture(file);
    REQUIRE(capture.start({}).empty());
    tell(capture, Kind::listening, Layer::tcp, ours.port());
    for (int i = 0; i < 3; ++i) {
        Client stranger(other.port());
        Client client(ours.port());
        Client server = ours.accept();
        stranger.send("not ours");
        client.send("hello");
        CHECK(server.read(5) == "hello");
    }
    const Report report = capture.finish();
    CHECK(report.dropped == 0);
    CHECK(report.troubles.empty());
    CHECK(report.interfaces == std::vector<std::string>{"lo"});
    const auto packets = packets_in(file);
    CHECK(packets.size() == report.packets);
    const auto port = loopback(ours.port()).port;
    int syns = 0;
    int ends = 0;
    std::string content;
    for (const auto& [bytes, packet] : packets) {
        CHECK((packet.way.source.port == port || packet.way.destination.port == port));
        syns += (packet.flags & moonwire::ledger::tcp_syn) != 0 ? 1 : 0;
        ends += (packet.flags & moonwire::ledger::tcp_fin) != 0 ? 1 : 0;
        content += bytes.substr(bytes.size() - packet.payload_size);
    }
    CHECK(syns == 6);
    CHECK(ends == 6);
    CHECK(content == "hellohellohello");
}

TEST_CASE("capture: loses no packet while ends are added")
{
    if (!may_capture()) {
        return;
    }
    const TemporaryFolder folder;
    const auto file = folder.path() / "run.pcapng";
    constexpr int count = 20000;
    UdpPeer sender;
    UdpPeer receiver;
    Capture capture(file);
    REQUIRE(capture.start({}).empty());
    tell(capture, Kind::bound, Layer::udp, sender.port());
    std::thread sending([&] {
        for (int i = 0; i < count; ++i) {
            sender.send(std::to_string(i), receiver.port());
        }
    });
    for (int i = 0; i < 100; ++i) {
        const UdpPeer another;
        tell(capture, Kind::bound, Layer::udp, another.port());
    }
    sending.join();
    const Report report = capture.finish();
    REQUIRE(report.dropped == 0);
    int expected = 0;
    const auto port = loopback(sender.port()).port;
    for (const auto& [bytes, packet] : packets_in(file)) {
        if (packet.way.protocol == Protocol::udp && packet.way.source.port == port) {
            REQUIRE(bytes.substr(bytes.size() - packet.payload_size) == std::to_string(expected));
            ++expected;
        }
    }
    CHECK(expected == count);
}

TEST_CASE("capture: a file that cannot be written is refused, and one that is not used stays as it was")
{
    CHECK_THROWS_AS(Capture("/nonexistent/run.pcapng"), std::system_error);
    const TemporaryFolder folder;
    const std::string kept = folder.write("kept", "what was there");
    const auto made = folder.path() / "made";
    {
        const Capture unused(kept);
        const Capture unused_too(made);
        CHECK(std::filesystem::exists(made));
    }
    CHECK(!std::filesystem::exists(made));
    std::ifstream file(kept);
    CHECK(std::string(std::istreambuf_iterator<char>(file), {}) == "what was there");
}
