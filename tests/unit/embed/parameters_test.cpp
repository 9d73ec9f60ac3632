#include <moonwire/error.hpp>
#include <moonwire/scenario.hpp>

#include <catch2/catch.hpp>

#include <limits>
#include <utility>
#include <vector>

using Catch::Matchers::Contains;
using moonwire::check_parameter;
using moonwire::Declaration;
using moonwire::Parameter;
using moonwire::parse_parameter;
using moonwire::require_parameter;
using moonwire::UsageError;
using moonwire::Value;
using Type = Parameter::Type;

namespace {

Parameter parameter_of(Type type)
{
    Parameter parameter;
    parameter.name = "p";
    parameter.type = type;
    return parameter;
}

double number_of(Type type, std::string_view text)
{
    return std::get<double>(parse_parameter(parameter_of(type), text));
}

std::string refusal(const Parameter& parameter, std::string_view text)
{
    try {
        parse_parameter(parameter, text);
    } catch (const UsageError& error) {
        return error.what();
    }
    return "NOT REFUSED";
}

}  // namespace

TEST_CASE("text becomes the parameter's type")
{
    CHECK(parse_parameter(parameter_of(Type::string), "10") == Value("10"));
    CHECK(parse_parameter(parameter_of(Type::string), "") == Value(""));
    CHECK(parse_parameter(parameter_of(Type::file), "a b.txt") == Value("a b.txt"));
    CHECK(number_of(Type::number, "-1.5e3") == -1500);
    CHECK(number_of(Type::integer, "3") == 3);
    CHECK(number_of(Type::integer, "3.0") == 3);
    CHECK(number_of(Type::port, "65535") == 65535);
    for (const char* yes : {"true", "yes", "on", "1"}) {
        CHECK(parse_parameter(parameter_of(Type::boolean), yes) == Value(true));
    }
    for (const char* no : {"false", "no", "off", "0"}) {
        CHECK(parse_parameter(parameter_of(Type::boolean), no) == Value(false));
    }
}

TEST_CASE("durations and sizes have units")
{
    CHECK(number_of(Type::duration, "2") == 2);
    CHECK(number_of(Type::duration, "200ms") == Approx(0.2));
    CHECK(number_of(Type::duration, "1.5s") == 1.5);
    CHECK(number_of(Type::duration, "2m") == 120);
    CHECK(number_of(Type::duration, "1h") == 3600);
    CHECK(number_of(Type::size, "10") == 10);
    CHECK(number_of(Type::size, "64K") == 65536);
    CHECK(number_of(Type::size, "1.5M") == 1572864);
    CHECK(number_of(Type::size, "1G") == 1073741824);
}

TEST_CASE("what is not of the type is refused, with what was expected and what was given")
{
    const std::vector<std::pair<Type, std::vector<const char*>>> wrong = {
        {Type::number, {"", "x", "1x", " 1", "1 ", "0x10", "inf", "nan", "1e999", "1,5", "--1"}},
        {Type::integer, {"", "1.5", "one", "1e-1", "3s"}},
        {Type::port, {"-1", "65536", "http", "80.5", "1e9"}},
        {Type::duration, {"", "s", "1d", "1 s", "-1", "-200ms", "infs", "1s1ms"}},
        {Type::size, {"", "K", "1k", "64KB", "-1", "0.5", "1e400G"}},
        {Type::boolean, {"", "maybe", "TRUE", "2"}},
    };
    for (const auto& [type, texts] : wrong) {
        for (const char* text : texts) {
            CAPTURE(to_string(type), text);
            CHECK_THAT(refusal(parameter_of(type), text),
                       Contains("parameter 'p': expected") && Contains("got '" + std::string(text) + "'"));
        }
    }
    CHECK_THAT(refusal(parameter_of(Type::port), "x"), Contains("a port from 0 to 65535"));
    CHECK_THAT(refusal(parameter_of(Type::duration), "x"), Contains("200ms") && Contains("of at least 0"));
    CHECK_THAT(refusal(parameter_of(Type::size), "x"), Contains("64K"));
    CHECK_THAT(refusal(parameter_of(Type::boolean), "x"), Contains("true or false"));
}

TEST_CASE("ranges include their ends, and are told with their unit")
{
    Parameter parameter = parameter_of(Type::number);
    parameter.unit = "messages";
    parameter.min = 1;
    CHECK_THAT(refusal(parameter, "0.999"), Contains("a number of at least 1 messages"));
    parameter.max = 10;
    CHECK_THAT(refusal(parameter, "10.5"), Contains("a number from 1 to 10 messages"));
    CHECK(parse_parameter(parameter, "1") == Value(1.0));
    CHECK(parse_parameter(parameter, "10") == Value(10.0));
    parameter.min.reset();
    CHECK_THAT(refusal(parameter, "11"), Contains("a number of at most 10 messages"));
    Parameter port = parameter_of(Type::port);
    port.min = 1024;
    port.max = 100000;  // a port stays a port
    CHECK_THAT(refusal(port, "80"), Contains("from 1024 to 65535"));
    CHECK_THAT(refusal(port, "70000"), Contains("from 1024 to 65535"));
}

TEST_CASE("choices are the only values, and the nearest one is named")
{
    Parameter parameter = parameter_of(Type::string);
    parameter.choices = {std::string("ipv4"), std::string("ipv6")};
    CHECK(parse_parameter(parameter, "ipv6") == Value("ipv6"));
    CHECK_THAT(refusal(parameter, "ipv5"), Contains("expected one of ipv4, ipv6, got 'ipv5' (did you mean 'ipv4'?)"));
    CHECK_THAT(refusal(parameter, "ethernet"), !Contains("did you mean"));
    Parameter number = parameter_of(Type::number);
    number.choices = {1.0, 2.0};
    CHECK(parse_parameter(number, "2") == Value(2.0));
    CHECK_THAT(refusal(number, "3"), Contains("one of 1, 2"));
}

TEST_CASE("a value that has a type already must have the right one")
{
    CHECK(check_parameter(parameter_of(Type::duration), "200ms") == Value(0.2));
    CHECK(check_parameter(parameter_of(Type::integer), 5.0) == Value(5.0));
    CHECK(check_parameter(parameter_of(Type::boolean), true) == Value(true));
    CHECK_THROWS_AS(check_parameter(parameter_of(Type::boolean), 1.0), UsageError);
    CHECK_THROWS_AS(check_parameter(parameter_of(Type::number), true), UsageError);
    CHECK_THROWS_AS(check_parameter(parameter_of(Type::string), 1.0), UsageError);
    CHECK_THROWS_AS(check_parameter(parameter_of(Type::string), std::monostate{}), UsageError);
    CHECK_THROWS_AS(check_parameter(parameter_of(Type::integer), 1.5), UsageError);
    CHECK_THROWS_AS(check_parameter(parameter_of(Type::number), std::numeric_limits<double>::infinity()), UsageError);
    CHECK_THROWS_AS(check_parameter(parameter_of(Type::number), std::numeric_limits<double>::quiet_NaN()), UsageError);
}

TEST_CASE("an unknown parameter is refused with the nearest right name")
{
    Declaration declaration;
    declaration.name = "lab/knobs";
    declaration.parameters = {parameter_of(Type::string), parameter_of(Type::port)};
    declaration.parameters[1].name = "timeout";
    CHECK(&require_parameter(declaration, "timeout") == &declaration.parameters[1]);
    CHECK_THROWS_WITH(require_parameter(declaration, "timeuot"),
                      "scenario lab/knobs has no parameter 'timeuot' (did you mean 'timeout'?)");
    CHECK_THROWS_WITH(require_parameter(declaration, "frequency"), "scenario lab/knobs has no parameter 'frequency'");
    CHECK(declaration.find_role("server") == nullptr);
}
