#include "host/sweep/report.hpp"

#include "host/sweep/record.hpp"

#include <catch2/catch.hpp>

#include <limits>

using Catch::Matchers::Contains;
using namespace moonwire;

namespace {

sweep::Axis axis(std::string name, Values values)
{
    sweep::Axis made;
    made.parameter.name = std::move(name);
    made.values = std::move(values);
    return made;
}

Result reported(std::vector<Figure> figures)
{
    Result result;
    result.figures = std::move(figures);
    return result;
}

Result failure(std::string error)
{
    Result result;
    result.outcome = Outcome::failed;
    result.error = std::move(error);
    return result;
}

/// Two combinations of three runs: one whole, one with a failure and a run that has not ended.
sweep::Results results()
{
    sweep::Plan plan;
    plan.scenario = "a/lab";
    plan.axes = {axis("loss", {0.0, 0.5})};
    plan.fixed = {{"runs", 60.0}};
    plan.repeat = 3;
    plan.seed = 7;
    sweep::Results made(plan);
    for (std::size_t i = 0; i < 3; ++i) {
        made.add(0, i, reported({{"requests", 1.0 + static_cast<double>(i), "requests"}, {"word", "yes", ""}}));
    }
    made.add(1, 0, reported({{"requests", 2.5, "requests"}}));
    made.add(1, 1, failure("no \"answer\",\nnever"));
    return made;
}

}  // namespace

TEST_CASE("sweep: the table has a row a combination, and counts failures")
{
    CHECK(sweep::table(results()) ==
          "requests (requests)\n"
          "  loss  n  mean  deviation  95 % from     to\n"
          "     0  3     2          1    -0.4841  4.484\n"
          "   0.5  1   2.5          –          –      –\n"
          "\n"
          "runs that failed, whose figures do not count\n"
          "  loss  failed  of\n"
          "     0       0   3\n"
          "   0.5       1   3\n"
          "\n");
}

TEST_CASE("sweep: numbers in tables are whole, or have four digits")
{
    CHECK(sweep::number_text(1000000) == "1000000");
    CHECK(sweep::number_text(-0.0) == "0");
    CHECK(sweep::number_text(1.23456) == "1.235");
    CHECK(sweep::number_text(1234.567) == "1234.6");
    CHECK(sweep::number_text(0.00001234) == "1.234e-05");
    CHECK(sweep::number_text(std::nullopt) == "–");
}

TEST_CASE("sweep: CSV has a line a run")
{
    const auto made = results();
    const auto seed = [&](std::size_t combination, std::size_t repetition) {
        return std::to_string(made.plan().seed_of(combination, repetition));
    };
    CHECK(sweep::csv(made) ==
          "loss,repetition,seed,outcome,requests\r\n"
          "0,1," +
              seed(0, 0) +
              ",done,1\r\n"
              "0,2," +
              seed(0, 1) +
              ",done,2\r\n"
              "0,3," +
              seed(0, 2) +
              ",done,3\r\n"
              "0.5,1," +
              seed(1, 0) +
              ",done,2.5\r\n"
              "0.5,2," +
              seed(1, 1) + ",failed,\r\n");
}

TEST_CASE("sweep: CSV quotes what would be taken for something else")
{
    sweep::Plan plan;
    plan.axes = {axis("name", {"a,b", "say \"x\""})};
    sweep::Results made(plan);
    made.add(0, 0, reported({{"one, two", 1.0, ""}}));
    made.add(1, 0, reported({{"one, two", 0.1, ""}}));
    CHECK_THAT(sweep::csv(made), Contains("outcome,\"one, two\"\r\n") && Contains("\r\n\"a,b\",1,") &&
                                     Contains("\r\n\"say \"\"x\"\"\",1,") && Contains(",done,0.1\r\n"));
}

TEST_CASE("sweep: a page without numbers says so, and a name does not become HTML")
{
    sweep::Plan plan;
    plan.scenario = "<script>";
    plan.axes = {axis("name", {"</script>", "b"})};
    sweep::Results made(plan);
    CHECK_THAT(sweep::html(made), Contains("No run has reported a number"));
    made.add(0, 0, reported({{"<b>&", 1.0, "</script>"}}));
    const std::string html = sweep::html(made);
    CHECK_THAT(html, Contains("<h1>Sweep of &lt;script&gt;</h1>") &&
                         Contains("<h2>&lt;b&gt;&amp; (&lt;/script&gt;)</h2>") &&
                         Contains("\"unit\":\"\\u003c/script>\"") && Contains("<td>&lt;/script&gt;</td>"));
}

TEST_CASE("sweep: what counts of a run's figures is the last number by that name")
{
    const Result result = reported({{"a", 1.0, ""},
                                    {"b", "word", ""},
                                    {"a", 2.0, ""},
                                    {"c", 1.0, ""},
                                    {"c", std::numeric_limits<double>::infinity(), ""}});
    CHECK(sweep::number_of(result, "a") == 2.0);
    CHECK_FALSE(sweep::number_of(result, "b"));
    CHECK_FALSE(sweep::number_of(result, "c"));
    CHECK_FALSE(sweep::number_of(failure("x"), "a"));
}

TEST_CASE("sweep: a result survives the way between processes, and half of one is none")
{
    const Result sent = reported({{"a", 0.1, "seconds"}, {"b", std::string("w\0rd", 4), ""}});
    const std::string bytes = sweep::encode(sent);
    const auto got = sweep::decode(bytes);
    REQUIRE(got);
    REQUIRE(got->figures.size() == 2);
    CHECK(got->figures[0].name == "a");
    CHECK(got->figures[0].value == Value(0.1));
    CHECK(got->figures[0].unit == "seconds");
    CHECK(got->figures[1].value == Value(std::string("w\0rd", 4)));
    CHECK(sweep::decode(sweep::encode(failure("why")))->error == "why");
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        CHECK_FALSE(sweep::decode(bytes.substr(0, size)));
    }
    CHECK_FALSE(sweep::decode(bytes + "x"));
    CHECK_FALSE(sweep::decode("\x09" + bytes.substr(1)));
}
