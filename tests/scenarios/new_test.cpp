// `moonwire new`.
#include "tests/support/files.hpp"
#include "tests/support/process.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <string>

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using namespace moonwire::test;

namespace {

namespace fs = std::filesystem;

/// A folder in which `moonwire new hello` has been called.
struct Project {
    Project() { written = run_moonwire({"new", "hello", folder.path().string()}); }

    std::string path(const std::string& name) const { return (folder.path() / name).string(); }

    TemporaryFolder folder;
    Finished written;
};

}  // namespace

TEST_CASE("new: writes a scenario and a test, and says what to do with them")
{
    const Project project;
    CHECK(project.written.status == 0);
    CHECK(project.written.error == "");
    CHECK_THAT(project.written.output,
               StartsWith("wrote " + project.path("hello.lua") + "\nwrote " + project.path("hello_test.lua") + "\n") &&
                   Contains("moonwire run " + project.path("hello.lua") + " server\n") &&
                   Contains("moonwire " + project.path("hello_test.lua") + "\n"));
    CHECK_THAT(text_of(project.path("hello.lua")) + text_of(project.path("hello_test.lua")), !Contains("NAME"));
}

TEST_CASE("new: what it writes runs, has help, and can be swept")
{
    const Project project;
    const Finished run = run_moonwire({"run", project.path("hello.lua"), "--port", "0"});
    CHECK(run.status == 0);
    CHECK(run.output == "HELLO 1\nHELLO 2\nHELLO 3\n");
    CHECK_THAT(run.error, Contains("answers ...... 3 lines\n") && Contains("round trip ... mean "));
    const Finished help = run_moonwire({"help", project.path("hello.lua")});
    CHECK_THAT(help.output, Contains("lines that come back in capitals") && Contains("--lines integer"));
    const Finished sweep = run_moonwire({"sweep", project.path("hello.lua"), "--param", "lines=1,2", "--repeat", "1"});
    CHECK(sweep.status == 0);
    CHECK_THAT(sweep.output, Contains("      1  1     1") && Contains("      2  1     2"));
}

TEST_CASE("new: the test that it writes passes, and fails when the scenario is wrong")
{
    const Project project;
    const Finished good = run_moonwire({project.path("hello_test.lua")});
    INFO(good.error);
    CHECK(good.status == 0);
    CHECK(good.output ==
          "HELLO 1\nHELLO 2\n"
          "ok: the client gets an answer to every line\n"
          "ok: the server answers in capitals\n"
          "ok: a client without lines is refused\n");
    std::string wrong = text_of(project.path("hello.lua"));
    wrong.replace(wrong.find("line:upper()"), 12, "line");
    project.folder.write("hello.lua", wrong);
    const Finished bad = run_moonwire({project.path("hello_test.lua")});
    CHECK(bad.status == 1);
    CHECK_THAT(bad.error, Contains("the server answers in capitals: it does not.\n"));
}

TEST_CASE("new: what is there is not replaced")
{
    const TemporaryFolder folder;
    const std::string other = folder.write("hello_test.lua", "-- mine");
    const Finished finished = run_moonwire({"new", "hello", folder.path().string()});
    CHECK(finished.status == 2);
    CHECK(finished.error == "moonwire: new: '" + other + "' is there already; nothing was written\n");
    CHECK(text_of(other) == "-- mine");
    CHECK_FALSE(fs::exists(folder.path() / "hello.lua"));
}

TEST_CASE("new: a name is checked before anything is written")
{
    const TemporaryFolder folder;
    for (const std::string& name : {std::string("a/b"), std::string(".."), std::string("1st"), std::string("größe"),
                                    std::string("two words"), std::string("a.lua"), std::string(65, 'a')}) {
        const Finished finished = run_moonwire({"new", name, folder.path().string()});
        CHECK(finished.status == 2);
        CHECK_THAT(finished.error,
                   Contains("new: a scenario's name begins with a letter") && Contains("got '" + name + "'"));
    }
    CHECK(fs::is_empty(folder.path()));
    CHECK_THAT(run_moonwire({"new"}).error, Contains("new: which name"));
    CHECK_THAT(run_moonwire({"new", "a", "/no/such/folder"}).error, Contains("there is no folder '/no/such/folder'"));
    CHECK_THAT(run_moonwire({"new", "a", "b", "c"}).error, Contains("got 'c' too"));
    CHECK_THAT(run_moonwire({"new", "a", "--forc"}).error, Contains("unknown flag '--forc'"));
    CHECK(run_moonwire({"new", "--help"}).output == run_moonwire({"help", "new"}).output);
}
