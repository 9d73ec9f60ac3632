#include "host/capture/tap.hpp"

#include "host/ledger/packet.hpp"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <stdexcept>
#include <utility>

namespace moonwire::capture {

namespace {

// More than any packet has, also one that a network card is still to cut.
constexpr int snap_length = 262144;

// After so many milliseconds the kernel hands over a block of packets that is not full.
constexpr int block_timeout = 10;

struct CloseDead {
    void operator()(pcap_t* pcap) const { pcap_close(pcap); }
};

// The loopback interface would show each packet twice, as it leaves and as it arrives.
void ignore_outgoing(int descriptor)
{
    const int on = 1;
    ::setsockopt(descriptor, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof on);
}

bool is_loopback(const std::string& interface, int descriptor)
{
    ifreq request{};
    interface.copy(request.ifr_name, IFNAMSIZ - 1);
    return ::ioctl(descriptor, SIOCGIFFLAGS, &request) == 0 && (request.ifr_flags & IFF_LOOPBACK) != 0;
}

}  // namespace

Filter::Filter(const std::string& expression, bool with_link_header)
{
    const std::unique_ptr<pcap_t, CloseDead> dead(pcap_open_dead(with_link_header ? DLT_EN10MB : DLT_RAW, snap_length));
    if (pcap_compile(dead.get(), &program_, expression.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0) {
        throw std::invalid_argument("filter '" + expression + "': " + pcap_geterr(dead.get()));
    }
}

Filter::~Filter()
{
    pcap_freecode(&program_);
}

std::unique_ptr<Tap> Tap::open(const std::string& interface, std::size_t ring_size, Failure& failure)
{
    char message[PCAP_ERRBUF_SIZE] = {};
    pcap_t* const pcap = pcap_create(interface.c_str(), message);
    if (pcap == nullptr) {
        failure = {false, message};
        return nullptr;
    }
    std::unique_ptr<Tap> tap(new Tap(interface, pcap));
    pcap_set_snaplen(pcap, snap_length);
    pcap_set_buffer_size(pcap, static_cast<int>(ring_size));
    pcap_set_timeout(pcap, block_timeout);
    pcap_set_tstamp_precision(pcap, PCAP_TSTAMP_PRECISION_NANO);
    const int status = pcap_activate(pcap);
    if (status < 0) {
        failure = {status == PCAP_ERROR_PERM_DENIED, pcap_statustostr(status)};
        if (const std::string detail = pcap_geterr(pcap); !detail.empty()) {
            failure.message = detail;
        }
        return nullptr;
    }
    if (!tap->set_filter(Filter("less 0", tap->has_link_header())) || pcap_setnonblock(pcap, 1, message) != 0) {
        failure = {false, "the system does not take a filter"};
        return nullptr;
    }
    ::fcntl(pcap_fileno(pcap), F_SETFD, FD_CLOEXEC);  // the run's children may not have the right to capture
    if (is_loopback(interface, pcap_fileno(pcap))) {
        ignore_outgoing(pcap_fileno(pcap));
    }
    return tap;
}

std::uint16_t Tap::link_type() const
{
    const int link = pcap_datalink(pcap_.get());
    return link == DLT_RAW ? std::uint16_t{ledger::link_raw} : static_cast<std::uint16_t>(link);
}

bool Tap::has_link_header() const
{
    return pcap_datalink(pcap_.get()) == DLT_EN10MB;
}

int Tap::descriptor() const
{
    return pcap_get_selectable_fd(pcap_.get());
}

// Not by pcap_setfilter: that lets no packet pass for a moment, so as to be rid of those that the old filter has.
bool Tap::set_filter(const Filter& filter) const
{
    static_assert(sizeof(bpf_insn) == sizeof(sock_filter));
    const sock_fprog program = {static_cast<unsigned short>(filter.program().bf_len),
                                reinterpret_cast<sock_filter*>(filter.program().bf_insns)};
    return ::setsockopt(pcap_fileno(pcap_.get()), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0;
}

Tap::Counts Tap::counts() const
{
    pcap_stat statistics{};
    if (pcap_stats(pcap_.get(), &statistics) != 0) {
        return {};
    }
    // What the interface has dropped (ps_ifdrop) is of all programs, and has not reached the run either.
    return {statistics.ps_recv, statistics.ps_drop};
}

}  // namespace moonwire::capture
