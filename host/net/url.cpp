#include "host/net/url.hpp"

#include "host/net/endpoint.hpp"
#include "host/net/lower_case.hpp"

#include <boost/asio/ip/address_v6.hpp>
#include <boost/system/errc.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

namespace moonwire::net {

namespace {

struct Scheme {
    std::string_view name;
    std::uint16_t port;
};

constexpr std::array<Scheme, 4> schemes{{{"http", 80}, {"https", 443}, {"ws", 80}, {"wss", 443}}};

const Scheme* find_scheme(std::string_view name)
{
    const auto found =
        std::find_if(schemes.begin(), schemes.end(), [name](const Scheme& scheme) { return scheme.name == name; });
    return found == schemes.end() ? nullptr : &*found;
}

/// What people write into URLs and must not (RFC 3986, section 2): found here, to say which it is.
std::string unwritable_character(std::string_view text)
{
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if (byte <= ' ' || byte >= 0x7f || std::string_view("\"<>\\^`{|}").find(text[i]) != std::string_view::npos) {
            std::array<char, 80> message{};
            std::snprintf(message.data(), message.size(), "its character %zu has to be written as %%%02X", i + 1, byte);
            return message.data();
        }
    }
    return {};
}

bool has_malformed_escape(std::string_view text)
{
    const auto is_hex = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    };
    for (std::size_t i = text.find('%'); i != std::string_view::npos; i = text.find('%', i + 1)) {
        if (i + 2 >= text.size() || !is_hex(text[i + 1]) || !is_hex(text[i + 2])) {
            return true;
        }
    }
    return false;
}

bool is_address_v6(std::string_view text)
{
    boost::system::error_code error;
    boost::asio::ip::make_address_v6(text, error);
    return !error;
}

/// 0 if it is none.
std::uint16_t port_number(std::string_view digits)
{
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    return error == std::errc() && end == digits.data() + digits.size() ? port : 0;
}

/// host [":" port] (RFC 3986, section 3.2); returns what is wrong with it.
std::string read_authority(std::string_view authority, const Scheme& scheme, Url& url)
{
    if (authority.find('@') != std::string_view::npos) {
        return "it must not have a user name or password";
    }
    const bool bracketed = authority.starts_with('[');
    const std::size_t host_end = bracketed ? authority.find(']') : authority.find(':');
    url.host = authority.substr(bracketed ? 1 : 0, host_end - (bracketed ? 1 : 0));
    if (bracketed && (host_end == std::string_view::npos || !is_address_v6(url.host))) {
        return "between [ and ] there has to be an IPv6 address";
    }
    if (url.host.empty()) {
        return "it has no host";
    }
    if (url.host.find('%') != std::string::npos) {
        return "its host must not have any %";
    }
    std::string_view port;
    if (host_end != std::string_view::npos) {
        port = authority.substr(host_end + (bracketed ? 1 : 0));
    }
    const bool given = port.size() > 1;  // "host:" has the scheme's (RFC 3986, section 3.2.3)
    url.port = given ? port_number(port.substr(1)) : scheme.port;
    if (url.port == 0 || (!port.empty() && port[0] != ':')) {
        return "its port has to be a number from 1 to 65535";
    }
    return {};
}

Failure not_a_url(std::string_view text, const std::string& why)
{
    constexpr std::size_t longest = 200;
    const std::string shown = std::string(text.substr(0, longest)) + (text.size() > longest ? "…" : "");
    return {boost::system::errc::make_error_code(boost::system::errc::invalid_argument),
            "the URL \"" + shown + "\" cannot be used: " + why};
}

}  // namespace

std::string Url::authority() const
{
    if (port == find_scheme(scheme)->port) {
        return host.find(':') != std::string::npos ? "[" + host + "]" : host;
    }
    return host_and_port(host, port);
}

Result<Url> parse_url(std::string_view text)
{
    const std::size_t colon = text.find("://");
    Url url;
    url.scheme = lower_case(text.substr(0, colon));
    const Scheme* scheme = find_scheme(url.scheme);
    if (colon == std::string_view::npos || scheme == nullptr) {
        return not_a_url(text, "it has to begin with http://, https://, ws:// or wss://");
    }
    if (const std::string why = unwritable_character(text); !why.empty()) {
        return not_a_url(text, why);
    }
    if (has_malformed_escape(text)) {
        return not_a_url(text, "a % has to be followed by two hexadecimal digits");
    }
    const std::string_view rest = text.substr(colon + 3);
    const std::size_t end = std::min(rest.find_first_of("/?#"), rest.size());
    const std::string why = read_authority(rest.substr(0, end), *scheme, url);
    if (!why.empty()) {
        return not_a_url(text, why);
    }
    const std::string_view target = rest.substr(end, rest.find('#') - end);
    url.target = (target.starts_with('/') ? "" : "/") + std::string(target);
    return url;
}

}  // namespace moonwire::net
