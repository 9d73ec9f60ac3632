#include "tests/bindings/script.hpp"

#include <catch2/catch.hpp>

#include <future>
#include <stdexcept>
#include <thread>

using Catch::Matchers::Contains;
using namespace moonwire;
using namespace moonwire::test;

TEST_CASE("an engine runs scripts one after the other and hands out their results")
{
    Engine engine;
    CHECK(engine.run_string("x = 1 return x, 'text', true, nil", "a").values ==
          Values{1.0, std::string("text"), true, std::monostate{}});
    CHECK(engine.run_string("return x + 1, ...", "b", {"argument"}).values == Values{2.0, std::string("argument")});
    const Result failed = engine.run_string("this is no Lua", "c");
    CHECK(failed.outcome == Outcome::failed);
    CHECK_THAT(failed.error, Contains("c:1:"));
    CHECK(engine.run_string("return x", "d").values == Values{1.0});
}

TEST_CASE("C++ functions are called from scripts, their exceptions are errors there")
{
    Engine engine;
    engine.define("add", [](const Values& values) -> Values {
        return {std::get<double>(values.at(0)) + std::get<double>(values.at(1))};
    });
    engine.define("lab.fail", [](const Values&) -> Values { throw std::runtime_error("the lab is closed"); });
    CHECK(engine.run_string("return add(1, 2)", "a").values == Values{3.0});
    const Result result = engine.run_string("return pcall(require('lab').fail)", "b");
    CHECK(std::get<bool>(result.values.at(0)) == false);
    CHECK_THAT(std::get<std::string>(result.values.at(1)), Contains("the lab is closed"));
}

TEST_CASE("C++ functions suspend the script and answer from any thread")
{
    Engine engine;
    std::vector<std::thread> threads;
    engine.define_async("later", [&](const Values& values, Completion completion) {
        threads.emplace_back([values, completion] {
            if (std::holds_alternative<std::string>(values.at(0))) {
                completion.reject("timeout", "nobody came");
            } else {
                completion.resolve({std::get<double>(values[0]) * 2});
            }
        });
    });
    engine.define_async("never", [](const Values&, const Completion&) {});
    const Result result = engine.run_string(R"(
        local task = require "moonwire.task"
        local doubled, two = task.all(function() return later(21) end, function() return later(1) end)
        local _, err = later("x")
        local _, given_up = never()
        return doubled, two, err.code, given_up.code)",
                                            "a");
    for (std::thread& thread : threads) {
        thread.join();
    }
    CHECK(result.error.empty());
    CHECK(result.values == Values{42.0, 2.0, std::string("timeout"), std::string("system")});
}

TEST_CASE("an answer for a cancelled task is dropped")
{
    Engine engine;
    std::optional<Completion> kept;
    engine.define_async("wait", [&](const Values&, Completion completion) { kept = std::move(completion); });
    const Result result = engine.run_string(R"(
        local task = require "moonwire.task"
        return select(2, task.timeout(0.01, wait)).code)",
                                            "a");
    CHECK(result.values == Values{std::string("timeout")});
    kept->resolve({1.0});
    CHECK(engine.run_string("return 2", "b").values == Values{2.0});
}

TEST_CASE("stop ends a run from another thread")
{
    Engine engine;
    std::promise<void> started;
    engine.define("started", [&](const Values&) {
        started.set_value();
        return Values{};
    });
    std::thread stopper([&] {
        started.get_future().wait();
        engine.stop();
    });
    const Result result = engine.run_string(R"(
        local task = require "moonwire.task"
        task.defer(function() cleaned = true end)
        started()
        task.sleep(1000))",
                                            "a");
    stopper.join();
    CHECK(result.outcome == Outcome::interrupted);
    CHECK(engine.run_string("return cleaned", "b").values == Values{true});
}

TEST_CASE("the same seed gives the same numbers, by every way to them")
{
    const std::string draw =
        "print(random.uniform(), random.integer(1, 1000), random.chance(0.5), math.random(), "
        "math.random(6), #random.bytes(10), random.bytes(4))";
    EngineOptions options;
    options.seed = 7;
    const std::string first = run_script(draw, options).output;
    CHECK(run_script(draw, options).output == first);
    options.seed = 8;
    CHECK(run_script(draw, options).output != first);
    CHECK(run_script(draw).output != run_script(draw).output);
}

TEST_CASE("running out of memory is an error, wherever it happens")
{
    EngineOptions options;
    options.memory_limit = 16 * 1024 * 1024;
    const std::string fill = "local keep = {} for i = 1, 1e9 do keep[i] = ('x'):rep(1000) .. i ";
    CHECK_THAT(error_of(fill + "end", options), Contains("not enough memory"));
    CHECK_THAT(error_of(fill + "if i % 100 == 0 then task.sleep(0) end end", options), Contains("not enough memory"));
    CHECK_THAT(
        error_of("for i = 1, 1e9 do task.spawn(task.sleep, 10) if i % 100 == 0 then task.sleep(0) end end", options),
        Contains("not enough memory"));
    // A script that catches the error has room again and goes on.
    CHECK(
        run_script("print(pcall(function() " + fill + "end end)) collectgarbage() print('goes on')", options).output ==
        "false\tnot enough memory\ngoes on\n");
    CHECK_THAT(error_of(R"(
        local server = assert(tcp.listen { port = 0, host = "127.0.0.1" })
        task.spawn(function()
            local conn = assert(tcp.connect("127.0.0.1", server:port()))
            for i = 1, 1e9 do assert(conn:write(("%d"):format(i):rep(1000))) end
        end)
        local conn, keep = server:accept(), {}
        while true do keep[#keep + 1] = assert(conn:read_some()) end)",
                        options),
               Contains("not enough memory"));
}

TEST_CASE("C++ exceptions and LuaJIT, as the bindings rely on it")
{
    // A Lua error runs C++ destructors, also inside coroutines; an exception of a host function is an ordinary Lua
    // error.
    struct Guard {
        int* count;
        ~Guard() { ++*count; }
    };
    Engine engine;
    int destroyed = 0;
    engine.define("throws", [&](const Values&) -> Values {
        const Guard guard{&destroyed};
        throw std::runtime_error("thrown");
    });
    const Result result = engine.run_string(R"(
        local ok, err = pcall(throws)
        local co_ok, co_err = coroutine.resume(coroutine.create(throws))
        return ok, co_ok, tostring(err):match("thrown"), tostring(co_err):match("thrown"))",
                                            "a");
    CHECK(result.values == Values{false, false, std::string("thrown"), std::string("thrown")});
    CHECK(destroyed == 2);
}
