#pragma once

#include <moonwire/ledger.hpp>

#include "host/net/tcp_info.hpp"
#include "host/observe/observer.hpp"

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>

namespace moonwire::capture {

/// Makes a ledger without a capture, as an observer (which asks for sockets): of what the kernel counts for each
/// connection of TCP (TCP_INFO), and of what is told of datagrams. It has no packets to look at. So the phases are what
/// is counted between events, the bytes of headers are reckoned, and what TCP sends when a socket is closed already is
/// not in it.
///
/// Used on the loop's thread.
class Tally final : public observe::Observer
{
public:
    static constexpr std::size_t most_flows = 10'000;

    void on_event(const observe::Event& event) override;

    Ledger ledger() const;

private:
    struct Connection {
        LedgerFlow* flow = nullptr;
        bool is_client = false;
        int socket = -1;  // while it can be asked
        std::uint64_t header = 0;
        net::TcpInfo counted;
        bool peer_ended = false;
        LedgerPhase phase = LedgerPhase::data;  // of what has not been counted yet
        observe::TimePoint start{};
        observe::TimePoint opened{};

        LedgerWay& sent() const { return is_client ? flow->from_client : flow->from_server; }
        LedgerWay& received() const { return is_client ? flow->from_server : flow->from_client; }
    };

    LedgerFlow* add_flow(const char* protocol);
    void open(const observe::Event& event);
    void take_socket(const observe::Event& event);
    void take_carried(const observe::Event& event);
    void count_until(Connection& connection, LedgerPhase phase);
    void end(const observe::Event& event);
    void finish(Connection& connection, observe::TimePoint time);
    void take_datagram(const observe::Event& event);
    Connection* connection_of(observe::ObjectId object);

    std::deque<LedgerFlow> flows_;
    std::map<std::string, LedgerFlow*> by_ends_;
    std::map<observe::ObjectId, Connection> connections_;
    std::map<observe::ObjectId, observe::ObjectId> owners_;  // of TLS and WebSocket
    std::set<std::uint16_t> own_ports_;                      // of UDP: what they send is told when it is sent
    std::uint64_t uncounted_ = 0;
};

}  // namespace moonwire::capture
