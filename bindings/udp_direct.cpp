// The short cuts of moonwire.udp: datagrams that are taken from the kernel already, and those that are collected. See
// bindings/core/direct_call.hpp.
#include "bindings/core/direct_call.hpp"
#include "bindings/udp.hpp"

#include <cstdint>
#include <string_view>

namespace moonwire::bindings {

namespace {

using net::UdpSocket;

// As udp.lua declares it.
struct Datagram {
    const char* payload;
    const char* host;
    std::int32_t host_size;
    std::int32_t port;
};

// The socket, if this task may go on without letting the others run first.
UdpSocket* socket_at(void* memory) noexcept
{
    const UdpHandle* socket = direct_object<UdpHandle>(memory);
    return socket != nullptr && (*socket)->loop().may_answer() ? socket->get() : nullptr;
}

// The size of the next datagram's payload, or -1: ask receive().
std::int32_t take_datagram(void* memory, Datagram* to) noexcept
{
    UdpSocket* socket = socket_at(memory);
    const auto datagram = socket != nullptr ? socket->take_waiting() : std::nullopt;
    if (!datagram) {
        return -1;
    }
    const std::string_view host = socket->addresses().text(datagram->sender.address());
    *to = {datagram->payload.data(), host.data(), static_cast<std::int32_t>(host.size()), datagram->sender.port()};
    return static_cast<std::int32_t>(datagram->payload.size());
}

// Whether the datagram will be sent; else ask send().
bool put_datagram(void* memory, const char* payload, std::size_t size, const char* host, std::size_t host_size,
                  double port) noexcept
{
    const auto number = port >= 1 && port <= 65535 ? static_cast<std::uint16_t>(port) : std::uint16_t{0};
    UdpSocket* socket = socket_at(memory);
    if (socket == nullptr || number == 0 || number != port) {
        return false;
    }
    const auto address = socket->addresses().parse({host, host_size});
    const auto to = address ? socket->destination(*address, number) : std::nullopt;
    return to && socket->try_collect({payload, size}, *to);
}

}  // namespace

void register_udp_direct_calls(lua_State* L)
{
    set_direct_call(L, "take_datagram", take_datagram);
    set_direct_call(L, "put_datagram", put_datagram);
}

}  // namespace moonwire::bindings
