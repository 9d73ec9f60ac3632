#include "host/net/endpoint.hpp"

namespace moonwire::net {

bool belongs_to(const boost::asio::ip::address& address, Family family)
{
    switch (family) {
    case Family::any:
        return true;
    case Family::ipv4:
        return address.is_v4();
    case Family::ipv6:
        return address.is_v6();
    }
    return false;
}

std::string address_of(const boost::asio::ip::address& address)
{
    if (address.is_v6() && address.to_v6().is_v4_mapped()) {
        return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, address.to_v6()).to_string();
    }
    return address.to_string();
}

std::string address_of(const TcpEndpoint& endpoint)
{
    return address_of(endpoint.address());
}

std::string to_string(const TcpEndpoint& endpoint)
{
    return host_and_port(address_of(endpoint), endpoint.port());
}

std::string to_string(const UdpEndpoint& endpoint)
{
    return host_and_port(address_of(endpoint.address()), endpoint.port());
}

std::string host_and_port(std::string_view host, std::uint16_t port)
{
    std::string text;
    if (host.find(':') == std::string_view::npos) {
        text = host;
    } else {
        text.append("[").append(host).append("]");
    }
    return text.append(":").append(std::to_string(port));
}

}  // namespace moonwire::net
