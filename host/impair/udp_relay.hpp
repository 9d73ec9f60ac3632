#pragma once

#include "host/impair/datagram_path.hpp"
#include "host/impair/faults.hpp"
#include "host/loop/timer.hpp"
#include "host/net/endpoint.hpp"
#include "host/net/udp_socket.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace moonwire::impair {

struct UdpRelayOptions {
    std::uint64_t seed = 0;
    std::size_t max_clients = 256;            ///< datagrams of more clients are not forwarded
    Duration idle = std::chrono::minutes(1);  ///< a client that nothing has passed for so long is forgotten
};

/// Stands between a UDP server and its clients, as a network that loses, delays, reorders and duplicates datagrams.
/// The server sees each client at a port of its own.
///
/// Held by shared_ptr; used on the loop's thread only, and the loop must outlive it. It relays from `start` until
/// `close`, or until nobody holds it any more.
class UdpRelay : public std::enable_shared_from_this<UdpRelay>
{
public:
    /// `socket` is bound and not connected. Clients are connected to the first of the targets, of which there is at
    /// least one, that has their version of IP, or else to the first.
    UdpRelay(std::shared_ptr<net::UdpSocket> socket, std::vector<net::UdpEndpoint> targets,
             const DatagramFaults& faults, const UdpRelayOptions& options);
    ~UdpRelay();
    UdpRelay(const UdpRelay&) = delete;
    UdpRelay& operator=(const UdpRelay&) = delete;

    void start();
    void set(const DatagramFaults& faults);

    /// What waits is discarded. Closing twice is no error.
    void close();
    bool closed() const { return socket_->closed(); }

    const net::UdpEndpoint& local_endpoint() const { return socket_->local_endpoint(); }
    const net::UdpEndpoint& target() const { return targets_.front(); }
    const DatagramWay& way(Way way) const { return ways_[static_cast<std::size_t>(way)]; }
    std::size_t clients() const { return clients_.size(); }

private:
    struct Client {
        Client(UdpRelay& relay, std::uint64_t number, const net::UdpEndpoint& address,
               std::shared_ptr<net::UdpSocket> to_server);
        ~Client() { socket->close(); }

        std::shared_ptr<net::UdpSocket> socket;
        DatagramPath to_target;
        DatagramPath to_client;
        loop::Timer idle;
    };

    DatagramWay& way_of(Way way) { return ways_[static_cast<std::size_t>(way)]; }
    void receive(std::shared_ptr<net::UdpSocket> socket, const std::optional<net::UdpEndpoint>& client);
    void take(const net::Datagram& datagram, const std::optional<net::UdpEndpoint>& client);
    Client* client_at(const net::UdpEndpoint& address);
    Client* new_client(const net::UdpEndpoint& address);
    void keep(const net::UdpEndpoint& address, Client& client);

    std::shared_ptr<net::UdpSocket> socket_;
    std::vector<net::UdpEndpoint> targets_;
    UdpRelayOptions options_;
    std::array<DatagramWay, 2> ways_;
    std::map<net::UdpEndpoint, std::unique_ptr<Client>> clients_;  // their paths count in ways_
    std::uint64_t clients_seen_ = 0;
};

}  // namespace moonwire::impair
