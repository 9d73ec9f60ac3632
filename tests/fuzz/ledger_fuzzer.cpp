#include "host/ledger/analyzer.hpp"
#include "tests/fuzz/require.hpp"

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

using namespace moonwire;
using namespace moonwire::ledger;

namespace {

std::uint64_t packets_of(const Analyzer& analyzer)
{
    std::uint64_t packets = analyzer.uncounted();
    for (const Flow& flow : analyzer.flows()) {
        const LedgerFlow summary = flow.summary();
        const LedgerCount total = summary.total();
        require(total.packets > 0);
        require(total.payload <= total.bytes);
        require(summary.seconds >= 0 && summary.open_seconds >= 0 && summary.open_seconds <= summary.seconds);
        packets += total.packets;
    }
    return packets;
}

}  // namespace

/// The input is packets, each behind two bytes: what kind of link it comes from, and how long it is.
extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size)
{
    constexpr std::uint16_t links[] = {link_ethernet, link_raw, link_linux_sll, link_linux_sll2, link_null};
    std::span<const unsigned char> rest(data, size);
    Analyzer analyzer;
    std::uint64_t time = 1;
    std::uint64_t packets = 0;
    while (rest.size() >= 2) {
        const std::uint16_t link = links[rest[0] % std::size(links)];
        const std::size_t length = std::min<std::size_t>(rest[1], rest.size() - 2);
        // Some were cut when they were captured.
        const auto original_size = static_cast<std::uint32_t>(length + (rest[0] >= 0x80 ? 1000 : 0));
        // A copy of its own, so that a byte too far is seen.
        const std::vector<unsigned char> bytes(rest.begin() + 2,
                                               rest.begin() + 2 + static_cast<std::ptrdiff_t>(length));
        rest = rest.subspan(2 + length);
        const auto packet = parse_packet(link, bytes, original_size);
        if (!packet) {
            continue;
        }
        require(packet->payload.size() <= packet->payload_size);
        require(packet->payload.empty() ||
                (packet->payload.data() >= bytes.data() &&
                 packet->payload.data() + packet->payload.size() <= bytes.data() + bytes.size()));
        analyzer.add(time += rest.size(), *packet);
        packets += packet->way.protocol != Protocol::other && !packet->is_later_fragment ? 1 : 0;
    }
    require(packets_of(analyzer) == packets);
    Ledger ledger;
    for (const Flow& flow : analyzer.flows()) {
        ledger.flows.push_back(flow.summary());
    }
    require(!to_json(ledger).empty());
    return 0;
}
