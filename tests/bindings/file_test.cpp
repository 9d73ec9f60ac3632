#include "tests/bindings/script.hpp"
#include "tests/support/process.hpp"

#include <catch2/catch.hpp>

using Catch::Matchers::Contains;
using namespace moonwire::test;

namespace {

/// Runs a script that has `path`, a file in a folder of its own, and `write(text)`.
std::string output_with_file(const std::string& source, const char* options = "nil")
{
    const TemporaryFolder folder;
    return output_of("local path, options = [[" + (folder.path() / "Status").string() + "]], " + options + "\n" + R"(
        local function write(text)
            local file = assert(io.open(path, "w"))
            file:write(text)
            file:close()
        end
    )" + source);
}

}  // namespace

TEST_CASE("a script waits for a file to change, told by the system or looking itself")
{
    const char* options = GENERATE("nil", "{ poll = 1 }");
    CHECK(output_with_file(R"(
        local watcher = assert(file.watch(path, options))
        print(tostring(watcher) == "watcher of " .. path)
        task.spawn(function()
            for _, text in ipairs { "0", "1", "22" } do
                task.sleep(5)
                write(text)
            end
            task.sleep(5)
            os.remove(path)
        end)
        local seen
        repeat
            assert(watcher:wait())
            local now = io.open(path)
            local text = now and now:read("*a") or "none"
            if now then now:close() end
            if text ~= seen and text ~= "" then print(text) end
            seen = text
        until text == "none")",
                           options) == "true\n0\n1\n22\nnone\n");
}

TEST_CASE("a wait for a file has an end: a timeout, a cancellation, a close")
{
    const char* options = GENERATE("nil", "{ poll = 0.5 }");
    CHECK(output_with_file(R"(
        local watcher = assert(file.watch(path, options))
        local start = clock.now()
        local changed, err = watcher:wait(2)
        print(changed, err.code, tostring(err) == "wait for changes of " .. path .. ": timed out", clock.now() - start)
        print(select(2, task.timeout(1, watcher.wait, watcher)).code)
        local waiting = task.spawn(function() return watcher:wait() end)
        task.sleep(1)
        waiting:cancel()
        task.sleep(1)
        print(waiting:status())
        waiting = task.spawn(function() print(select(2, watcher:wait()).code) end)
        task.sleep(1)
        watcher:close()
        waiting:join()
        print(select(2, watcher:wait()).code, tostring(watcher) == "watcher of " .. path .. [[ (closed)]])
watcher:close())",
                           options) == "nil\ttimeout\ttrue\t2\ntimeout\ncancelled\nclosed\nclosed\ttrue\n");
}

TEST_CASE("one task at a time waits for a file")
{
    CHECK_THAT(error_of(R"(
        local watcher = assert(file.watch("Status"))
        task.spawn(watcher.wait, watcher)
        task.sleep(1)
        watcher:wait())"),
               Contains("test.lua:5: wait: another task waits for changes of this file already"));
}

TEST_CASE("a folder that is not there is returned, misuse is thrown")
{
    CHECK(output_of(R"(
        local watcher, err = file.watch("/no/such/Status")
        print(watcher, err.code, err)
        print(file.watch("/no/such/Status", { poll = 1 }) ~= nil)
        local function try(...) print((select(2, pcall(file.watch, ...)):gsub("^.-: ", ""))) end
        try() try("") try("folder/") try(("a\0b"):rep(99)) try("a", 1) try("a", { pool = 1 }) try("a", { poll = 0 })
        try("a", { poll = "often" }))") ==
          "nil\tno_such_file\twatch /no/such/Status: there is no folder /no/such\n"
          "true\n"
          "expected a string, got nil\n"
          "expected the path of a file, got \"\"\n"
          "expected the path of a file, got \"folder/\"\n"
          "expected the path of a file, got a string\n"
          "expected a table of options, got 1\n"
          "unknown option \"pool\"; did you mean \"poll\"?\n"
          "expected at least 0.001 seconds, got 0\n"
          "expected seconds as a number of at least 0, got \"often\"\n");
}
