#include "host/sweep/axis.hpp"

#include <moonwire/error.hpp>

#include <catch2/catch.hpp>

#include <string>

using Catch::Matchers::Contains;
using namespace moonwire;

namespace {

constexpr std::size_t most = 1000;

Parameter parameter(std::string name, Parameter::Type type, std::optional<double> min = {},
                    std::optional<double> max = {})
{
    Parameter made;
    made.name = std::move(name);
    made.type = type;
    made.min = min;
    made.max = max;
    return made;
}

Declaration declaration()
{
    using Type = Parameter::Type;
    Declaration made;
    made.name = "a/lab";
    made.parameters = {parameter("loss", Type::number, 0, 1), parameter("count", Type::integer),
                       parameter("timeout", Type::duration),  parameter("size", Type::size),
                       parameter("host", Type::string),       parameter("fast", Type::boolean),
                       parameter("port", Type::port),         parameter("family", Type::string)};
    made.parameters.back().choices = {"ipv4", "ipv6", "both"};
    return made;
}

/// The values, as people read them.
std::string values(const std::string& text)
{
    std::string shown;
    for (const Value& value : sweep::parse_axis(declaration(), text, most).values) {
        shown += (shown.empty() ? "" : " ") + sweep::text_of(value);
    }
    return shown;
}

std::string refusal(const std::string& text)
{
    try {
        sweep::parse_axis(declaration(), text, most);
    } catch (const UsageError& error) {
        return error.what();
    }
    return "accepted";
}

}  // namespace

TEST_CASE("sweep: a range has exactly the values that a person expects")
{
    CHECK(values("loss=0:0.9:0.1") == "0 0.1 0.2 0.3 0.4 0.5 0.6 0.7 0.8 0.9");
    CHECK(sweep::parse_axis(declaration(), "loss=0:0.9:0.1", most).values.at(3) == Value(0.3));
    CHECK(values("loss=0:1:0.3") == "0 0.3 0.6 0.9");
    CHECK(values("loss=0.9:0:-0.3") == "0.9 0.6 0.3 0");
    CHECK(values("loss=0.05:0.1:0.025") == "0.05 0.075 0.1");
    CHECK(values("loss=0.000001:0.000003:0.000001") == "1e-06 2e-06 3e-06");
    CHECK(values("loss=0.5:0.5:0.1") == "0.5");
    CHECK(values("count=-2:2:1") == "-2 -1 0 1 2");
    CHECK(values("count=1:1000000:333333") == "1 333334 666667 1000000");
    CHECK(values("timeout=0.1s:300ms:100ms") == "0.1 0.2 0.3");
    CHECK(values("size=1K:4K:1K") == "1024 2048 3072 4096");
}

TEST_CASE("sweep: values one by one, with ranges among them")
{
    CHECK(values("count=1,2,4") == "1 2 4");
    CHECK(values("count=1:3:1,10,20:30:10") == "1 2 3 10 20 30");
    CHECK(values("family=ipv4,both") == "ipv4 both");
    CHECK(values("fast=yes,no") == "true false");
    CHECK(values("host=::1,localhost") == "::1 localhost");
    CHECK(values("loss=0.3") == "0.3");
}

TEST_CASE("sweep: what cannot be swept is refused, with what was expected")
{
    CHECK(refusal("loss=0:2:0.1") == "--param loss=0:2:0.1: parameter 'loss': expected a number from 0 to 1, got '2'");
    CHECK(refusal("loss=0:0.9:0") == "--param loss=0:0.9:0: its step is 0");
    CHECK(refusal("loss=0:0.9:-0.1") == "--param loss=0:0.9:-0.1: steps of -0.1 do not lead from 0 to 0.9");
    CHECK_THAT(refusal("loss=0.9:0:0.1"), Contains("steps of 0.1 do not lead from 0.9 to 0"));
    CHECK_THAT(refusal("loss=0:0.9"), Contains("expected a range as from:to:step, got '0:0.9'"));
    CHECK_THAT(refusal("loss=a:1:0.1"), Contains("expected a number, got 'a'"));
    CHECK_THAT(refusal("loss=0:inf:0.1"), Contains("expected a number, got 'inf'"));
    CHECK_THAT(refusal("loss="), Contains("expected a number from 0 to 1, got ''"));
    CHECK_THAT(refusal("count=0:2:0.5"), Contains("expected a whole number, got '0.5'"));
    CHECK_THAT(refusal("loss=0.1,0.1"), Contains("the value 0.1 comes twice"));
    CHECK_THAT(refusal("count=1:3:1,2"), Contains("the value 2 comes twice"));
    CHECK_THAT(refusal("family=ipv4,ipv7"), Contains("got 'ipv7' (did you mean 'ipv4'?)"));
    CHECK(refusal("los=0:1:0.1") == "scenario a/lab has no parameter 'los' (did you mean 'loss'?)");
    CHECK_THAT(refusal("loss"), Contains("--param: expected name=from:to:step or name=value,value,…, got 'loss'"));
}

TEST_CASE("sweep: a range has an end before anybody counts to a million")
{
    CHECK_THAT(refusal("loss=0:1:1e-12"), Contains("more than 1000 values"));
    CHECK_THAT(refusal("count=1:1001:1"), Contains("more than 1000 values"));
    CHECK_THAT(refusal("count=1:1000:1,5000"), Contains("more than 1000 values"));
    CHECK(sweep::parse_axis(declaration(), "count=1:1000:1", most).values.size() == 1000);
}
