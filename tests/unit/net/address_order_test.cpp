#include "host/net/address_order.hpp"

#include <boost/asio/ip/address.hpp>
#include <catch2/catch.hpp>

#include <string>
#include <vector>

using moonwire::net::interleave_families;
using moonwire::net::TcpEndpoint;

namespace {

std::vector<TcpEndpoint> endpoints(const std::vector<std::string>& addresses)
{
    std::vector<TcpEndpoint> result;
    for (const auto& address : addresses) {
        result.emplace_back(boost::asio::ip::make_address(address), std::uint16_t{80});
    }
    return result;
}

}  // namespace

TEST_CASE("the families of a name's addresses take turns, the resolver's first one leads")
{
    CHECK(interleave_families({}).empty());
    CHECK(interleave_families(endpoints({"10.0.0.1"})) == endpoints({"10.0.0.1"}));
    CHECK(interleave_families(endpoints({"2001:db8::1", "2001:db8::2", "10.0.0.1", "10.0.0.2"})) ==
          endpoints({"2001:db8::1", "10.0.0.1", "2001:db8::2", "10.0.0.2"}));
    CHECK(interleave_families(endpoints({"10.0.0.1", "10.0.0.2", "10.0.0.3", "2001:db8::1"})) ==
          endpoints({"10.0.0.1", "2001:db8::1", "10.0.0.2", "10.0.0.3"}));
    CHECK(interleave_families(endpoints({"10.0.0.1", "2001:db8::1", "2001:db8::2", "2001:db8::3"})) ==
          endpoints({"10.0.0.1", "2001:db8::1", "2001:db8::2", "2001:db8::3"}));
}
