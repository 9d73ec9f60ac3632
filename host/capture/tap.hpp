#pragma once

#include <pcap/pcap.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace moonwire::capture {

/// A filter program, in the form for one kind of link.
class Filter
{
public:
    /// Throws std::invalid_argument for what is no filter.
    Filter(const std::string& expression, bool with_link_header);
    ~Filter();
    Filter(const Filter&) = delete;
    Filter& operator=(const Filter&) = delete;

    const bpf_program& program() const { return program_; }

private:
    bpf_program program_{};
};

/// The packets of one network interface, taken by libpcap. Lets none pass before the first `set_filter`.
class Tap
{
public:
    struct Counts {
        std::uint64_t received = 0;  ///< what the filter has let pass
        std::uint64_t dropped = 0;   ///< of these, for want of room between the kernel and `read`
    };

    /// What libpcap says when it does not work.
    struct Failure {
        bool no_permission = false;
        std::string message;
    };

    /// `ring_size`: bytes that the kernel keeps for packets that have not been read.
    static std::unique_ptr<Tap> open(const std::string& interface, std::size_t ring_size, Failure& failure);

    const std::string& interface() const { return interface_; }
    std::uint16_t link_type() const;
    bool has_link_header() const;
    int descriptor() const;

    /// From the next packet on; no packet is lost by the change. From any thread. False if the kernel does not take it.
    bool set_filter(const Filter& filter) const;

    /// Hands over what has arrived, but not more than some thousand packets at once: `take(time, data, original_size)`
    /// with the time in nanoseconds since 1970. Does not wait. The number of packets.
    template <class Take>
    std::size_t read(Take& take)
    {
        const int count = pcap_dispatch(
            pcap_.get(), most_at_once,
            [](u_char* user, const pcap_pkthdr* header, const u_char* bytes) {
                // Its precision is nanoseconds, whatever the field is called.
                const auto time = static_cast<std::uint64_t>(header->ts.tv_sec) * 1'000'000'000U +
                                  static_cast<std::uint64_t>(header->ts.tv_usec);
                (*reinterpret_cast<Take*>(user))(time, std::span(bytes, header->caplen), header->len);
            },
            reinterpret_cast<u_char*>(&take));
        if (count < 0) {
            failure_ = pcap_geterr(pcap_.get());
        }
        delivered_ += count > 0 ? static_cast<std::uint64_t>(count) : 0;
        return count > 0 ? static_cast<std::size_t>(count) : 0;
    }

    /// Why nothing comes any more, as when the interface is gone; otherwise empty.
    const std::string& failure() const { return failure_; }

    Counts counts() const;

    /// Has everything been read that has arrived before `counts`?
    bool has_read_all(const Counts& counts) const
    {
        return !failure_.empty() || delivered_ + counts.dropped >= counts.received;
    }

private:
    static constexpr int most_at_once = 4096;

    struct Close {
        void operator()(pcap_t* pcap) const { pcap_close(pcap); }
    };

    Tap(std::string interface, pcap_t* pcap) : interface_(std::move(interface)), pcap_(pcap) {}

    std::string interface_;
    std::unique_ptr<pcap_t, Close> pcap_;
    std::uint64_t delivered_ = 0;
    std::string failure_;
};

}  // namespace moonwire::capture
