#include <moonwire/ledger.hpp>

#include <algorithm>

namespace moonwire {

namespace {

constexpr std::array<std::string_view, ledger_phases> phase_names = {"connect", "tls",        "upgrade",
                                                                     "data",    "keep_alive", "close"};
constexpr std::array<std::string_view, ledger_purposes> purpose_names = {"syn", "ack", "data", "ping", "end"};

LedgerCount sum(LedgerCount a, const LedgerCount& b)
{
    return a += b;
}

}  // namespace

std::string_view to_string(LedgerPhase phase)
{
    return phase_names.at(static_cast<std::size_t>(phase));
}

std::string_view to_string(LedgerPurpose purpose)
{
    return purpose_names.at(static_cast<std::size_t>(purpose));
}

LedgerCount& LedgerCount::operator+=(const LedgerCount& other)
{
    packets += other.packets;
    bytes += other.bytes;
    payload += other.payload;
    return *this;
}

void LedgerTimes::add(double seconds)
{
    least = count == 0 ? seconds : std::min(least, seconds);
    most = std::max(most, seconds);
    sum += seconds;
    ++count;
}

LedgerCount LedgerWay::of(LedgerPhase phase) const
{
    LedgerCount result;
    for (const LedgerCount& count : counts[static_cast<std::size_t>(phase)]) {
        result += count;
    }
    return result;
}

LedgerCount LedgerWay::of(LedgerPurpose purpose) const
{
    LedgerCount result;
    for (const auto& phase : counts) {
        result += phase[static_cast<std::size_t>(purpose)];
    }
    return result;
}

LedgerCount LedgerWay::of(LedgerPhase phase, LedgerPurpose purpose) const
{
    return counts[static_cast<std::size_t>(phase)][static_cast<std::size_t>(purpose)];
}

LedgerCount LedgerWay::total() const
{
    LedgerCount result;
    for (std::size_t phase = 0; phase < ledger_phases; ++phase) {
        result += of(static_cast<LedgerPhase>(phase));
    }
    return result;
}

LedgerCount LedgerFlow::of(LedgerPhase phase) const
{
    return sum(from_client.of(phase), from_server.of(phase));
}

LedgerCount LedgerFlow::of(LedgerPurpose purpose) const
{
    return sum(from_client.of(purpose), from_server.of(purpose));
}

LedgerCount LedgerFlow::of(LedgerPhase phase, LedgerPurpose purpose) const
{
    return sum(from_client.of(phase, purpose), from_server.of(phase, purpose));
}

LedgerCount LedgerFlow::total() const
{
    return sum(from_client.total(), from_server.total());
}

}  // namespace moonwire
