#include "tests/support/process.hpp"

#include <moonwire/engine.hpp>

#include <catch2/catch.hpp>

using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;
using namespace moonwire;

namespace {

const std::string head = "local scenario, report = require 'moonwire.scenario', require 'moonwire.report'\n";

/// The declaration in a file with this text.
Declaration describe(const std::string& source)
{
    const test::TemporaryFolder folder;
    return Engine().describe(folder.write("x.lua", head + source));
}

std::string refusal(const std::string& source)
{
    try {
        describe(source);
    } catch (const UsageError& error) {
        return error.what();
    }
    return "NOT REFUSED";
}

/// Why a declaration with these fields is refused; `roles` is there if they name none.
std::string refused_with(const std::string& fields)
{
    const std::string roles = fields.find("roles =") == std::string::npos ? ", roles = { a = function() end }" : "";
    return refusal("return scenario.define { summary = 's', " + fields + roles + " }");
}

std::string refused_parameter(const std::string& parameter)
{
    return refused_with("params = { x = " + parameter + " }");
}

}  // namespace

TEST_CASE("a declaration is read as it was written")
{
    const Declaration declaration = describe(R"(
        return scenario.define {
          summary = "one line",
          description = "and more",
          params = {
            name = { "Ann", "a name", choices = { "Ann", "Bob" } },
            flag = { true, "a switch" },
            wait = { "200ms", "a pause", type = "duration", choices = { "200ms", 1 } },
            size = { "64K", "a size", type = "size" },
            loss = { 0.5, "a share", min = 0, max = 1, unit = "of all" },
          },
          roles = {
            client = { run = function() end, after = { "server", "relay" }, args = "name" },
            server = { run = function() end, help = "serves", args = { "loss", "size" } },
            relay = { run = function() end, after = "server" },
            other = { run = function() end, args = { "name", "..." } },
          },
        })");
    CHECK(declaration.summary == "one line");
    CHECK(declaration.description == "and more");
    REQUIRE(declaration.parameters.size() == 5);  // by name
    CHECK(declaration.parameters[0].name == "flag");
    CHECK(declaration.parameters[0].type == Parameter::Type::boolean);
    const Parameter& loss = declaration.parameters[1];
    CHECK(loss.type == Parameter::Type::number);
    CHECK(loss.help == "a share");
    CHECK(loss.unit == "of all");
    CHECK(loss.min == 0);
    CHECK(loss.max == 1);
    CHECK(declaration.parameters[2].choices == std::vector<Value>{std::string("Ann"), std::string("Bob")});
    CHECK(declaration.parameters[3].default_value == Value(65536.0));
    CHECK(declaration.parameters[4].default_value == Value(0.2));
    CHECK(declaration.parameters[4].choices == std::vector<Value>{0.2, 1.0});
    std::string order;
    for (const Role& role : declaration.roles) {
        order += role.name + " ";
    }
    CHECK(order == "other server relay client ");  // those that serve first
    CHECK(declaration.find_role("server")->help == "serves");
    CHECK(declaration.find_role("server")->args == std::vector<std::string>{"loss", "size"});
    CHECK(declaration.find_role("client")->after == std::vector<std::string>{"server", "relay"});
    CHECK(declaration.find_role("client")->args == std::vector<std::string>{"name"});
    CHECK_FALSE(declaration.find_role("client")->takes_more);
    CHECK(declaration.find_role("other")->args == std::vector<std::string>{"name"});
    CHECK(declaration.find_role("other")->takes_more);
}

TEST_CASE("wrong parameters are refused")
{
    CHECK_THAT(refused_parameter("5"), Contains("params.x must be a table, not a number"));
    CHECK_THAT(refused_parameter("{ nil, 'help' }"), Contains("params.x needs a default: x = { default, \"help\" }"));
    CHECK_THAT(refused_parameter("{ {}, 'help' }"), Contains("its default must be a string, a number or a boolean"));
    CHECK_THAT(refused_parameter("{ print, 'help' }"), Contains("not a function"));
    CHECK_THAT(refused_parameter("{ 1 }"), Contains("params.x[2] (its help) must be a string, not absent"));
    CHECK_THAT(refused_parameter("{ 1, 2 }"), Contains("(its help) must be a string, not a number"));
    CHECK_THAT(refused_parameter("{ 1, 'h', mn = 0 }"), Contains("unknown field 'mn' (did you mean 'min'?)"));
    CHECK_THAT(refused_parameter("{ 1, 'h', 3 }"), Contains("unknown field '3'"));
    CHECK_THAT(refused_parameter("{ 1, 'h', type = 5 }"), Contains("params.x.type must be a string"));
    CHECK_THAT(refused_parameter("{ 1, 'h', type = 'intger' }"),
               Contains("unknown type 'intger' (did you mean 'integer'?)"));
    CHECK_THAT(refused_parameter("{ 1, 'h', unit = {} }"), Contains("params.x.unit must be a string"));
    CHECK_THAT(refused_parameter("{ 1, 'h', min = '0' }"), Contains("params.x.min must be a number"));
    CHECK_THAT(refused_parameter("{ 1, 'h', max = true }"), Contains("params.x.max must be a number"));
    CHECK_THAT(refused_parameter("{ 1, 'h', min = 2, max = 1 }"), Contains("its min is greater than its max"));
    CHECK_THAT(refused_parameter("{ 1, 'h', choices = 1 }"), Contains("params.x.choices must be a table"));
    CHECK_THAT(refused_parameter("{ 1, 'h', choices = { 'one' } }"), Contains("expected a number, got 'one'"));
    CHECK_THAT(refused_parameter("{ 3, 'h', choices = { 1, 2 } }"), Contains("expected one of 1, 2, got '3'"));
    CHECK_THAT(refused_parameter("{ 3, 'h', max = 2 }"), Contains("expected a number of at most 2, got '3'"));
    CHECK_THAT(refused_parameter("{ 1/0, 'h' }"), Contains("expected a number, got 'inf'"));
    CHECK_THAT(refused_parameter("{ 'soon', 'h', type = 'duration' }"), Contains("got 'soon'"));
    CHECK_THAT(refused_parameter("{ true, 'h', type = 'port' }"), Contains("expected a port"));
    CHECK_THAT(refused_with("params = { ['read-timeout'] = { 1, 'h' } }"),
               Contains("params.read-timeout: a parameter's name begins with a letter"));
    CHECK_THAT(refused_with("params = { _x = { 1, 'h' } }"), Contains("begins with a letter"));
    CHECK_THAT(refused_with("params = { { 1, 'h' } }"), Contains("params.1: a parameter's name"));
    CHECK_THAT(refused_with("params = 5"), Contains("params must be a table, not a number"));
}

TEST_CASE("wrong roles are refused")
{
    CHECK_THAT(refusal("return scenario.define { summary = 's' }"), Contains("roles must be a table, not absent"));
    CHECK_THAT(refused_with("roles = {}"), Contains("roles must name at least one role"));
    CHECK_THAT(refused_with("roles = { function() end }"), Contains("the name of a role must be a string"));
    CHECK_THAT(refused_with("roles = { a = 5 }"), Contains("roles.a must be a table, not a number"));
    CHECK_THAT(refused_with("roles = { a = {} }"), Contains("roles.a.run must be a function, not absent"));
    CHECK_THAT(refused_with("roles = { a = { run = print, help = 5 } }"), Contains("roles.a.help must be a string"));
    CHECK_THAT(refused_with("roles = { a = { run = print, aftr = 'b' } }"),
               Contains("unknown field 'aftr' (did you mean 'after'?)"));
    CHECK_THAT(refused_with("params = { port = { 1, 'h' } }, roles = { a = { run = print, args = 'prot' } }"),
               Contains("roles.a.args names the parameter 'prot', which is not declared (did you mean 'port'?)"));
    CHECK_THAT(
        refused_with("params = { port = { 1, 'h' } }, roles = { a = { run = print, args = { '...', 'port' } } }"),
        Contains("roles.a.args: '...' stands for what follows the other arguments, so it has to be the last"));
    CHECK_THAT(refused_with("roles = { server = print, a = { run = print, after = 'sevrer' } }"),
               Contains("roles.a.after names the role 'sevrer', which is not another role (did you mean 'server'?)"));
    CHECK_THAT(refused_with("roles = { a = { run = print, after = 'a' } }"), Contains("not another role"));
    CHECK_THAT(refused_with("roles = { a = { run = print, after = 'b' }, b = { run = print, after = 'c' }, "
                            "c = { run = print, after = 'a' } }"),
               Contains("come after each other in a circle"));
}

TEST_CASE("wrong declarations are refused")
{
    CHECK_THAT(refusal("return scenario.define(5)"), Contains("the declaration must be a table, not a number"));
    CHECK_THAT(refusal("return scenario.define { roles = { a = print } }"),
               Contains("summary must be a string, not absent"));
    CHECK_THAT(refused_with("description = 5"), Contains("description must be a string, not a number"));
    CHECK_THAT(refused_with("sumary = 'x'"), Contains("unknown field 'sumary' (did you mean 'summary'?)"));
}

TEST_CASE("the file is named, and the line where there is one")
{
    CHECK_THAT(refusal("return scenario.define {}"),
               EndsWith("/x.lua: scenario.define: summary must be a string, not absent"));
    CHECK_THAT(refusal("\nlocal d = scenario.define {}\nreturn d"),
               Contains("/x.lua:3: scenario.define: summary must"));
    CHECK_THAT(refusal("x x"), Contains("/x.lua:2: '=' expected near 'x'"));
    CHECK_THAT(refusal("\nerror('boom')"), Contains("/x.lua:3: boom\nstack traceback:"));
    CHECK_THAT(refusal("return {}"), Contains("/x.lua is no scenario: it must return what scenario.define"));
    CHECK_THAT(refusal(""), Contains("is no scenario"));
    CHECK_THROWS_WITH(Engine().describe("/nowhere/x.lua"), StartsWith("cannot open /nowhere/x.lua"));
}

TEST_CASE("an engine goes on after a declaration that it has refused")
{
    const test::TemporaryFolder folder;
    const auto bad = folder.write("bad.lua", head + "return scenario.define { summary = 5 }");
    const auto good = folder.write("good.lua", head + R"(
        return scenario.define {
          summary = "s", params = { number = { 1, "a number", max = 9 } },
          roles = { a = function(p) report.value("n", p.number, "things") end },
        })");
    Engine engine;
    CHECK_THROWS_AS(engine.describe(bad), UsageError);
    CHECK_THROWS_WITH(engine.run_scenario({good, "b", {}}), Contains("has no role 'b'"));
    CHECK_THROWS_WITH(engine.run_scenario({good, {}, {{"numbr", 1.0}}}),
                      Contains("has no parameter 'numbr' (did you mean 'number'?)"));
    CHECK_THROWS_WITH(engine.run_scenario({good, {}, {{"number", 10.0}}}), Contains("at most 9"));
    const Result result = engine.run_scenario({good, "a", {{"number", 7.0}}});
    CHECK(result.error.empty());
    REQUIRE(result.figures.size() == 1);
    CHECK(result.figures[0].name == "n");
    CHECK(result.figures[0].value == Value(7.0));
    CHECK(result.figures[0].unit == "things");
}

TEST_CASE("a role that takes more gets it behind the parameters")
{
    const test::TemporaryFolder folder;
    const auto file = folder.write("x.lua", head + R"(
        return scenario.define {
          summary = "s",
          roles = {
            a = { args = "...", run = function(p, ...)
              report.value("words " .. table.concat({ ... }, "|"), select("#", ...))
            end },
            b = function(p, ...) assert(select("#", ...) == 0) end,
          },
        })");
    Engine engine;
    const Result result = engine.run_scenario({file, "a", {}, {"-x", "", "a b"}});
    CHECK(result.error.empty());
    REQUIRE(result.figures.size() == 1);
    CHECK(result.figures[0].name == "words -x||a b");
    CHECK(result.figures[0].value == Value(3.0));
    CHECK(engine.run_scenario({file, {}, {}}).error.empty());
    CHECK_THROWS_WITH(engine.run_scenario({file, "b", {}, {"-x"}}), Contains("the role b takes no more, got '-x'"));
    CHECK_THROWS_WITH(engine.run_scenario({file, {}, {}, {"-x"}}), Contains("arguments are a role's, got '-x'"));
}

TEST_CASE("a role reads the declared parameters only, and does not set them")
{
    const test::TemporaryFolder folder;
    const auto error_of = [&](const std::string& body) {
        const auto file =
            folder.write("x.lua", head +
                                      "return scenario.define { summary = 's', params = { port = { 1, 'h' } }, "
                                      "roles = { a = function(p) " +
                                      body + " end } }");
        return Engine().run_scenario({file, {}, {}}).error;
    };
    CHECK(error_of("assert(p.port == 1)").empty());
    CHECK_THAT(error_of("print(p.prot)"), Contains("declares no parameter 'prot' (did you mean 'port'?)"));
    CHECK_THAT(error_of("p.port = 2"), Contains("p.port: parameters are set from outside"));
}

TEST_CASE("thresholds are read in order, and checked where they are declared")
{
    const Declaration declaration = describe(R"(
        return scenario.define {
          summary = "s", roles = { a = function() end },
          thresholds = { rtt = { "p99 < 0.05", "max < 1" }, lost = "value == 0" },
        })");
    REQUIRE(declaration.thresholds.size() == 3);
    CHECK(declaration.thresholds[0].figure == "lost");
    CHECK(declaration.thresholds[0].condition == "value == 0");
    CHECK(declaration.thresholds[1].condition == "p99 < 0.05");
    CHECK(declaration.thresholds[2].condition == "max < 1");
    CHECK_THAT(refused_with("thresholds = 5"), Contains("thresholds must be a table, not a number"));
    CHECK_THAT(refused_with("thresholds = { 'p99 < 1' }"),
               Contains("the name of a figure in thresholds must be a string, not a number"));
    CHECK_THAT(refused_with("thresholds = { rtt = {} }"), Contains("thresholds[\"rtt\"] must have a condition"));
    CHECK_THAT(refused_with("thresholds = { rtt = { 5 } }"), Contains("thresholds[\"rtt\"] must be a string"));
    CHECK_THAT(refused_with("thresholds = { rtt = 'p9x < 1' }"),
               Contains("scenario.define: thresholds[\"rtt\"]: 'p9x < 1': unknown 'p9x'; there are value"));
    CHECK_THAT(refused_with("threshold = {}"), Contains("unknown field 'threshold' (did you mean 'thresholds'?)"));
}

TEST_CASE("thresholds are judged at the end of a run, those that are given instead of those that are declared")
{
    const test::TemporaryFolder folder;
    const auto file = folder.write("x.lua", head + R"(
        return scenario.define {
          summary = "s",
          roles = {
            a = function() report.value("n", 5) end,
            b = function() report.latency("rtt", 0.5) end,
          },
          thresholds = { n = "value < 5", rtt = { "max < 1", "p50 < 0.1" }, gone = "value > 0" },
        })");
    Engine engine;
    const Result all = engine.run_scenario({file, {}, {}});
    REQUIRE(all.thresholds.size() == 4);
    CHECK(all.thresholds[0].reason == "'gone' was never reported");
    CHECK_FALSE(all.thresholds[1].met);
    CHECK(all.thresholds[1].actual == 5);
    CHECK(all.thresholds[2].met);
    CHECK_FALSE(all.thresholds[3].met);
    CHECK(all.thresholds[3].threshold.condition == "p50 < 0.1");

    ScenarioRun run{file, "b", {}};
    const Result only = engine.run_scenario(run);  // what it does not report may be another role's
    REQUIRE(only.thresholds.size() == 2);
    CHECK(only.thresholds[0].threshold.figure == "rtt");

    run.thresholds = {parse_threshold("rtt: p50 < 0.6"), parse_threshold("gone:value > 0")};
    const Result given = engine.run_scenario(run);
    REQUIRE(given.thresholds.size() == 2);
    CHECK(given.thresholds[0].met);
    CHECK(given.thresholds[1].reason == "'gone' was never reported");

    CHECK_THROWS_WITH(parse_threshold("p99 < 1"), Contains("expected \"FIGURE: CONDITION\""));
    CHECK_THROWS_WITH(parse_threshold("a: b: p99"), Contains("threshold on 'a: b': 'p99': expected a comparison"));
    run.thresholds = {{"rtt", "nonsense"}};
    CHECK_THROWS_WITH(engine.run_scenario(run), Contains("threshold on 'rtt': 'nonsense'"));
}
