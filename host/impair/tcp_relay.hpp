#pragma once

#include "host/impair/faults.hpp"
#include "host/impair/stream_path.hpp"
#include "host/net/endpoint.hpp"
#include "host/net/tcp_listener.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

namespace moonwire::impair {

struct TcpRelayOptions {
    std::uint64_t seed = 0;
    std::size_t max_clients = 256;  ///< more wait to be accepted
};

/// Stands between a TCP server and its clients, as a network that is slow, stalls and breaks connections off. The
/// server sees connections that come from here.
///
/// Held by shared_ptr; used on the loop's thread only, and the loop must outlive it. It relays from `start` until
/// `close`, or until nobody holds it any more; then its connections are reset.
class TcpRelay : public std::enable_shared_from_this<TcpRelay>
{
public:
    /// Clients are connected to the first of the targets that answers, first of all to those of their version of IP.
    /// A client of a server that does not answer is reset.
    TcpRelay(loop::Loop& loop, std::shared_ptr<net::TcpListener> listener, std::vector<net::TcpEndpoint> targets,
             const StreamFaults& faults, const TcpRelayOptions& options);
    ~TcpRelay();
    TcpRelay(const TcpRelay&) = delete;
    TcpRelay& operator=(const TcpRelay&) = delete;

    void start();
    void set(const StreamFaults& faults);

    /// Closing twice is no error.
    void close();
    bool closed() const { return listener_->closed(); }

    const net::TcpEndpoint& local_endpoint() const { return listener_->local_endpoint(); }
    net::TcpListener& listener() { return *listener_; }
    const net::TcpEndpoint& target() const { return targets_.front(); }
    const StreamWay& way(Way way) const { return *ways_[static_cast<std::size_t>(way)]; }

    struct Connections {
        std::uint64_t accepted = 0;
        std::uint64_t unreachable = 0;  ///< of these: the server did not answer
        std::uint64_t cut = 0;
        std::uint64_t broken = 0;  ///< by the client or by the server
    };
    const Connections& connections() const { return connections_; }
    std::size_t open_connections() const { return links_.size(); }

private:
    class Link;

    void accept();
    void accepted(std::shared_ptr<net::TcpStream> client);
    void link_ended(std::uint64_t number, std::uint64_t Connections::*how);

    loop::Loop& loop_;
    std::shared_ptr<net::TcpListener> listener_;
    std::vector<net::TcpEndpoint> targets_;
    StreamFaults faults_;
    TcpRelayOptions options_;
    std::array<std::shared_ptr<StreamWay>, 2> ways_;
    std::map<std::uint64_t, std::shared_ptr<Link>> links_;
    Connections connections_;
};

}  // namespace moonwire::impair
