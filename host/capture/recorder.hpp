#pragma once

#include "host/capture/output_file.hpp"
#include "host/capture/pcapng.hpp"
#include "host/capture/selection.hpp"
#include "host/ledger/analyzer.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace moonwire::capture {

/// Writes those of the captured packets that are the run's, with what is known of the run. Used by one thread. The file
/// must outlive it.
class Recorder
{
public:
    Recorder(OutputFile& file, const pcapng::Section& section);

    /// From now on the packets of this end are the run's. `role`: who has it, may be empty.
    void add(const End& end, std::string_view role);

    /// `role` connects to this end, which need not be the run's.
    void add_client(const End& peer, std::string_view role);

    void add_name(const observe::Address& address, const std::string& name);

    /// TLS begins: makes room for keys, before the packets that need them.
    void expect_secrets();

    /// A line of a TLS key log.
    void add_secret(std::string_view line);

    /// Its number. `addresses`: its own, by which it is told which packets leave; empty: nobody can tell.
    std::uint32_t add_interface(const pcapng::Interface& interface, std::vector<observe::Address> addresses);

    /// `time`: nanoseconds since 1970.
    void take(std::uint32_t interface, std::uint64_t time, std::span<const unsigned char> data,
              std::uint32_t original_size);

    /// The last blocks. `received` and `dropped`: by interface, in order.
    struct Counts {
        std::uint64_t received = 0;
        std::uint64_t dropped = 0;
    };
    void finish(const std::vector<Counts>& counts, std::uint64_t end);

    /// What has been counted of the packets that it has taken.
    Ledger ledger() const;

    std::uint64_t packets() const { return packets_; }
    const ledger::Analyzer& analyzer() const { return analyzer_; }

private:
    struct Interface {
        pcapng::Interface description;
        std::vector<observe::Address> addresses;
        std::uint64_t packets = 0;
    };
    using Roles = std::unordered_map<observe::Address, std::string, ledger::AddressHash>;

    pcapng::Direction direction(const Interface& interface, const ledger::Way& way) const;
    std::string comment(const ledger::Packet& packet);
    static std::string role_at(const Roles& roles, const observe::Address& address);

    OutputFile& file_;
    Selection selection_;
    ledger::Analyzer analyzer_;
    std::vector<Interface> interfaces_;
    std::uint64_t start_ = 0;
    std::uint64_t packets_ = 0;

    std::uint64_t secrets_at_ = 0;  // where in the file the next line goes
    std::uint64_t secrets_room_ = 0;

    Roles tcp_roles_;
    Roles udp_roles_;
    Roles tcp_clients_;                                                     // by whom they connect to
    std::unordered_set<observe::Address, ledger::AddressHash> introduced_;  // senders over UDP
};

}  // namespace moonwire::capture
