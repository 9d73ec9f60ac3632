#include "host/capture/capture.hpp"

#include "host/capture/privilege.hpp"
#include "host/capture/routes.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <optional>
#include <system_error>
#include <utility>

namespace moonwire::capture {

namespace {

using observe::Kind;
using observe::Layer;

// What the kernel keeps for the thread: over half a second of 100 MB/s on the loopback interface.
constexpr std::size_t loopback_ring = 64 * 1024 * 1024;
constexpr std::size_t ring = 32 * 1024 * 1024;

// A machine with many virtual interfaces would otherwise spend its memory on rings.
constexpr std::size_t most_taps = 16;

constexpr std::size_t most_names = 1000;

// How long `finish` waits for the end of connections that nobody may end, and for packets that the kernel says it has.
constexpr std::chrono::milliseconds patience_for_ends{500};
constexpr std::chrono::milliseconds patience_for_packets{2000};

// How long a packet waits for a connect(2) that does not return.
constexpr std::chrono::milliseconds patience_for_ports{100};

constexpr const char* loopback = "lo";

std::uint64_t now()
{
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch())
            .count());
}

std::optional<ledger::Protocol> protocol_of(const observe::Event& event)
{
    return event.layer == Layer::tcp   ? std::optional(ledger::Protocol::tcp)
           : event.layer == Layer::udp ? std::optional(ledger::Protocol::udp)
                                       : std::nullopt;
}

/// Signals are for the loop's thread.
class BlockedSignals
{
public:
    BlockedSignals()
    {
        sigset_t all;
        sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~BlockedSignals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    BlockedSignals(const BlockedSignals&) = delete;
    BlockedSignals& operator=(const BlockedSignals&) = delete;

private:
    sigset_t before_{};
};

}  // namespace

Capture::Capture(std::filesystem::path file)
    : file_(file.empty() ? std::make_unique<OutputFile>() : std::make_unique<OutputFile>(std::move(file))),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))
{
    if (!wake_) {
        throw std::system_error(errno, std::generic_category(), "eventfd");
    }
}

Capture::~Capture()
{
    if (thread_.joinable()) {
        finish();
    }
}

std::string Capture::start(const pcapng::Section& section)
{
    Tap::Failure failure;
    auto first = Tap::open(loopback, loopback_ring, failure);
    if (first == nullptr && failure.no_permission) {
        return how_to_permit_capturing();
    }
    file_->begin();
    recorder_ = std::make_unique<Recorder>(*file_, section);
    if (first != nullptr) {
        add_tap(std::move(first));
    }
    const BlockedSignals blocked;
    thread_ = std::thread([this] { read_until_finished(); });
    return {};
}

void Capture::on_event(const observe::Event& event)
{
    switch (event.kind) {
    case Kind::bound:
    case Kind::listening:
        take_end(event);
        name_role(event);
        break;
    case Kind::connecting:
        take_peer(event);
        break;
    case Kind::failed:
    case Kind::closed:
        asked_names_.erase(event.object);
        end_connecting(event.object);
        break;
    case Kind::destination:
        tap_all(interfaces_to(event.remote));
        break;
    case Kind::opened:
        if (event.layer == Layer::tls) {
            hand_over([this] { recorder_->expect_secrets(); });
        }
        break;
    case Kind::secret:
        hand_over([this, line = std::string(event.text)] { recorder_->add_secret(line); });
        break;
    case Kind::resolving:
    case Kind::resolved:
        take_name(event);
        break;
    default:
        break;
    }
}

void Capture::take_end(const observe::Event& event)
{
    const auto protocol = protocol_of(event);
    if (!protocol || !event.local) {
        return;
    }
    const End end = {*protocol, event.local};
    if (connecting_.contains(event.object)) {
        if (!ledger::is_unspecified(event.local)) {  // as it is when there is no way to the peer
            hand_over([this, end] { recorder_->add(end, {}); });
        }
        end_connecting(event.object);
        return;
    }
    if (*protocol == ledger::Protocol::tcp && event.remote) {
        return;  // a client of the run's own server
    }
    tap_all(interfaces_of(event.local));
    hand_over([this, end, role = std::string(event.role)] { recorder_->add(end, role); });
    if (selection_.add(end)) {
        set_filters();
    }
}

// The system chooses a client's own port within connect(2). Before it the filter lets all packets of the peer pass, and
// until `bound` says which port it is the thread does not look at any. A socket of UDP has its port before it has a
// peer.
void Capture::take_peer(const observe::Event& event)
{
    const auto protocol = protocol_of(event);
    if (!protocol || !event.remote) {
        return;
    }
    tap_all(interfaces_to(event.remote));
    if (*protocol == ledger::Protocol::udp) {
        return;
    }
    const End peer = {*protocol, event.remote};
    hand_over([this, peer, role = std::string(event.role)] { recorder_->add_client(peer, role); });
    if (selection_.has(peer)) {
        return;  // the run's own server
    }
    if (selection_.add_peer(peer)) {
        set_filters();
    }
    const std::lock_guard lock(mutex_);
    connecting_.insert(event.object);
    port_is_unknown_ = true;
}

void Capture::end_connecting(observe::ObjectId object)
{
    if (connecting_.contains(object)) {
        {
            const std::lock_guard lock(mutex_);
            connecting_.erase(object);
            port_is_unknown_ = !connecting_.empty();
        }
        port_known_.notify_one();
    }
}

// Which names the run has asked for, so that readers show them in the place of their addresses.
void Capture::take_name(const observe::Event& event)
{
    if (event.kind == Kind::resolving) {
        asked_names_[event.object] = event.text;
        return;
    }
    const auto asked = asked_names_.extract(event.object);
    if (asked.empty() || event.error != 0) {
        return;
    }
    std::string_view addresses = event.text;
    while (!addresses.empty()) {
        const std::string address(addresses.substr(0, addresses.find(' ')));
        addresses.remove_prefix(std::min(addresses.size(), address.size() + 1));
        if (const auto parsed = ledger::parse_address(address); parsed && address != asked.mapped()) {
            add_name(*parsed, asked.mapped());
        }
    }
}

// On one machine all roles have one address. Where they have several, the role is a name for its own.
void Capture::name_role(const observe::Event& event)
{
    if (!event.role.empty() && !ledger::is_unspecified(event.local) && !ledger::is_loopback(event.local) &&
        !ledger::is_multicast(event.local)) {
        add_name(event.local, std::string(event.role));
    }
}

void Capture::add_name(const observe::Address& address, const std::string& name)
{
    if (names_.size() < most_names && names_.insert(observe::host_of(address)).second) {
        hand_over([this, address, name] { recorder_->add_name(address, name); });
    }
}

void Capture::tap_all(const std::vector<std::string>& interfaces)
{
    for (const std::string& interface : interfaces) {
        if (tapped_.contains(interface)) {
            continue;
        }
        Tap::Failure failure = {false, "it is on " + std::to_string(most_taps) + " others already"};
        auto tap = taps_.size() < most_taps
                       ? Tap::open(interface, interface == loopback ? loopback_ring : ring, failure)
                       : nullptr;
        tapped_.insert(interface);
        if (tap != nullptr) {
            add_tap(std::move(tap));
        } else {
            troubles_.push_back("no packets were captured on " + interface + ": " + failure.message);
        }
    }
}

void Capture::add_tap(std::unique_ptr<Tap> opened)
{
    const std::shared_ptr<Tap> tap = std::move(opened);
    taps_.push_back(tap);
    tapped_.insert(tap->interface());
    hand_over(
        [this, tap,
         addresses = tap->interface() == loopback ? std::vector<observe::Address>() : addresses_of(tap->interface())] {
            recorder_->add_interface({tap->link_type(), 0, tap->interface(), {}}, addresses);
            read_taps_.push_back(tap);
        });
    if (!filter_.empty()) {
        set_filter(*tap);
    }
}

void Capture::set_filters()
{
    std::string filter = selection_.filter();
    if (filter == filter_) {
        return;
    }
    filter_ = std::move(filter);
    for (const auto& tap : taps_) {
        set_filter(*tap);
    }
}

void Capture::set_filter(const Tap& tap)
{
    // The kernel's room for filters is limited, and a large one may not fit.
    if (!tap.set_filter(Filter(filter_, tap.has_link_header())) &&
        !tap.set_filter(Filter(Selection::widest_filter, tap.has_link_header()))) {
        troubles_.push_back("on " + tap.interface() + " packets may be missing: the system did not take the filter");
    }
}

void Capture::hand_over(Command command)
{
    {
        const std::lock_guard lock(mutex_);
        commands_.push_back(std::move(command));
        has_commands_ = true;
    }
    wake();
}

void Capture::wake() const
{
    ::eventfd_write(wake_.get(), 1);
}

Report Capture::finish()
{
    finishing_ = true;
    wake();
    thread_.join();
    Report report;
    report.packets = recorder_->packets();
    std::vector<Recorder::Counts> counts;
    for (const auto& tap : read_taps_) {
        const Tap::Counts count = tap->counts();
        report.dropped += count.dropped;
        report.interfaces.push_back(tap->interface());
        counts.push_back({count.received, count.dropped});
    }
    report.ledger = recorder_->ledger();
    recorder_->finish(counts, now());
    report.troubles = std::move(troubles_);
    for (const auto& tap : read_taps_) {
        if (!tap->failure().empty()) {
            report.troubles.push_back("capturing on " + tap->interface() + " ended early: " + tap->failure());
        }
    }
    if (!file_->failure().empty()) {
        report.troubles.push_back("write " + file_->path().string() + ": " + file_->failure() + ", so it ends early");
    }
    return report;
}

void Capture::read_until_finished()
{
    using Clock = std::chrono::steady_clock;
    std::optional<Clock::time_point> finishing_since;
    for (;;) {
        const bool finishing = finishing_;
        carry_out_commands();
        const std::size_t count = read_taps();
        if (finishing) {
            finishing_since = finishing_since.value_or(Clock::now());
            const auto waited = Clock::now() - *finishing_since;
            const bool all_ended = !recorder_->analyzer().has_open_connections() || waited > patience_for_ends;
            if (all_ended && (has_read_all() || waited > patience_for_packets)) {
                return;
            }
        }
        if (count == 0) {
            wait_for_packets(finishing);
        }
    }
}

// While the run goes on, for as long as it takes. Then the kernel's counts have to be looked at, too.
void Capture::wait_for_packets(bool finishing) const
{
    constexpr int a_moment = 2;
    std::vector<pollfd> descriptors = {{wake_.get(), POLLIN, 0}};
    for (const auto& tap : read_taps_) {
        if (tap->failure().empty()) {
            descriptors.push_back({tap->descriptor(), POLLIN, 0});
        }
    }
    ::poll(descriptors.data(), descriptors.size(), finishing ? a_moment : -1);
    eventfd_t ignored = 0;
    ::eventfd_read(wake_.get(), &ignored);
}

// Before each packet, as a packet of an end comes after the end's announcement, and may be read together with older
// ones.
void Capture::carry_out_commands()
{
    if (!has_commands_) {
        return;
    }
    std::vector<Command> commands;
    {
        const std::lock_guard lock(mutex_);
        commands.swap(commands_);
        has_commands_ = false;
    }
    for (const Command& command : commands) {
        command();
    }
}

// For as long as connect(2) takes.
void Capture::wait_for_ports()
{
    if (port_is_unknown_) {
        std::unique_lock lock(mutex_);
        port_known_.wait_for(lock, patience_for_ports, [this] { return !port_is_unknown_; });
    }
}

std::size_t Capture::read_taps()
{
    std::size_t count = 0;
    for (std::size_t i = 0; i < read_taps_.size(); ++i) {
        auto take = [this, i](std::uint64_t time, std::span<const unsigned char> data, std::uint32_t original_size) {
            wait_for_ports();
            carry_out_commands();
            recorder_->take(static_cast<std::uint32_t>(i), time, data, original_size);
        };
        if (read_taps_[i]->failure().empty()) {
            count += read_taps_[i]->read(take);
        }
    }
    return count;
}

bool Capture::has_read_all() const
{
    return std::all_of(read_taps_.begin(), read_taps_.end(),
                       [](const auto& tap) { return tap->has_read_all(tap->counts()); });
}

}  // namespace moonwire::capture
