// `moonwire help` about names of the API and scenarios, and `moonwire setup`.
#include "tests/support/files.hpp"
#include "tests/support/process.hpp"

#include <catch2/catch.hpp>

#include <filesystem>

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using namespace moonwire::test;

namespace {

namespace fs = std::filesystem;

}  // namespace

TEST_CASE("command line: help about a function is what help() prints in scripts")
{
    const Finished help = run_moonwire({"help", "tcp.connect"});
    CHECK(help.status == 0);
    CHECK(help.error.empty());
    CHECK_THAT(help.output, StartsWith("tcp.connect(host, port [, options]) -> connection | nil, err\n"));
    CHECK(run_moonwire({"-l", "tcp", "-e", "help(tcp.connect)"}).output == help.output);
    CHECK(run_moonwire({"help", "moonwire.tcp.connect"}).output == help.output);
    CHECK_THAT(run_moonwire({"help", "json"}).output, StartsWith("moonwire.json\n"));
    CHECK_THAT(run_moonwire({"help"}).output, Contains("moonwire help NAME") && Contains("moonwire setup [FOLDER]"));
}

TEST_CASE("command line: a scenario's name weighs more than a name of the API, and help in scripts knows scenarios")
{
    const TemporaryFolder folder;
    folder.write("tcp.lua",
                 "return require('moonwire.scenario').define { summary = 'not the module', "
                 "roles = { a = function() end } }");
    const std::vector<std::string> environment = {"MOONWIRE_PATH=" + folder.path().string()};
    CHECK_THAT(run_moonwire({"help", "tcp"}, {}, environment).output, StartsWith("tcp: not the module\n"));
    CHECK_THAT(run_moonwire({"-e", "help 'tcp'"}).output, StartsWith("moonwire.tcp\n"));
    const std::string scenario = run_moonwire({"help", "pmu/udp"}).output;
    CHECK_THAT(scenario, StartsWith("pmu/udp: "));
    CHECK(run_moonwire({"-e", "help 'pmu/udp'"}).output == scenario);
    CHECK_THAT(run_moonwire({"-e", "help 'pmu/upd'"}).output, Contains("did you mean 'pmu/udp'?"));
}

TEST_CASE("command line: an unknown name is refused with the nearest one, of a scenario or of the API")
{
    const auto refused = [](const std::string& name) {
        const Finished finished = run_moonwire({"help", name});
        CHECK(finished.status == 2);
        CHECK(finished.output.empty());
        return finished.error;
    };
    CHECK(refused("tcp.conect") ==
          "moonwire: no scenario and no function 'tcp.conect' (did you mean 'tcp.connect'?)\n");
    CHECK(refused("pmu/tpc") == "moonwire: no scenario 'pmu/tpc' (did you mean 'pmu/tcp'?)\n");
    CHECK_THAT(refused("nothing/like/it"), Contains("; looked in "));
}

TEST_CASE("command line: setup writes what editors need, and says what")
{
    const TemporaryFolder folder;
    const std::string project = folder.path().string();
    const Finished first = run_moonwire({"setup", project});
    CHECK(first.status == 0);
    CHECK_THAT(first.output, Contains("wrote " + project + "/.luarc.json\n") &&
                                 Contains("wrote " + project + "/.luacheckrc\n") &&
                                 Contains("wrote " + project + "/.moonwire/types ("));
    for (const auto& stub : fs::directory_iterator(fs::path(MOONWIRE_SOURCE_DIR) / "bindings" / "types")) {
        INFO(stub.path());
        CHECK(text_of(folder.path() / ".moonwire" / "types" / stub.path().filename()) == text_of(stub.path()));
    }
    // Both are read by their programs as what they are: JSON whose library exists, and Lua.
    const Finished read = run_moonwire({"-l", "json", "-e", R"(
        local folder = ...
        local settings = assert(json.decode(assert(io.open(folder .. "/.luarc.json")):read("*a")))
        local library = settings["workspace.library"][1]
        local rc = setmetatable({}, { __index = _G })
        setfenv(assert(loadfile(folder .. "/.luacheckrc")), rc)()
        print(settings["runtime.version"], io.open(folder .. "/" .. library .. "/tcp.lua") ~= nil)
        print(rc.std, rc.read_globals[1]))",
                                        project});
    CHECK(read.error == "");
    CHECK(read.output == "LuaJIT\ttrue\nluajit\thelp\n");
    CHECK(run_moonwire({"setup", project}).output == project + " has everything already\n");
}

TEST_CASE("command line: setup keeps what is there, unless it is told to replace it")
{
    const TemporaryFolder folder;
    const std::string project = folder.path().string();
    const std::string mine = folder.write(".luarc.json", "{}");
    const std::string stub = folder.write(".moonwire/types/tcp.lua", "-- older");
    const Finished kept = run_moonwire({"setup", project});
    CHECK(kept.status == 0);
    CHECK_THAT(kept.output, Contains("kept " + mine + "\n") && Contains("kept " + project + "/.moonwire/types (1 of") &&
                                Contains("wrote " + project + "/.luacheckrc\n") && Contains("--force replaces it"));
    CHECK(text_of(mine) == "{}");
    CHECK(text_of(stub) == "-- older");
    const Finished forced = run_moonwire({"setup", "--force", project});
    CHECK_THAT(forced.output, Contains("wrote " + mine + "\n") && !Contains("kept"));
    CHECK_THAT(text_of(mine), Contains("workspace.library"));
    CHECK_THAT(text_of(stub), StartsWith("---@meta moonwire.tcp"));
}

TEST_CASE("command line: what setup cannot do is refused")
{
    const Finished nowhere = run_moonwire({"setup", "/no/such/folder"});
    CHECK(nowhere.status == 2);
    CHECK(nowhere.error == "moonwire: setup: there is no folder '/no/such/folder'\n");
    const Finished flag = run_moonwire({"setup", "--forc"});
    CHECK(flag.status == 2);
    CHECK(flag.error == "moonwire: setup: unknown flag '--forc' (did you mean '--force'?)\n");
    CHECK_THAT(run_moonwire({"setup", "a", "b"}).error, Contains("setup takes one folder, got 'b' too"));
    CHECK(run_moonwire({"setup", "--help"}).output == run_moonwire({"help", "setup"}).output);
    const TemporaryFolder folder;
    folder.write(".moonwire", "a file where a folder has to be");
    const Finished blocked = run_moonwire({"setup", folder.path().string()});
    CHECK(blocked.status == 1);
    CHECK_THAT(blocked.error, Contains(".moonwire"));
}
