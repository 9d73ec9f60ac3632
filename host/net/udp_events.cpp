// What a UDP socket tells of itself to observers.
#include "host/net/udp_socket.hpp"

namespace moonwire::net {

void UdpSocket::tell(observe::Event event) const
{
    if (observe::Observers* observers = object_ != 0 ? loop_.observed() : nullptr) {
        event.layer = observe::Layer::udp;
        event.object = object_;
        observers->tell(event);
    }
}

void UdpSocket::tell_call(std::string_view name, std::int64_t result) const
{
    if (observe::Observers* observers = loop_.observed(); observers != nullptr && observers->wants_calls()) {
        observers->tell_call(observe::Layer::udp, object_, name, result);
    }
}

void UdpSocket::tell_received(const Datagram& datagram) const
{
    tell({.kind = observe::Kind::received,
          .direction = observe::Direction::in,
          .size = datagram.size,
          .remote = observe::Address::of(datagram.sender.data()),
          .content = datagram.payload,
          .text = datagram.truncated() ? "truncated" : ""});
}

void UdpSocket::tell_sent(std::string_view payload, const std::optional<UdpEndpoint>& to) const
{
    tell({.kind = observe::Kind::sent,
          .direction = observe::Direction::out,
          .size = payload.size(),
          .remote = to ? observe::Address::of(to->data()) : observe::Address(),
          .content = payload});
}

void UdpSocket::tell_failed(const PeerError& error) const
{
    if (loop_.observed() != nullptr) {
        const std::string why = reason(error.error);
        tell({.kind = observe::Kind::failed,
              .error = error.error.value(),
              .remote = observe::Address::of(error.peer.data()),
              .text = why});
    }
}

void UdpSocket::announce(const std::optional<UdpEndpoint>& to)
{
    const auto address = to ? observe::Address::of(to->data()) : observe::Address();
    if (address && address != announced_) {
        announced_ = address;
        tell({.kind = observe::Kind::destination, .remote = address});
    }
}

}  // namespace moonwire::net
