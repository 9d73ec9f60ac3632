#include "tests/support/process.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <string>
#include <vector>

using Catch::Matchers::Contains;
using namespace moonwire::test;

namespace {

Finished run_reference(const std::string& folder, const std::vector<std::string>& environment = {})
{
    return run_moonwire({"run", "rooms", "reference", "--reference-port", "0", "--reference", folder}, {}, environment);
}

const std::string reference_folder = MOONWIRE_SOURCE_DIR "/scenarios/rooms/reference";

}  // namespace

// The server itself is tested by tests/browser.
TEST_CASE("rooms: all roles play the chat, also without the reference server")
{
    const Finished run = run_moonwire({"run", "rooms", "--port", "0", "--reference", "/nowhere"});
    CHECK(run.status == 0);
    CHECK_THAT(run.output, Contains("Ada hears that Grace has joined\n") && Contains("Grace says: I am.\n") &&
                               Contains("Linus comes late to Ada, Grace, Linus, and reads 3 messages\n"));
    CHECK_THAT(run.error,
               Contains("server: the page is at http://localhost:") &&
                   Contains("reference: is not played: the reference server (server.mjs) is not in /nowhere"));
}

TEST_CASE("rooms: what the reference server lacks is said")
{
    const Finished no_node = run_reference(reference_folder, {"PATH=/nowhere"});
    CHECK(no_node.status == 1);
    CHECK_THAT(no_node.error, Contains("the reference server needs Node, which is not installed"));
    if (run({"sh", "-c", "command -v node"}).status != 0) {
        WARN("skipped: Node is not installed");
        return;
    }
    const TemporaryFolder folder;  // without the packages
    for (const char* name : {"/server.mjs", "/rooms.mjs", "/page.mjs"}) {
        std::filesystem::copy_file(reference_folder + name, folder.path().string() + name);
    }
    const Finished no_package = run_reference(folder.path());
    CHECK(no_package.status == 1);
    CHECK_THAT(no_package.error,
               Contains("the npm package ws is missing; run: npm ci --prefix " + folder.path().string()));
}
