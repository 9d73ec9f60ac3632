#include "host/net/endpoint.hpp"

#include <boost/asio/ip/address.hpp>
#include <catch2/catch.hpp>

using namespace moonwire::net;
using boost::asio::ip::make_address;

TEST_CASE("an endpoint reads as people write it")
{
    const auto text = [](const char* address) { return to_string(TcpEndpoint(make_address(address), 5003)); };
    CHECK(text("127.0.0.1") == "127.0.0.1:5003");
    CHECK(text("::1") == "[::1]:5003");
    CHECK(text("::") == "[::]:5003");
    CHECK(text("::ffff:192.0.2.7") == "192.0.2.7:5003");
    CHECK(text("fe80::1%1") == "[fe80::1%lo]:5003");

    CHECK(address_of({make_address("2001:db8::5"), 1}) == "2001:db8::5");
    CHECK(address_of({make_address("::ffff:192.0.2.7"), 1}) == "192.0.2.7");
}

TEST_CASE("what somebody asked for is shown like an endpoint")
{
    CHECK(host_and_port("localhost", 80) == "localhost:80");
    CHECK(host_and_port("*", 80) == "*:80");
    CHECK(host_and_port("::1", 80) == "[::1]:80");
}

TEST_CASE("a family has its addresses")
{
    const auto v4 = make_address("127.0.0.1");
    const auto v6 = make_address("::1");
    const auto mapped = make_address("::ffff:127.0.0.1");
    CHECK(belongs_to(v4, Family::any));
    CHECK(belongs_to(v6, Family::any));
    CHECK(belongs_to(v4, Family::ipv4));
    CHECK_FALSE(belongs_to(v6, Family::ipv4));
    CHECK_FALSE(belongs_to(v4, Family::ipv6));
    CHECK(belongs_to(v6, Family::ipv6));
    CHECK(belongs_to(mapped, Family::ipv6));
}
