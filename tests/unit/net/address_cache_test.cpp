#include "host/net/address_cache.hpp"

#include "host/net/endpoint.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace moonwire::net;

namespace ip = boost::asio::ip;

TEST_CASE("addresses and texts are found again, also when many share a place")
{
    AddressCache cache;
    for (int round = 0; round < 2; ++round) {
        for (int i = 1; i < 300; ++i) {
            for (const std::string& text :
                 {"10." + std::to_string(i % 7) + ".0." + std::to_string(i % 256), "fd00::" + std::to_string(i)}) {
                REQUIRE(cache.parse(text) == ip::make_address(text));
                REQUIRE(cache.text(ip::make_address(text)) == text);
                REQUIRE(cache.parse(text) == ip::make_address(text));
            }
        }
    }
}

TEST_CASE("an IPv4-mapped address reads as IPv4")
{
    AddressCache cache;
    CHECK(cache.text(ip::make_address("::ffff:192.0.2.1")) == "192.0.2.1");
    CHECK(cache.text(ip::make_address("192.0.2.1")) == "192.0.2.1");
}

TEST_CASE("what is no numeric address is not taken for one")
{
    AddressCache cache;
    for (const std::string& text :
         {std::string(), std::string("localhost"), std::string("1.2.3"), std::string("::1%nowhere"),
          std::string("127.0.0.1\0x", 11), std::string("127.0.0.1 ")}) {
        CHECK_FALSE(cache.parse(text));
        CHECK_FALSE(cache.parse(text));
    }
    CHECK(cache.parse("fe80::1%lo")->to_v6().scope_id() == 1);
}
