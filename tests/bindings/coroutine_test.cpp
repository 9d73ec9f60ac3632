#include "tests/bindings/script.hpp"

#include <catch2/catch.hpp>

using Catch::Matchers::Contains;
using namespace moonwire::test;

TEST_CASE("a call waits inside pcall, iterators, metamethods and a script's own coroutines")
{
    CHECK(output_of("print(pcall(function() task.sleep(1) return clock.now() end))") == "true\t1\n");
    CHECK(output_of("print(xpcall(function() task.sleep(1) error('x', 0) end, function(e) return e .. '!' end))") ==
          "false\tx!\n");
    CHECK(output_of(R"(
        local function steps(_, i) task.sleep(1) if i < 2 then return i + 1 end end
        for i in steps, nil, 0 do io.write(i, " ") end
        print(clock.now()))") == "1 2 3\n");
    CHECK(output_of(R"(
        local object = setmetatable({}, {
            __index = function(_, key) task.sleep(1) return key end,
            __add = function() task.sleep(1) return "sum" end })
        print(object.field, object + object, clock.now()))") == "field\tsum\t2\n");
    CHECK(output_of(R"(
        local generate = coroutine.wrap(function() for i = 1, 3 do task.sleep(1) coroutine.yield(i) end end)
        print(generate(), generate(), generate(), clock.now()))") == "1\t2\t3\t3\n");
}

TEST_CASE("coroutines inside coroutines wait, and their own yields stay their own")
{
    CHECK(output_of(R"(
        local outer = coroutine.wrap(function()
            local inner = coroutine.wrap(function()
                task.sleep(1) coroutine.yield("a") task.sleep(1) coroutine.yield("b")
            end)
            coroutine.yield(inner()) task.sleep(1) coroutine.yield(inner())
        end)
        print(outer(), outer(), clock.now()))") == "a\tb\t3\n");
    CHECK(output_of(R"(
        local co = coroutine.create(function(...) local got = coroutine.yield(...) task.sleep(1) error("end: " .. got, 0) end)
        print(coroutine.resume(co, 1, nil, 3))
        print(coroutine.resume(co, "x"))
        print(coroutine.status(co)))") == "true\t1\tnil\t3\nfalse\tend: x\ndead\n");
}

TEST_CASE("a waiting coroutine cannot be resumed by somebody else")
{
    CHECK(output_of(R"(
        local co = coroutine.create(function() task.sleep(1) return "done" end)
        task.spawn(function() print(coroutine.resume(co)) end)
        task.sleep(0)
        print(coroutine.resume(co))
        task.sleep(2))") == "false\tcannot resume a coroutine that waits for the network or a timer\ntrue\tdone\n");
}

TEST_CASE("a cancelled wait inside a coroutine is thrown inside that coroutine")
{
    CHECK(output_of(R"(
        local t = task.spawn(function()
            local co = coroutine.wrap(function()
                print("inside", pcall(function() task.sleep(10) end))
                return "returned"
            end)
            print(co())
        end)
        task.sleep(0) t:cancel() task.sleep(0))") == "inside\tfalse\ttask.sleep: the task was cancelled\nreturned\n");
}

TEST_CASE("where waiting is impossible, the error says so before anything has started")
{
    for (const char* code : {"table.sort({ 2, 1 }, function(a, b) task.sleep(1) return a < b end)",
                             "string.gsub('x', '.', function() task.sleep(1) end)"}) {
        CHECK_THAT(error_of(code), Contains("task.sleep: cannot wait here"));
    }
    CHECK(output_of(R"(
        package.preload.waits = function() return { pcall(task.sleep, 1) } end
        local result = require "waits"
        print(result[1], tostring(result[2]):find("cannot wait here") ~= nil, clock.now()))") == "false\ttrue\t0\n");
    // Also when it is not the innermost coroutine that cannot.
    CHECK(output_of(R"(
        table.sort({ 2, 1 }, function(a, b)
            local ok, err = coroutine.resume(coroutine.create(function() task.sleep(1) end))
            print(ok, err:find("cannot wait here") ~= nil)
            return a < b
        end))") == "false\ttrue\n");
}

TEST_CASE("a yield outside of a coroutine is an error and not a silent end")
{
    CHECK_THAT(error_of("coroutine.yield(1)"), Contains("coroutine.yield outside of a coroutine"));
}

TEST_CASE("a wait in a compiled loop is cancelled like any other")
{
    CHECK(output_of(R"(
        local count = 0
        local t = task.spawn(function() while true do task.sleep(0.001) count = count + 1 end end)
        task.sleep(1)           -- a thousand rounds: the loop is hot
        t:cancel()
        print(pcall(t.join, t))
        print(count >= 999, t:status()))") == "false\ttask.sleep: the task was cancelled\ntrue\tcancelled\n");
}
