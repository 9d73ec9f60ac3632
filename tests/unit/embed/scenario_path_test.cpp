#include "tests/support/process.hpp"

#include <moonwire/error.hpp>
#include <moonwire/scenario.hpp>

#include <catch2/catch.hpp>

#include <cstdlib>
#include <optional>

using Catch::Matchers::Contains;
using moonwire::find_scenario;
using moonwire::list_scenarios;
using moonwire::scenario_path;
using moonwire::UsageError;
using moonwire::test::TemporaryFolder;
using Path = std::vector<std::filesystem::path>;

namespace {

/// An environment variable for as long as it lives.
class Environment
{
public:
    Environment(const char* name, const std::string& value) : name_(name)
    {
        if (const char* before = std::getenv(name)) {
            before_ = before;
        }
        ::setenv(name, value.c_str(), 1);
    }
    ~Environment()
    {
        if (before_) {
            ::setenv(name_, before_->c_str(), 1);
        } else {
            ::unsetenv(name_);
        }
    }
    Environment(const Environment&) = delete;
    Environment& operator=(const Environment&) = delete;

private:
    const char* name_;
    std::optional<std::string> before_;
};

}  // namespace

TEST_CASE("scenarios are looked for in MOONWIRE_PATH, then in the user's folder, then where moonwire came from")
{
    const TemporaryFolder folder;
    folder.write("one/x", "");
    folder.write("two/x", "");
    folder.write("home/moonwire/scenarios/x", "");
    const auto one = folder.path() / "one";
    const auto two = folder.path() / "two";
    const Environment data("XDG_DATA_HOME", (folder.path() / "home").string());
    const Environment variable("MOONWIRE_PATH", ":" + two.string() + "::/nowhere:" + one.string() + ":" + two.string());
    const Path path = scenario_path();
    REQUIRE(path.size() >= 4);
    CHECK(path[0] == two);
    CHECK(path[1] == one);
    CHECK(path[2] == folder.path() / "home/moonwire/scenarios");
    CHECK(path.back() == std::filesystem::path(MOONWIRE_SOURCE_DIR) / "scenarios");
}

TEST_CASE("the user's folder is below the home folder where XDG_DATA_HOME is not set")
{
    const TemporaryFolder folder;
    folder.write(".local/share/moonwire/scenarios/x", "");
    const Environment data("XDG_DATA_HOME", "");
    const Environment variable("MOONWIRE_PATH", "");
    const Environment home("HOME", folder.path().string());
    CHECK(scenario_path().front() == folder.path() / ".local/share/moonwire/scenarios");
}

TEST_CASE("every scenario is listed once, by name")
{
    const TemporaryFolder folder;
    for (const char* name : {"a/pmu/tcp.lua", "a/chat/init.lua", "a/lib/shared.lua", "a/pmu/lib/more.lua",
                             "a/README.md", "a/top.lua", "b/top.lua", "b/init.lua"}) {
        folder.write(name, "");
    }
    const auto entries = list_scenarios({folder.path() / "a", folder.path() / "b", folder.path() / "nowhere"});
    std::string names;
    for (const auto& entry : entries) {
        names += entry.name + " ";
    }
    CHECK(names == "chat init pmu/tcp top ");
    CHECK(entries[0].file == folder.path() / "a/chat/init.lua");
    CHECK(entries[3].file == folder.path() / "a/top.lua");  // the first folder wins
}

TEST_CASE("a scenario is found by its name or by its file")
{
    const TemporaryFolder folder;
    const std::string file = folder.write("pmu/tcp.lua", "");
    folder.write("pmu/udp.lua", "");
    folder.write("chat/init.lua", "");
    const Path path = {folder.path()};
    CHECK(find_scenario("pmu/tcp", path) == file);
    CHECK(find_scenario(file, {}) == file);
    CHECK(find_scenario("chat", path) == folder.path() / "chat/init.lua");
    CHECK_THROWS_WITH(find_scenario("chta", path), "no scenario 'chta' (did you mean 'chat'?)");
    CHECK_THROWS_WITH(find_scenario("pmu", path), "no scenario 'pmu'; in this folder there are: pmu/tcp, pmu/udp");
    CHECK_THROWS_WITH(
        find_scenario("nothing/like/it", path),
        Contains("no scenario 'nothing/like/it'; looked in " + folder.path().string()) && Contains("moonwire list"));
    CHECK_THROWS_AS(find_scenario("", path), UsageError);
}
