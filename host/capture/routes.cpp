#include "host/capture/routes.hpp"

#include "host/net/descriptor.hpp"
#include "host/net/interfaces.hpp"

#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <optional>

namespace moonwire::capture {

namespace {

using ledger::Address;

Address address_of(const boost::asio::ip::address& address)
{
    return address.is_v4() ? ledger::ipv4_address(address.to_v4().to_bytes().data())
                           : ledger::ipv6_address(address.to_v6().to_bytes().data());
}

Address host_only(Address address)
{
    address.port = 0;
    address.zone = 0;
    return address;
}

bool has(const net::Interface& interface, const Address& address)
{
    return std::any_of(interface.addresses.begin(), interface.addresses.end(),
                       [&](const auto& own) { return address_of(own) == address; });
}

template <class Wanted>
std::vector<std::string> names(Wanted wanted)
{
    std::vector<std::string> result;
    for (const net::Interface& interface : net::interfaces()) {
        if (interface.up && wanted(interface)) {
            result.push_back(interface.name);
        }
    }
    return result;
}

std::vector<std::string> all()
{
    return names([](const net::Interface& interface) { return !interface.addresses.empty(); });
}

/// The address that the system would send from: it looks the route up, and sends nothing.
std::optional<Address> source_to(const Address& remote)
{
    sockaddr_storage storage{};
    socklen_t size = 0;
    constexpr in_port_t any_port = 9;
    if (remote.version == 4) {
        sockaddr_in v4{};
        v4.sin_family = AF_INET;
        v4.sin_port = htons(any_port);
        std::memcpy(&v4.sin_addr, remote.bytes.data(), sizeof v4.sin_addr);
        std::memcpy(&storage, &v4, size = sizeof v4);
    } else {
        sockaddr_in6 v6{};
        v6.sin6_family = AF_INET6;
        v6.sin6_port = htons(any_port);
        v6.sin6_scope_id = remote.zone;
        std::memcpy(&v6.sin6_addr, remote.bytes.data(), sizeof v6.sin6_addr);
        std::memcpy(&storage, &v6, size = sizeof v6);
    }
    const net::Descriptor socket(::socket(storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    auto* const address = reinterpret_cast<sockaddr*>(&storage);
    if (!socket || ::connect(socket.get(), address, size) != 0 || ::getsockname(socket.get(), address, &size) != 0) {
        return std::nullopt;
    }
    return host_only(Address::of(address));
}

}  // namespace

std::vector<std::string> interfaces_of(const Address& local)
{
    const Address address = host_only(local);
    if (ledger::is_unspecified(address) || ledger::is_multicast(address)) {
        return all();
    }
    return names([&](const net::Interface& interface) { return interface.loopback || has(interface, address); });
}

std::vector<std::string> interfaces_to(const Address& remote)
{
    const Address address = host_only(remote);
    if (ledger::is_multicast(address)) {
        return all();  // the socket's options decide
    }
    const auto own = net::interfaces();
    const bool is_own = ledger::is_loopback(address) || std::any_of(own.begin(), own.end(), [&](const auto& interface) {
                            return has(interface, address);
                        });
    if (is_own) {
        return names([](const net::Interface& interface) { return interface.loopback; });
    }
    if (remote.zone != 0) {
        return names([&](const net::Interface& interface) { return interface.index == remote.zone; });
    }
    const auto source = source_to(remote);
    return source ? names([&](const net::Interface& interface) { return has(interface, *source); })
                  : std::vector<std::string>();
}

std::vector<Address> addresses_of(const std::string& interface)
{
    std::vector<Address> result;
    for (const net::Interface& each : net::interfaces()) {
        if (each.name == interface) {
            std::transform(each.addresses.begin(), each.addresses.end(), std::back_inserter(result), address_of);
        }
    }
    return result;
}

}  // namespace moonwire::capture
