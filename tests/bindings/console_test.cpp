// The console without a terminal: what entries evaluate to, what completes them, and what becomes of their tasks.
#include <moonwire/engine.hpp>

#include <catch2/catch.hpp>

#include <unistd.h>

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using namespace moonwire;

namespace {

/// An engine with a console that entries are given to, one after the other.
class Session
{
public:
    Session()
    {
        for (const std::string& module : Engine::module_names()) {
            engine.preload("moonwire." + module);
        }
    }

    /// Evaluates the entries and ends the run. What they print, and their errors.
    std::string operator()(const std::vector<std::string>& entries)
    {
        output_.clear();
        outcomes.clear();
        rest_ = {entries.rbegin(), entries.rend()};
        engine.post([this] { next(); });
        result = engine.run_consoles("test");
        return output_;
    }

    void next()
    {
        if (rest_.empty()) {
            engine.stop();
            return;
        }
        const std::string entry = rest_.back();
        rest_.pop_back();
        console->evaluate(entry, [this](Outcome outcome) {
            outcomes.push_back(outcome);
            next();
        });
    }

    Engine engine{[this] {
        EngineOptions options;
        options.output = options.diagnostics = [this](std::string_view text) { output_ += text; };
        return options;
    }()};
    std::unique_ptr<Console> console = engine.open_console(
        {[this](std::string_view text) { output_ += text; }, [this](std::string_view text) { output_ += text; }});
    std::vector<Outcome> outcomes;
    Result result;

private:
    std::string output_;
    std::vector<std::string> rest_;
};

}  // namespace

TEST_CASE("console: locals go from entry to entry, as the same variables")
{
    Session session;
    CHECK(session({"local n = 0 function inc() n = n + 1 end function get() return n end", "inc() inc()", "n", "n = 7",
                   "get()", "local n = n * 2", "n, get()"}) == "2\n7\n14  7\n");
    CHECK(session({"local function fact(x) return x < 2 and 1 or x * fact(x - 1) end", "fact(5)"}) == "120\n");
    CHECK(session({"local a, b = 1, 2 return a", "a + b", "do local c = 3 end", "c"}) == "1\n3\nnil\n");
    CHECK(session({"for i = 1, 1 do local d = 1 end if true then local e = 1 end repeat local f = 1 until f",
                   "d, e, f"}) == "nil  nil  nil\n");
    CHECK(session({"local text = [==[ local g = 1 ]] ]==] --[[ local h = 1 ]] local i = 'local j = 1'",
                   "g, h, i, j"}) == "nil  nil  \"local j = 1\"  nil\n");
    CHECK(session({"local t = {} function t.f() local k = 1 end function t:g() end", "k, t ~= nil"}) == "nil  true\n");
    CHECK(session({"local x = 1; local old = function() return x end; local x = 2", "x, old()"}) == "2  1\n");
}

TEST_CASE("console: locals that compiled code has read are variables still")
{
    Session session;
    CHECK(session({"local step = 1 function sum() local s = 0 for i = 1, 1000 do s = s + step end return s end",
                   "sum()", "step = 2", "sum()"}) == "1000\n2000\n");
}

TEST_CASE("console: an entry that fails leaves the locals that it had set")
{
    Session session;
    CHECK(session({"local first = 'kept' local second = first.x.y", "first, second"}) ==
          "attempt to index field 'x' (a nil value)\n\"kept\"  nil\n");
    CHECK(session.outcomes == std::vector<Outcome>{Outcome::failed, Outcome::done});
}

TEST_CASE("console: there may be as many locals as an entry can have, and more over time")
{
    Session session;
    const auto names = [](char letter) {
        std::string list;
        for (int i = 1; i <= 199; ++i) {
            list += (i > 1 ? ", " : "") + (letter + std::to_string(i));
        }
        return list;
    };
    CHECK(session({"local " + names('v') + " = 1, 2, 3", "local " + names('w') + " = 4", "v2 + v3, v199, w1"}) ==
          "5  nil  4\n");
}

TEST_CASE("console: an entry is complete, or wants further lines, by what Lua says")
{
    Session session;
    for (const char* text : {"", "x", "=x", "x y", ")", "return", "f()", "'open", "\"open", "-- comment", "do end",
                             "local x = [[ a ]]", "if x then y() end -- if", "goto nowhere"}) {
        CAPTURE(text);
        CHECK(session.console->is_complete(text));
    }
    for (const char* text : {"do", "for i = 1, 3 do", "1 +", "f(", "f {", "function f()", "[[open", "--[[ open",
                             "x =", "'open \\", "local function f()\n  return 1", "a.", "=1 +", "if x then y() else"}) {
        CAPTURE(text);
        CHECK_FALSE(session.console->is_complete(text));
    }
}

TEST_CASE("console: nothing in an entry ends what it is wrapped in")
{
    Session session;
    CHECK(session({"end return function()", "1 -- comment", "2 --[[ x ]]", "return 3 --", "4;", "(5) --[==["}) ==
          "'<eof>' expected near 'end'\n1\n2\n3\n4\nunfinished long comment near '<eof>'\n");
    CHECK_THAT(session({"goto nowhere"}), Contains("undefined label 'nowhere'"));
}

TEST_CASE("console: values are shown in full, within limits, and without what a terminal would obey")
{
    Session session;
    CHECK(session({"nil, true, 1.5, 'it\\'s', print"}) == "nil  true  1.5  \"it's\"  function (built in)\n");
    CHECK(session({"{ 3, 1, b = 1, a = { 'x' }, ['end'] = 1, ['a b'] = 2, [true] = 0 }"}) ==
          "{ 3, 1, a = { \"x\" }, [\"a b\"] = 2, b = 1, [\"end\"] = 1, [true] = 0 }\n");
    CHECK(session({"local t = {} t.self = t return t, {}"}) == "{ self = <cycle> }  {}\n");
    CHECK(session({"{ { { { { { 1 } } } } } }"}) == "{ { { { { {…} } } } } }\n");
    CHECK_THAT(session({"local t = {} for i = 1, 1000 do t[i] = i end return t"}), Contains("… 950 more"));
    CHECK_THAT(
        session({"local function grow(n) if n == 0 then return 1 end local t = {} for i = 1, 50 do t[i] = grow(n - 1) "
                 "end return t end",
                 "grow(4)"}),
        Contains("more"));
    CHECK(session({"('x'):rep(2000)"}) == "\"" + std::string(1000, 'x') + "\"… (2000 bytes in all)\n");
    CHECK(session({"'\\27[2J\\r\\n\\0\\127ü漢\\xff\\xc2\\x9b\\xed\\xa0\\x80'"}) ==
          "\"\\027[2J\\r\\n\\000\\127ü漢\\255\\194\\155\\237\\160\\128\"\n");
    CHECK(session({"setmetatable({}, { __tostring = function() return 'mine\\27[2J' end })"}) == "mine\\027[2J\n");
    CHECK(session({"setmetatable({}, { __tostring = function() error('no') end })"}) ==
          "(a table whose __tostring fails)\n");
    CHECK(session({"setmetatable({ 1 }, { __index = function() error('no') end, __metatable = 1 })"}) == "{ 1 }\n");
    CHECK_THAT(session({"assert(tcp.listen { port = 0, host = '127.0.0.1' })"}), StartsWith("server on 127.0.0.1:"));
}

TEST_CASE("console: an error is its message and the person's own frames")
{
    Session session;
    CHECK(session({"error('mine')"}) == "mine\n");
    CHECK(session({"error({ code = 1 })"}) == "an error that is a table\n");
    CHECK(session({"error()"}) == "an error that is a nil\n");
    CHECK(session({"assert(tcp.connect('127.0.0.1', 1))"}) == "connect to 127.0.0.1:1: connection refused\n");
    CHECK(session({"\n\nerror('mine')"}) == "prompt:3: mine\n");
    CHECK(session({"local function inner() error('deep') end function outer() inner() end", "outer()"}) ==
          "deep\n  prompt:1: in inner\n  prompt:1: in outer\n");
    CHECK(session({"local function deep(n) if n == 0 then error('x') end deep(n - 1) end deep(30)"}) == "x\n" + [] {
        std::string frames;
        for (int i = 0; i < 8; ++i) {
            frames += "  prompt:1: in deep\n";
        }
        return frames + "  … 23 more\n";
    }());
    CHECK(session({"string.rep('x', -1, 2, 3) .. nil"}) == "attempt to concatenate a nil value\n");
}

TEST_CASE("console: tasks outlive the entry that has started them, and end with the run")
{
    Session session;
    const std::string output = session({
        "local t = task.spawn(function() task.defer(print, 'ended') task.sleep(0.01) print('lives') task.sleep(100) "
        "end)",
        "task.defer(print, 'deferred')",
        "task.sleep(0.02)",
        "t:status()",
        "task.spawn(function() error('in the background') end)",
        "task.sleep(0.01) return 'goes on'",
    });
    CHECK_THAT(output, StartsWith("lives\n\"running\"\ntask started at prompt:1\nprompt:1: in the background\n"));
    CHECK_THAT(output, Contains("\"goes on\"\n") && Contains("ended\n") && Contains("deferred\n"));
    CHECK(session.result.outcome == Outcome::interrupted);
}

TEST_CASE("console: a cancelled entry ends with all that it has started, and nothing else")
{
    Session session;
    session.engine.define("cancel", [&](const Values&) {
        session.console->cancel();
        return Values{};
    });
    CHECK(session({
              "local before = task.spawn(task.sleep, 100)",
              "local mine = task.spawn(task.sleep, 100) local set = 'kept' cancel() task.sleep(100)",
              "mine:status(), before:status(), set",
          }) == "\"cancelled\"  \"running\"  \"kept\"\n");
    CHECK(session.outcomes == std::vector<Outcome>{Outcome::done, Outcome::interrupted, Outcome::done});
}

TEST_CASE("console: it may go while its entry is being evaluated")
{
    Session session;
    bool called = false;
    session.engine.post([&] {
        session.console->evaluate("task.defer(print, 'cleaned up') print('waits') task.sleep(100)",
                                  [&](Outcome) { called = true; });
        session.engine.define("go", [&](const Values&) {
            session.console.reset();
            session.engine.stop();
            return Values{};
        });
    });
    const auto other = session.engine.open_console({[](std::string_view) {}, [](std::string_view) {}});
    session.engine.post([&] { other->evaluate("task.sleep(0.01) go()", [](Outcome) {}); });
    session.engine.run_consoles("test");
    CHECK_FALSE(called);
}

TEST_CASE("console: what could stand at the end of a text")
{
    Session session;
    session(
        {"local localized = { field = 1, fn = print } box = { inner = localized, ['no name'] = 1, _hidden = 1 } "
         "trap = setmetatable({}, { __index = function() error('called') end }) "
         "class = setmetatable({}, { __index = { inherited = 1, method = print } })"});
    const auto words = [&](const std::string& text) { return session.console->complete(text).words; };
    using Words = std::vector<std::string>;
    CHECK(words("multic") == Words{"multicast"});
    CHECK(words("x = loca") == Words{"local", "localized"});
    CHECK(words("box.") == Words{"inner"});
    CHECK(words("box._") == Words{"_hidden"});
    CHECK(words("box . inner.f") == Words{"field", "fn("});
    CHECK(words("localized:f") == Words{"fn("});
    CHECK(words("class.") == Words{"inherited", "method("});
    CHECK(words("trap.x").empty());
    CHECK(words("nosuch.x").empty());
    CHECK(words("f().x").empty());
    CHECK(words("12").empty());
    CHECK(words("-- multic").empty());
    CHECK(words("require('moonwire.tc") == Words{"moonwire.tcp"});
    CHECK(words("require \"geom") == Words{"geometric"});  // from scenarios/lib, by package.path
    CHECK(words("run [[pmu/u") == Words{"pmu/udp"});
    CHECK(session.console->complete("print(box.inn").start == 10);
    CHECK(session.console->complete("io.open('/dev/nul").start == 9);
    CHECK(words("io.open('/dev/nul") == Words{"/dev/null"});
}

TEST_CASE("console: a hint shows what the function around the cursor takes")
{
    Session session;
    session({"function add(first, second, ...) end object = { method = function(self, value) end }"});
    const auto hint = [&](const std::string& text) { return session.console->hint(text); };
    CHECK(hint("add(") == "add(first, second, ...)");
    CHECK(hint("x = 1 + add(1, { 2, (") == "add(first, second, ...)");
    CHECK(hint("add") == "add(first, second, ...)");
    CHECK(hint("object:method(") == "object:method(value)");
    CHECK_THAT(hint("tcp.connect("), StartsWith("tcp.connect(host, port"));
    CHECK(hint("add(1)").empty());
    CHECK(hint("nosuch(").empty());
    CHECK(hint("function add(").empty());
    CHECK(hint("").empty());
}

TEST_CASE("an engine watches the descriptors of the program that embeds it")
{
    Engine engine;
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    std::string seen;
    engine.watch(ends[0], [&] {
        char byte = 0;
        REQUIRE(::read(ends[0], &byte, 1) == 1);
        seen += byte;
        if (byte == 'c') {
            engine.unwatch(ends[0]);
            engine.post([&] { engine.stop(); });
        }
    });
    REQUIRE(::write(ends[1], "abcd", 4) == 4);
    CHECK(engine.run_consoles("test").outcome == Outcome::interrupted);
    CHECK(seen == "abc");
    CHECK_THROWS(engine.watch(-1, [] {}));
    ::close(ends[0]);
    ::close(ends[1]);
}
