#include "host/file/notified_watch.hpp"
#include "host/file/polled_watch.hpp"
#include "tests/support/process.hpp"
#include "tests/unit/net/support.hpp"

#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>

using namespace moonwire::test;
using moonwire::file::NotifiedWatch;
using moonwire::file::PolledWatch;
using moonwire::file::Watch;
using moonwire::loop::Loop;
using moonwire::net::code_word;
using moonwire::net::error_code;

namespace {

namespace fs = std::filesystem;

std::shared_ptr<Watch> notified(Loop& loop, const fs::path& path)
{
    auto watch = NotifiedWatch::start(loop, path.string());
    if (!watch) {
        FAIL(watch.error().message);
    }
    return *watch;
}

std::shared_ptr<Watch> polled(Loop& loop, const fs::path& path, Duration interval = 5ms)
{
    return std::make_shared<PolledWatch>(loop, path.string(), interval);
}

using Start = std::shared_ptr<Watch> (*)(Loop&, const fs::path&);

Start any_kind()
{
    return GENERATE(static_cast<Start>(notified),
                    static_cast<Start>([](Loop& loop, const fs::path& path) { return polled(loop, path); }));
}

auto note(std::optional<error_code>& outcome)
{
    return [&outcome](const error_code& error) { outcome = error; };
}

/// The word of what a wait ends with; "" if the file has changed.
std::string wait(Loop& loop, Watch& watch, Duration timeout)
{
    std::optional<error_code> outcome;
    watch.async_wait(timeout, note(outcome));
    CHECK_FALSE(outcome);
    REQUIRE(run_until(loop, [&] { return outcome.has_value(); }));
    return *outcome ? std::string(code_word(*outcome)) : "";
}

/// Takes all that is told about one change.
void settle(Loop& loop, Watch& watch)
{
    REQUIRE(wait(loop, watch, patience()).empty());
    while (wait(loop, watch, 30ms).empty()) {
    }
}

void overwrite(const fs::path& path, std::string_view text)
{
    std::ofstream file(path);
    file << text;
}

}  // namespace

TEST_CASE("a watch tells that a file was written, replaced, deleted and made again")
{
    Loop loop(system_clock());
    const TemporaryFolder folder;
    const fs::path path = folder.write("Status", "0");
    const auto watch = any_kind()(loop, path);
    while (wait(loop, *watch, 30ms).empty()) {  // that it is there may have been news to the one who polls
    }
    overwrite(path, "1");
    settle(loop, *watch);
    {
        std::ofstream file(path, std::ios::app);
        file << "2" << std::flush;
        settle(loop, *watch);  // though it is still open
    }
    fs::rename(folder.write("new", "3"), path);
    settle(loop, *watch);
    overwrite(path, "4");  // the new one is watched, too
    settle(loop, *watch);
    fs::remove(path);
    settle(loop, *watch);
    overwrite(path, "5");
    settle(loop, *watch);
    fs::rename(path, folder.path() / "old");
    settle(loop, *watch);
}

TEST_CASE("a watch waits for a file that does not exist yet")
{
    Loop loop(system_clock());
    const TemporaryFolder folder;
    const auto watch = any_kind()(loop, folder.path() / "Status");
    CHECK(wait(loop, *watch, 20ms) == "timeout");
    folder.write("Status", "");
    settle(loop, *watch);
}

TEST_CASE("what changes between two waits is told by the second one")
{
    Loop loop(system_clock());
    const TemporaryFolder folder;
    const auto watch = any_kind()(loop, folder.path() / "Status");
    folder.write("Status", "0");
    settle(loop, *watch);
    folder.write("Status", "11");
    run_for(loop, 10ms);
    CHECK(wait(loop, *watch, patience()).empty());
}

TEST_CASE("other files of the folder are nobody's business")
{
    Loop loop(system_clock());
    const TemporaryFolder folder;
    const auto watch = any_kind()(loop, folder.path() / "Status");
    for (const char* name : {"Status2", "Statu", "status", "other"}) {
        folder.write(name, "0");
    }
    CHECK(wait(loop, *watch, 50ms) == "timeout");
    folder.write("Status", "0");
    CHECK(wait(loop, *watch, patience()).empty());
}

TEST_CASE("no change is missed, however soon it comes after the one before and however alike they look")
{
    Loop loop(system_clock());
    const TemporaryFolder folder;
    const auto path = folder.path() / "Status";
    const auto watch = any_kind()(loop, path);
    for (int i = 0; i < 200; ++i) {
        const char text = static_cast<char>('0' + i % 10);
        overwrite(path, {&text, 1});
        char seen = ' ';
        while (seen != text) {
            REQUIRE(wait(loop, *watch, patience()).empty());
            std::ifstream(path) >> seen;
        }
    }
}

TEST_CASE("who polls looks once an interval, and through symbolic links")
{
    Loop loop(virtual_clock());
    const TemporaryFolder folder;
    fs::create_symlink("target", folder.path() / "Status");
    const auto watch = polled(loop, folder.path() / "Status", 1s);
    folder.write("target", "0");
    const auto start = loop.now();
    for (int looks = 1; looks <= 5; ++looks) {
        overwrite(folder.path() / "target", std::string(static_cast<std::size_t>(looks), 'x'));
        std::optional<Duration> told;
        watch->async_wait(std::nullopt, [&](const error_code&) { told = loop.now() - start; });
        REQUIRE(run_until(loop, [&] { return told.has_value(); }));
        CHECK(*told == looks * 1s);
    }
}

TEST_CASE("a wait is given up, and the next one is not")
{
    Loop loop(system_clock());
    const TemporaryFolder folder;
    const auto watch = any_kind()(loop, folder.path() / "Status");
    std::optional<error_code> first;
    watch->async_wait(std::nullopt, note(first));
    CHECK(watch->waiting());
    watch->cancel_wait();
    CHECK_FALSE(first);
    REQUIRE(run_until(loop, [&] { return first.has_value(); }));
    CHECK(code_word(*first) == "cancelled");
    CHECK_FALSE(watch->waiting());

    watch->cancel_wait();  // too late
    std::optional<error_code> second;
    watch->async_wait(std::nullopt, note(second));
    run_for(loop, 10ms);
    CHECK_FALSE(second);
    folder.write("Status", "0");
    REQUIRE(run_until(loop, [&] { return second.has_value(); }));
    CHECK_FALSE(*second);
}

TEST_CASE("a closed watch says so, also to the one who waits")
{
    Loop loop(system_clock());
    const TemporaryFolder folder;
    const auto watch = any_kind()(loop, folder.path() / "Status");
    std::optional<error_code> outcome;
    watch->async_wait(std::nullopt, note(outcome));
    watch->close();
    CHECK_FALSE(outcome);
    REQUIRE(run_until(loop, [&] { return outcome.has_value(); }));
    CHECK(code_word(*outcome) == "closed");
    CHECK(watch->closed());
    CHECK(wait(loop, *watch, 1s) == "closed");
    watch->close();
}

TEST_CASE("a watch may go, and the loop may go, while somebody waits")
{
    const TemporaryFolder folder;
    const auto start = any_kind();
    std::optional<error_code> outcome;
    {
        Loop loop(system_clock());
        auto watch = start(loop, folder.path() / "Status");
        watch->async_wait(1h, note(outcome));
        run_for(loop, 5ms);
        watch.reset();
    }
    CHECK_FALSE(outcome);
}

TEST_CASE("who is told by the system learns that there is no such folder")
{
    Loop loop(system_clock());
    const TemporaryFolder folder;
    const auto missing = NotifiedWatch::start(loop, (folder.path() / "none/Status").string());
    REQUIRE(missing.has_error());
    CHECK(code_word(missing.error().error) == "no_such_file");
    CHECK(missing.error().message == "watch " + (folder.path() / "none/Status").string() + ": there is no folder " +
                                         (folder.path() / "none").string());
    folder.write("file", "");
    const auto in_a_file = NotifiedWatch::start(loop, (folder.path() / "file/Status").string());
    REQUIRE(in_a_file.has_error());
    CHECK(code_word(in_a_file.error().error) == "no_such_file");
}

TEST_CASE("who is told by the system learns that the folder has gone, after the file has")
{
    Loop loop(system_clock());
    const TemporaryFolder folder;
    const fs::path path = folder.write("inner/Status", "0");
    const auto watch = notified(loop, path);
    SECTION("deleted")
    {
        fs::remove_all(path.parent_path());
    }
    SECTION("moved")
    {
        fs::remove(path);
        fs::rename(path.parent_path(), folder.path() / "other");
    }
    CHECK(wait(loop, *watch, patience()).empty());
    CHECK(wait(loop, *watch, patience()) == "no_such_file");
    CHECK(wait(loop, *watch, patience()) == "no_such_file");
}

TEST_CASE("more changes than the system keeps are told all the same")
{
    Loop loop(system_clock());
    const TemporaryFolder folder;
    const auto watch = notified(loop, folder.path() / "Status");
    int limit = 16384;
    std::ifstream("/proc/sys/fs/inotify/max_queued_events") >> limit;
    for (int i = 0; i < limit; ++i) {  // each is two events at least, and alike ones in a row would be one
        folder.write(i % 2 == 0 ? "a" : "b", "");
    }
    folder.write("Status", "0");
    CHECK(wait(loop, *watch, patience()).empty());
}
