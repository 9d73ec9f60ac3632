// Roles that hand words on to another program ("..." in their args).
#include "tests/support/process.hpp"

#include <catch2/catch.hpp>

using Catch::Matchers::Contains;
using namespace moonwire::test;

namespace {

constexpr const char* runner = R"(
local scenario = require "moonwire.scenario"
local function show(p, ...) print(p.program, p.count, p.loud, ...) end
return scenario.define {
  summary = "prints what it was given",
  params = { program = { "none", "a program" }, count = { 1, "how many" }, loud = { false, "say more" } },
  roles = {
    one = { help = "runs a program", args = { "program", "..." }, run = show },
    any = { args = "...", run = show },
    few = { args = "program", run = show },
  },
}
)";

struct Lab {
    Lab() : file(folder.write("runner.lua", runner)) {}

    Finished operator()(std::vector<std::string> words) const
    {
        words.insert(words.begin(), {"run", file});
        return run_moonwire(words);
    }

    std::string shown(const std::vector<std::string>& words) const
    {
        const Finished finished = (*this)(words);
        CHECK(finished.error.empty());
        return finished.output;
    }

    TemporaryFolder folder;
    std::string file;
};

}  // namespace

TEST_CASE("more arguments: what follows the role's own arguments is the program's, whatever it looks like")
{
    const Lab lab;
    CHECK(lab.shown({"one", "python", "-u", "x.py"}) == "python\t1\tfalse\t-u\tx.py\n");
    CHECK(lab.shown({"one", "--count", "3", "--loud", "python", "--count", "4", "--help", "--no-such", "--seed"}) ==
          "python\t3\ttrue\t--count\t4\t--help\t--no-such\t--seed\n");
    CHECK(lab.shown({"--count=3", "--set", "loud=yes", "one", "cat"}) == "cat\t3\ttrue\n");
    CHECK(lab.shown({"one"}) == "none\t1\tfalse\n");
    CHECK(lab.shown({"one", "x", "", "a b", "$HOME", "-1"}) == "x\t1\tfalse\t\ta b\t$HOME\t-1\n");
    CHECK(lab.shown({"any", "--count", "3"}) == "none\t1\tfalse\t--count\t3\n");
    const std::vector<std::string> many(100, "x");
    std::vector<std::string> words{"any"};
    words.insert(words.end(), many.begin(), many.end());
    CHECK(lab.shown(words).size() == std::string("none\t1\tfalse\n").size() + 2 * many.size());
}

TEST_CASE("more arguments: two dashes end the flags, or are the program's behind it")
{
    const Lab lab;
    CHECK(lab.shown({"one", "--loud", "--", "python", "-u"}) == "python\t1\ttrue\t-u\n");
    CHECK(lab.shown({"one", "python", "--", "-u"}) == "python\t1\tfalse\t--\t-u\n");
    CHECK(lab.shown({"few", "--loud", "--", "--count"}) == "--count\t1\ttrue\n");
}

TEST_CASE("more arguments: flags before the program are still checked, and so are roles that take no more")
{
    const Lab lab;
    const auto refused = [&](const std::vector<std::string>& words, const std::string& message) {
        const Finished finished = lab(words);
        CHECK(finished.status == 2);
        CHECK_THAT(finished.error, Contains(message));
    };
    refused({"one", "--cuont", "3", "python"}, "no flag '--cuont' (did you mean '--count'?)");
    refused({"one", "--count", "x", "python"}, "parameter 'count': expected a number, got 'x'");
    refused({"few", "python", "-u"}, "no flag '-u'");
    refused({"few", "python", "x"}, "too many arguments for the role few: 'x'");
    refused({"one", "--program", "cat", "python", "x"}, "'program' is given twice: python and cat");
}

TEST_CASE("more arguments: help shows them, and is asked for before the program only")
{
    const Lab lab;
    const Finished help = lab({"one", "--help", "python"});
    CHECK_THAT(help.output, Contains("runner.lua one <program> ...") && Contains("runner.lua few <program>"));
    CHECK(lab({"--help"}).output == help.output);
    CHECK(lab({"one", "--cuont", "--help", "python"}).output == help.output);
    CHECK_THAT(lab({"one", "python", "--help"}).output, Contains("--help") && !Contains("Usage"));
}
