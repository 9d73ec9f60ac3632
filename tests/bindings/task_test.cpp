#include "tests/bindings/script.hpp"

#include <catch2/catch.hpp>

using Catch::Matchers::Contains;
using Catch::Matchers::Equals;
using Catch::Matchers::StartsWith;
using namespace moonwire::test;

TEST_CASE("tasks run when their parent waits, and join hands over their results")
{
    CHECK(output_of(R"(
        local t = task.spawn(function(a, b) print("child", a, b) return a + b, "second" end, 1, 2)
        print("parent")
        print(t:join())
        print(t:join())      -- an ended task can be asked again
        print(t:status()))") == "parent\nchild\t1\t2\n3\tsecond\n3\tsecond\ndone\n");
}

TEST_CASE("sleeps end in the order of their times, however they were started")
{
    CHECK(output_of(R"(
        for _, seconds in ipairs { 3, 1, 2, 0 } do
            task.spawn(function() task.sleep(seconds) io.write(seconds, " at ", clock.now(), "\n") end)
        end
        task.sleep(10))") == "0 at 0\n1 at 1\n2 at 2\n3 at 3\n");
}

TEST_CASE("when a task's function ends, its children are cancelled and awaited")
{
    CHECK(output_of(R"(
        local parent = task.spawn(function()
            task.spawn(function()
                task.defer(function() task.sleep(1) print("child has cleaned up at " .. clock.now()) end)
                task.sleep(100)
            end)
            task.sleep(5)
        end)
        parent:join()
        print("joined at " .. clock.now()))") == "child has cleaned up at 6\njoined at 6\n");
}

TEST_CASE("an error that nobody catches fails the parent, and in the end the run")
{
    const std::string error = error_of(R"(
        task.spawn(function()                     -- line 2
            task.spawn(function()                 -- line 3
                task.sleep(1)
                error("it broke")                 -- line 5
            end)
            task.sleep(100)
        end)
        task.sleep(100)
        print("not reached"))");
    CHECK_THAT(error, StartsWith("test.lua:5: it broke"));
    CHECK_THAT(error, Contains("test.lua:5: in function <test.lua:3>"));
    CHECK_THAT(error, Contains("task started at test.lua:3\n  by a task started at test.lua:2"));
    CHECK_THAT(error, !Contains("[moonwire]"));
}

TEST_CASE("an error in a task that is being joined is thrown there, with its traceback")
{
    CHECK(output_of(R"(
        local t = task.spawn(function() task.sleep(1) error({ reason = "whole" }) end)
        local ok, err = pcall(t.join, t)
        print(ok, err.reason, t:status()))") == "false\twhole\tfailed\n");
    const std::string error = error_of(R"(
        local t = task.spawn(function() task.sleep(1) error("inner") end)
        t:join())");
    CHECK_THAT(error, StartsWith("test.lua:2: inner"));
    CHECK_THAT(error, Contains("joined:"));
    CHECK_THAT(error, Contains("test.lua:3:"));
}

TEST_CASE("cancelling ends a task at its wait, and every later wait too")
{
    CHECK(output_of(R"(
        local t = task.spawn(function()
            for attempt = 1, 3 do
                local ok, err = pcall(function() task.sleep(10) end)
                print(attempt, ok, err.code, clock.now())
            end
            print("goes on without waiting")
        end)
        task.sleep(1)
        t:cancel()
        task.sleep(1)
        print(t:status()))") ==
          "1\tfalse\tcancelled\t1\n2\tfalse\tcancelled\t1\n3\tfalse\tcancelled\t1\n"
          "goes on without waiting\ndone\n");
    CHECK(output_of(R"(
        local t = task.spawn(function() print("never runs") end)
        t:cancel()
        task.sleep(0)
        print(t:status(), pcall(t.join, t)))")
              .find("cancelled\tfalse\t") == 0);
}

TEST_CASE("a task that never has to wait lets others run, and can be cancelled")
{
    CHECK(output_of(R"(
        local server = assert(tcp.listen { port = 0, host = "127.0.0.1" })
        local client = assert(tcp.connect("127.0.0.1", server:port()))
        client:abort()
        local busy = task.spawn(function() while true do client:write("ignores every error") end end)
        for turn = 1, 10 do task.sleep(0) end
        busy:cancel()
        print(pcall(busy.join, busy) == false, busy:status()))") == "true\tcancelled\n");
}

TEST_CASE("defer runs clean-up in reverse order, however the task ends")
{
    CHECK(output_of(R"(
        local function cleaning(fn)
            return task.spawn(function() task.defer(print, "first") task.defer(print, "second") fn() end)
        end
        cleaning(function() end):join()
        pcall(function() cleaning(function() error("x") end):join() end)
        local t = cleaning(function() task.sleep(100) end)
        task.sleep(0)
        t:cancel()
        pcall(t.join, t))") == "second\nfirst\nsecond\nfirst\nsecond\nfirst\n");
    CHECK_THAT(error_of("task.defer(error, 'clean-up failed')"), StartsWith("clean-up failed"));
}

TEST_CASE("task.timeout gives nil and an error when the time is over")
{
    CHECK(output_of(R"(
        print(task.timeout(1, function(x) task.sleep(0.5) return x, "done" end, 42))
        local result, err = task.timeout(1, function() task.defer(print, "cleaned up") task.sleep(5) end)
        print(result, err.code, clock.now())
        print(pcall(task.timeout, 1, function() error("inside", 0) end)))") ==
          "42\tdone\ncleaned up\nnil\ttimeout\t1.5\nfalse\tinside\n");
}

TEST_CASE("task.all and task.any")
{
    CHECK(output_of(R"(
        local function after(seconds, ...)
            local values = { ... }
            return function() task.sleep(seconds) return unpack(values) end
        end
        print(task.all(after(2, "a"), after(1, "b"), after(3, "c")))
        print(task.any(after(2, "slow"), after(1, "fast", "two")), clock.now())
        print(pcall(task.all, after(5, 1), function() error("one fails", 0) end), clock.now())
        print(pcall(task.any)))") == "a\tb\tc\nfast\t4\nfalse\t4\nfalse\ttask.any: expected at least one function\n");
}

TEST_CASE("channels hand values over in order and hold senders back")
{
    CHECK(output_of(R"(
        local ch = task.channel(2)
        task.spawn(function()
            for i = 1, 4 do ch:send(i) print("sent", i) end
            ch:close()
        end)
        task.sleep(0)
        for value in ch:values() do print("got", value) task.sleep(0) end
        local value, err = ch:receive()
        print(value, err.code, select(2, ch:send(1)).code))") ==
          "sent\t1\nsent\t2\ngot\t1\nsent\t3\ngot\t2\nsent\t4\ngot\t3\ngot\t4\nnil\tclosed\tclosed\n");
    CHECK(output_of(R"(
        local ch = task.channel()
        print(select(2, ch:receive(1)).code, select(2, ch:send("x", 1)).code, clock.now())
        task.spawn(function() task.sleep(1) ch:send("late") end)
        print(ch:receive()))") == "timeout\ttimeout\t2\nlate\n");
}

TEST_CASE("a value that is sent to a cancelled receiver goes to the next one")
{
    CHECK(output_of(R"(
        local ch = task.channel()
        local first = task.spawn(function() print("first", ch:receive()) end)
        local second = task.spawn(function() print("second", ch:receive()) end)
        task.sleep(0)
        first:cancel()
        task.sleep(0)
        ch:send("value")
        second:join())") == "second\tvalue\n");
}

TEST_CASE("misuse is named")
{
    CHECK_THAT(error_of("task.spawn(42)"), Contains("bad argument #1 (fn) to 'spawn': expected a function, got 42"));
    CHECK_THAT(error_of("task.sleep('x')"), Contains("expected seconds as a number of at least 0, got \"x\""));
    CHECK_THAT(error_of("task.sleep(-1)"), Contains("expected seconds as a number of at least 0, got -1"));
    CHECK_THAT(error_of("task.self():join()"), Contains("a task cannot wait for its own end"));
    CHECK_THAT(error_of("task.channel(1.5)"), Contains("expected an integer of at least 0"));
    CHECK_THAT(error_of("task.channel():send(nil)"), Contains("nil cannot be sent"));
    CHECK_THAT(error_of("task.self().join(1)"), Contains("expected a task, got 1"));
}
