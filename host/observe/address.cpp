#include "host/observe/address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <charconv>
#include <cstring>

namespace moonwire::observe {

namespace {

constexpr std::size_t ipv4_size = 4;

// Where the IPv4 address stands in an IPv4-mapped one (RFC 4291, section 2.5.5.2).
constexpr std::size_t mapped_at = 12;

void append_number(std::string& out, std::uint32_t value)
{
    std::array<char, 10> text;
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
    out.append(text.data(), end);
}

void append_host(std::string& out, const Address& address)
{
    if (address.version == 4) {
        for (std::size_t i = 0; i < ipv4_size; ++i) {
            out += i == 0 ? "" : ".";
            append_number(out, address.bytes[i]);
        }
    } else if (address.version == 6) {
        std::array<char, INET6_ADDRSTRLEN> text{};
        out += ::inet_ntop(AF_INET6, address.bytes.data(), text.data(), text.size());
        if (address.zone != 0) {
            out += "%";
            append_number(out, address.zone);
        }
    }
}

}  // namespace

Address Address::of(const sockaddr* address)
{
    Address result;
    if (address->sa_family == AF_INET) {
        sockaddr_in v4{};
        std::memcpy(&v4, address, sizeof v4);
        result.version = 4;
        result.port = ntohs(v4.sin_port);
        std::memcpy(result.bytes.data(), &v4.sin_addr, ipv4_size);
    } else if (address->sa_family == AF_INET6) {
        sockaddr_in6 v6{};
        std::memcpy(&v6, address, sizeof v6);
        result.port = ntohs(v6.sin6_port);
        if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
            result.version = 4;
            std::memcpy(result.bytes.data(), v6.sin6_addr.s6_addr + mapped_at, ipv4_size);
        } else {
            result.version = 6;
            result.zone = v6.sin6_scope_id;
            std::memcpy(result.bytes.data(), &v6.sin6_addr, result.bytes.size());
        }
    }
    return result;
}

std::string host_of(const Address& address)
{
    std::string text;
    append_host(text, address);
    return text;
}

std::string to_string(const Address& address)
{
    std::string text;
    append(text, address);
    return text;
}

void append(std::string& out, const Address& address)
{
    if (!address) {
        return;
    }
    out += address.version == 6 ? "[" : "";
    append_host(out, address);
    out += address.version == 6 ? "]:" : ":";
    append_number(out, address.port);
}

}  // namespace moonwire::observe
