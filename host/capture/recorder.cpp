#include "host/capture/recorder.hpp"

#include <algorithm>
#include <utility>

namespace moonwire::capture {

namespace {

using ledger::Address;

// Of key log lines: those of a connection of TLS 1.3 take about 1 KB. A new block begins before the old one is full, so
// that a connection's keys have room before its packets.
constexpr std::size_t secrets_size = 64 * 1024;
constexpr std::size_t secrets_reserve = 8 * 1024;

// Senders over UDP whose first packet has a comment.
constexpr std::size_t most_introduced = 10'000;

Address any_host(const Address& address)
{
    Address any;
    any.port = address.port;
    return any;
}

Address without_zone(Address address)
{
    address.zone = 0;
    return ledger::is_unspecified(address) ? any_host(address) : address;
}

}  // namespace

Recorder::Recorder(OutputFile& file, const pcapng::Section& section) : file_(file)
{
    file_.buffer() += pcapng::section_header(section);
}

void Recorder::add(const End& end, std::string_view role)
{
    selection_.add(end);
    if (!role.empty()) {
        Roles& roles = end.protocol == ledger::Protocol::tcp ? tcp_roles_ : udp_roles_;
        roles.insert_or_assign(without_zone(end.address), std::string(role));
    }
}

void Recorder::add_client(const End& peer, std::string_view role)
{
    if (!role.empty()) {
        tcp_clients_.insert_or_assign(without_zone(peer.address), std::string(role));
    }
}

void Recorder::add_name(const Address& address, const std::string& name)
{
    file_.buffer() += pcapng::name_resolution({{address, name}});
}

// Readers that go through the file once need the keys before the packets, and the keys of a connection are known only
// when its first packets have long been captured. So a block with room for them is written when TLS begins, and the
// lines are put into it as they come. Into a pipe nothing can be put later.
void Recorder::expect_secrets()
{
    if (!file_.can_seek() || secrets_room_ >= secrets_reserve) {
        return;
    }
    secrets_at_ = file_.size() + pcapng::secrets_offset;
    secrets_room_ = secrets_size;
    file_.buffer() += pcapng::decryption_secrets(std::string(secrets_size, '\n'));
}

void Recorder::add_secret(std::string_view line)
{
    const std::string text = std::string(line) + "\n";
    if (text.size() > secrets_room_) {
        file_.buffer() += pcapng::decryption_secrets(text);
        return;
    }
    file_.overwrite(secrets_at_, text);
    secrets_at_ += text.size();
    secrets_room_ -= text.size();
    expect_secrets();
}

std::uint32_t Recorder::add_interface(const pcapng::Interface& interface, std::vector<Address> addresses)
{
    file_.buffer() += pcapng::interface_description(interface);
    interfaces_.push_back({interface, std::move(addresses), 0});
    return static_cast<std::uint32_t>(interfaces_.size() - 1);
}

pcapng::Direction Recorder::direction(const Interface& interface, const ledger::Way& way) const
{
    if (interface.addresses.empty()) {
        return pcapng::Direction::unknown;
    }
    Address source = way.source;
    source.port = 0;
    const auto& own = interface.addresses;
    return std::find(own.begin(), own.end(), source) != own.end() ? pcapng::Direction::outbound
                                                                  : pcapng::Direction::inbound;
}

std::string Recorder::role_at(const Roles& roles, const Address& address)
{
    const auto exact = roles.find(address);
    const auto found = exact != roles.end() ? exact : roles.find(any_host(address));
    return found != roles.end() ? found->second : std::string();
}

// "pdc to pmu", at the first packet of each connection, and of each sender over UDP.
std::string Recorder::comment(const ledger::Packet& packet)
{
    std::string from;
    std::string to;
    if (packet.way.protocol == ledger::Protocol::tcp &&
        (packet.flags & (ledger::tcp_syn | ledger::tcp_ack)) == ledger::tcp_syn) {
        from = role_at(tcp_clients_, packet.way.destination);
        to = role_at(tcp_roles_, packet.way.destination);
    } else if (packet.way.protocol == ledger::Protocol::udp && introduced_.size() < most_introduced &&
               introduced_.insert(packet.way.source).second) {
        from = role_at(udp_roles_, packet.way.source);
        to = role_at(udp_roles_, packet.way.destination);
    }
    if (from.empty() && to.empty()) {
        return {};
    }
    return from.empty() ? "to " + to : to.empty() ? "from " + from : from + " to " + to;
}

void Recorder::take(std::uint32_t interface, std::uint64_t time, std::span<const unsigned char> data,
                    std::uint32_t original_size)
{
    Interface& from = interfaces_[interface];
    const auto packet = ledger::parse_packet(from.description.link_type, data, original_size);
    if (!packet || !selection_.takes(*packet)) {
        return;
    }
    start_ = start_ == 0 ? time : start_;
    ++packets_;
    ++from.packets;
    analyzer_.add(time, *packet);
    pcapng::append_packet(file_.buffer(), {interface,
                                           time,
                                           original_size,
                                           {reinterpret_cast<const char*>(data.data()), data.size()},
                                           direction(from, packet->way),
                                           comment(*packet)});
    file_.flush_if_large();
}

Ledger Recorder::ledger() const
{
    Ledger ledger;
    ledger.uncounted = analyzer_.uncounted();
    for (const ledger::Flow& flow : analyzer_.flows()) {
        LedgerFlow& each = ledger.flows.emplace_back(flow.summary());
        const bool is_tcp = flow.way().protocol == ledger::Protocol::tcp;
        each.client_role =
            is_tcp ? role_at(tcp_clients_, flow.way().destination) : role_at(udp_roles_, flow.way().source);
        each.server_role = role_at(is_tcp ? tcp_roles_ : udp_roles_, flow.way().destination);
    }
    return ledger;
}

void Recorder::finish(const std::vector<Counts>& counts, std::uint64_t end)
{
    for (std::size_t i = 0; i < interfaces_.size(); ++i) {
        pcapng::Statistics statistics;
        statistics.interface = static_cast<std::uint32_t>(i);
        statistics.start = start_ == 0 ? end : start_;
        statistics.end = end;
        statistics.received = counts[i].received;
        statistics.dropped = counts[i].dropped;
        statistics.delivered = interfaces_[i].packets;
        file_.buffer() += pcapng::interface_statistics(statistics);
    }
    file_.flush();
}

}  // namespace moonwire::capture
