#include "host/net/interfaces.hpp"

#include <catch2/catch.hpp>

#include <net/if.h>

using namespace moonwire::net;

TEST_CASE("an interface is found by its name, its index and each of its addresses")
{
    const auto all = interfaces();
    REQUIRE_FALSE(all.empty());
    for (const Interface& interface : all) {
        CHECK(interface.index == ::if_nametoindex(interface.name.c_str()));
        CHECK(find_interface(interface.name)->index == interface.index);
        CHECK(find_interface(std::to_string(interface.index))->name == interface.name);
        for (const auto& address : interface.addresses) {
            CHECK(find_interface(address.to_string())->name == interface.name);
        }
    }
    CHECK(find_interface("127.0.0.1")->loopback);
    CHECK_THAT(interface_names(), Catch::Matchers::Contains("lo"));
}

TEST_CASE("what is no interface is not found")
{
    for (const char* text : {"", "nowhere", "4294967295", "192.0.2.222", "-1"}) {
        CHECK_FALSE(find_interface(text));
    }
}
