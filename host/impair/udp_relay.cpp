#include "host/impair/udp_relay.hpp"

#include "host/impair/version.hpp"

#include <boost/asio/error.hpp>

#include <algorithm>
#include <utility>

namespace moonwire::impair {

namespace {

// So many datagrams that were there already are taken before others get their turn.
constexpr int rounds_a_turn = 64;

void send(net::UdpSocket& socket, std::string_view datagram, const std::optional<net::UdpEndpoint>& to,
          DatagramCounters& counters)
{
    net::Sent sent = socket.try_send(datagram, to);
    if (sent.error && sent.error != boost::asio::error::would_block) {
        sent = socket.try_send(datagram, to);  // the first has told what an earlier datagram has come to
    }
    if (!sent.error) {
        counters.forwarded.add(datagram.size());
    } else if (sent.error == boost::asio::error::would_block) {
        counters.overflowed.add(datagram.size());
    } else {
        counters.failed.add(datagram.size());
    }
}

}  // namespace

UdpRelay::Client::Client(UdpRelay& relay, std::uint64_t number, const net::UdpEndpoint& address,
                         std::shared_ptr<net::UdpSocket> to_server)
    : socket(std::move(to_server)),
      to_target(socket->loop(), relay.way_of(Way::to_target), random_of(relay.options_.seed, number, Way::to_target),
                [this, &relay](std::string_view datagram) {
                    send(*socket, datagram, std::nullopt, relay.way_of(Way::to_target).counters);
                }),
      to_client(socket->loop(), relay.way_of(Way::to_client), random_of(relay.options_.seed, number, Way::to_client),
                [&relay, address](std::string_view datagram) {
                    send(*relay.socket_, datagram, address, relay.way_of(Way::to_client).counters);
                }),
      idle(socket->loop())
{
}

UdpRelay::UdpRelay(std::shared_ptr<net::UdpSocket> socket, std::vector<net::UdpEndpoint> targets,
                   const DatagramFaults& faults, const UdpRelayOptions& options)
    : socket_(std::move(socket)), targets_(std::move(targets)), options_(options)
{
    set(faults);
}

UdpRelay::~UdpRelay()
{
    close();
}

void UdpRelay::start()
{
    receive(socket_, std::nullopt);
}

void UdpRelay::set(const DatagramFaults& faults)
{
    for (const Way way : {Way::to_target, Way::to_client}) {
        way_of(way).faults = includes(faults.ways, way) ? faults : DatagramFaults{};
    }
}

void UdpRelay::close()
{
    socket_->close();
    clients_.clear();
}

void UdpRelay::receive(std::shared_ptr<net::UdpSocket> socket, const std::optional<net::UdpEndpoint>& client)
{
    net::UdpSocket& receiver = *socket;
    receiver.async_receive(
        std::nullopt, [weak = weak_from_this(), socket = std::move(socket), client](const net::Received& first) {
            const auto self = weak.lock();
            std::optional<net::Received> received = first;
            for (int round = 0; self && received && !socket->closed(); ++round) {
                if (!received->error) {  // that a datagram met nobody is for its sender to find out
                    self->take(received->datagram, client);
                }
                received = round < rounds_a_turn && !socket->closed() ? socket->try_receive() : std::nullopt;
            }
            if (self && !socket->closed()) {
                self->receive(socket, client);
            }
        });
}

void UdpRelay::take(const net::Datagram& datagram, const std::optional<net::UdpEndpoint>& client)
{
    const net::UdpEndpoint address = client ? *client : datagram.sender;
    Client* known = client_at(address);
    if (known == nullptr && !client) {
        known = new_client(address);
    }
    if (known == nullptr) {
        way_of(client ? Way::to_client : Way::to_target).counters.failed.add(datagram.size);
        return;
    }
    keep(address, *known);
    (client ? known->to_client : known->to_target).put(datagram.payload);
}

UdpRelay::Client* UdpRelay::client_at(const net::UdpEndpoint& address)
{
    const auto found = clients_.find(address);
    return found == clients_.end() ? nullptr : found->second.get();
}

UdpRelay::Client* UdpRelay::new_client(const net::UdpEndpoint& address)
{
    if (clients_.size() >= options_.max_clients) {
        return nullptr;
    }
    const auto found = std::find_if(targets_.begin(), targets_.end(), [&](const net::UdpEndpoint& target) {
        return same_version(target.address(), address.address());
    });
    const net::UdpEndpoint& target = found == targets_.end() ? targets_.front() : *found;
    auto socket = std::make_shared<net::UdpSocket>(socket_->loop(), net::UdpOptions{});
    if (socket->open({target.protocol(), 0}, false) || socket->connect(target)) {
        return nullptr;
    }
    Client& client =
        *clients_.emplace(address, std::make_unique<Client>(*this, clients_seen_++, address, socket)).first->second;
    receive(std::move(socket), address);
    return &client;
}

// From now on for as long as it takes to be forgotten.
void UdpRelay::keep(const net::UdpEndpoint& address, Client& client)
{
    client.idle.expires_after(options_.idle, [this, address] {
        Client& idle = *clients_.at(address);
        if (idle.to_target.empty() && idle.to_client.empty()) {
            clients_.erase(address);
        } else {
            keep(address, idle);
        }
    });
}

}  // namespace moonwire::impair
