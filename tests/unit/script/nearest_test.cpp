#include "host/script/nearest.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using moonwire::script::nearest_name;

TEST_CASE("the nearest name has one letter more, less, changed, or two swapped")
{
    const std::vector<std::string> names = {"count", "port", "timeout", "interval"};
    for (const char* typo : {"count", "coutn", "cont", "counnt", "cuont", "ciunt"}) {
        CHECK(nearest_name(typo, names) == "count");
    }
    CHECK(nearest_name("timeuot", names) == "timeout");
    CHECK(nearest_name("tmeout_", names) == "timeout");
    CHECK(nearest_name("pert", names) == "port");
}

TEST_CASE("what is too far away is not suggested")
{
    const std::vector<std::string> names = {"count", "port", "x"};
    CHECK_FALSE(nearest_name("frequency", names));
    CHECK_FALSE(nearest_name("pest", names));  // two edits in four letters
    CHECK_FALSE(nearest_name("xxcount", std::vector<std::string>{"count_", "counter"}));
    CHECK_FALSE(nearest_name("y", names));
    CHECK_FALSE(nearest_name("", names));
    CHECK_FALSE(nearest_name("count", std::vector<std::string>()));
}

TEST_CASE("of several names the nearest wins, and of equally near ones the first")
{
    CHECK(nearest_name("server", std::vector<std::string>{"severs", "servers"}) == "servers");
    CHECK(nearest_name("clien", std::vector<std::string>{"client", "cliens"}) == "client");
}
