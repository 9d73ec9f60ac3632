// Scenarios that are played in the background of a prompt, and the handle of each.
#include "tests/support/process.hpp"

#include <moonwire/engine.hpp>

#include <catch2/catch.hpp>

using Catch::Matchers::Contains;
using Catch::Matchers::Matches;
using namespace moonwire;
using test::TemporaryFolder;

namespace {

// Has parameters of every kind, a server that waits for clients, and a client that tells what it reads.
constexpr const char* tide = R"lua(
local scenario, task, tcp = require "moonwire.scenario", require "moonwire.task", require "moonwire.tcp"
local report = require "moonwire.report"
return scenario.define {
  summary = "the tide",
  params = {
    level  = { 1, "the level", min = 0, max = 10, live = true },
    ebb    = { "1s", "how long", type = "duration", live = true },
    coast  = { "flat", "what it is like", choices = { "flat", "steep" } },
    port   = { 0, "the port", type = "port" },
  },
  roles = {
    sea = function(p)
      local server = assert(tcp.listen { port = p.port, host = "127.0.0.1" })
      scenario.ready(server)
      server:serve(function() task.sleep(3600) end)
    end,
    shore = {
      after = "sea",
      args = { "level", "..." },
      run = function(p, ...)
        report.value("first level", p.level, "m")
        local words = { ... }
        if words[1] then print("words: " .. table.concat(words, " ")) end
        if p.level == 10 then error("washed away") end
        local stop = task.channel(1)
        task.spawn(function()
          for level in scenario.changes("level") do
            print("the level is " .. level .. ", " .. p.level)
            if level == 0 then stop:send(true) end
          end
        end)
        stop:receive()
      end,
    },
  },
}
)lua";

/// An engine with a console that entries are given to, one after the other. Time stands still but for what waits.
class Session
{
public:
    Session() { file = folder.write("tide.lua", tide); }

    /// Evaluates the entries and ends the program. What was printed and said.
    std::string operator()(std::vector<std::string> entries)
    {
        output_.clear();
        rest_ = {entries.rbegin(), entries.rend()};
        engine.post([this] { next(); });
        engine.run_consoles("test");
        std::string text = output_;
        for (std::size_t at = text.find(file); at != std::string::npos; at = text.find(file)) {
            text.replace(at, file.size(), "tide");
        }
        return text;
    }

    void next()
    {
        if (rest_.empty()) {
            engine.stop();
            return;
        }
        const std::string entry = rest_.back();
        rest_.pop_back();
        console->evaluate(entry, [this](Outcome) { next(); });
    }

    std::string run(const std::string& params = {}) const
    {
        return "r = run('" + file + "'" + (params.empty() ? "" : ", " + params) + ") task.sleep(0.1)";
    }

    TemporaryFolder folder;
    std::string file;
    Engine engine{[this] {
        EngineOptions options;
        options.virtual_time = true;
        options.output = options.diagnostics = [this](std::string_view text) { output_ += text; };
        return options;
    }()};
    std::unique_ptr<Console> console = [this] {
        ConsoleOptions options;
        options.output = options.errors = [this](std::string_view text) { output_ += text; };
        options.modules = {"moonwire.task", "moonwire.scenario", "moonwire.inspect"};
        return engine.open_console(options);
    }();

private:
    std::string output_;
    std::vector<std::string> rest_;
};

}  // namespace

TEST_CASE("run: a scenario plays in the background, and its handle tells of it")
{
    Session session;
    CHECK_THAT(
        session({session.run("{ level = 3, ebb = '200ms' }"), "r", "r:status()", "r:params().level, r:params().ebb",
                 "r:figures()", "r:roles().sea.state, #r:roles().sea.servers, r:roles().shore.state",
                 "r:roles().sea.servers[1]:port() > 0", "r:set { level = 0 }", "r:wait()['first level']", "r",
                 "r:roles().sea.state"}),
        Matches("\\[1\\] sea: ready on 127.0.0.1:[0-9]+\n"
                "\\[1\\] tide: running for 0.1 s\n"
                "\"running\"\n"
                "3  0.2\n"
                "\\{ \\[\"first level\"\\] = 3 \\}\n"
                "\"ready\"  1  \"running\"\n"
                "true\n"
                "the level is 0, 0\n"
                "\\[1\\] tide: done\n"
                "first level ... 3 m\n"
                "3\n"
                "\\[1\\] tide: done\n"
                "\"ended\"\n"));
}

TEST_CASE("run: each task of a run says where it waits, and what for")
{
    Session session;
    CHECK_THAT(session({session.run(), "for _, t in ipairs(r:tasks()) do print(t.role, t.waits_for, t.at) end"}),
               Contains("sea\taccept\ttide:16\n") && Contains("shore\tchannel receive\ttide:33\n") &&
                   Contains("shore\tscenario.changes\ttide:28\n"));
    CHECK_THAT(session({session.run(), "for _, t in ipairs(inspect.tasks()) do print(t.role, t.waits_for) end"}),
               Contains("nil\tthe end of the session\n") && Contains("sea\taccept\n") && Contains("nil\tnil\n"));
}

TEST_CASE("run: live parameters change during the run, all that are given or none")
{
    Session session;
    CHECK_THAT(session({session.run(), "r:set { level = 4 } task.sleep(0.1)",
                        "r:set { level = 5, ebb = '2s' } task.sleep(0.1)", "r:params().ebb",
                        "r:set { level = 6 } r:set { level = 7 } task.sleep(0.1)"}),
               Contains("the level is 4, 4\nthe level is 5, 5\n2\nthe level is 7, 7\n"));
    CHECK_THAT(
        session({session.run(), "r:set { level = 11 }", "r:set { levle = 1 }", "r:set { coast = 'steep' }",
                 "r:set { level = 2, coast = 'steep' }", "r:set { level = {} }", "r:set { 5 }", "r:set(5)", "r.set {}",
                 "r:params().level"}),
        Contains("parameter 'level': expected a number from 0 to 10, got '11'\n"
                 "scenario tide has no parameter 'levle' (did you mean 'level'?)\n"
                 "parameter 'coast' is not live: tide has read it at the start (live are: ebb, level)\n"
                 "parameter 'coast' is not live: tide has read it at the start (live are: ebb, level)\n"
                 "parameter 'level': expected a string, a number or a boolean, got a table\n"
                 "set: parameters are given by name ({ loss = 0.5 }), got the key 1\n"
                 "bad argument (params) to 'set': expected a table of parameters ({ loss = 0.5 }), got a number\n"
                 "bad object to 'set' (the call needs a ':'): expected a run, got a table\n"
                 "1\n"));
    CHECK_THAT(session({session.run(), "r:stop()", "r:set { level = 2 }"}),
               Contains("tide: stopped: its parameters do not change any more\n"));
}

TEST_CASE("run: what is wrong with the name, a parameter or the role is said before anything starts")
{
    Session session;
    const std::string broken = session.folder.write("broken.lua", "return (");
    const std::string plain = session.folder.write("plain.lua", "return 5");
    CHECK_THAT(
        session({"run('pmu/udq')", session.run("{ level = 11 }"), session.run("{ coats = 'flat' }"),
                 session.run("{ coast = 'flatt' }"), "run('" + session.file + "', {}, 'see')",
                 "run('" + session.file + "', {}, 'sea', 'x')", "run('" + session.file + "', {}, nil, 'x')", "run()",
                 "run('" + session.file + "', 5)", "run('" + session.file + "', {}, {})", "run('" + broken + "')",
                 "run('" + plain + "')"}),
        Contains("no scenario 'pmu/udq' (did you mean 'pmu/udp'?)\n"
                 "parameter 'level': expected a number from 0 to 10, got '11'\n"
                 "scenario tide has no parameter 'coats' (did you mean 'coast'?)\n"
                 "parameter 'coast': expected one of flat, steep, got 'flatt' (did you mean 'flat'?)\n"
                 "scenario tide has no role 'see' (did you mean 'sea'?); its roles are: sea, shore\n"
                 "scenario tide: the role sea takes no more, got 'x'\n"
                 "scenario tide: arguments are a role's, got 'x'\n"
                 "bad argument #1 (name) to 'run': expected a scenario's name, got a nil\n"
                 "bad argument (params) to 'run': expected a table of parameters ({ loss = 0.5 }), got a number\n"
                 "bad argument #3 (role) to 'run': expected a role's name, got a table\n") &&
            Contains("broken.lua:1: ") && Contains("plain.lua is no scenario: it must return what scenario.define"));
}

TEST_CASE("run: several at once, each with its own roles, figures and end")
{
    Session session;
    const std::string text = session({
        "a = run('" + session.file + "', { level = 2 }) b = run('" + session.file + "', { level = 3 }) task.sleep(0.1)",
        "b:set { level = 0 }",
        "b:wait()['first level'], a:status(), a:figures()['first level']",
        "a:stop()",
        "a:wait()",
        "a:stop()",
    });
    CHECK_THAT(text, Contains("[1] sea: ready on") && Contains("[2] sea: ready on"));
    CHECK_THAT(text, Contains("[2] tide: done\nfirst level ... 3 m\n3  \"running\"  2\n"));
    CHECK_THAT(text, Contains("[1] tide: stopped\nfirst level ... 2 m\n"
                              "nil  stopped: [1] tide: it was stopped\n"));
}

TEST_CASE("run: a run that fails is told, and neither the prompt nor another run minds")
{
    Session session;
    const std::string text = session({session.run(), "bad = run('" + session.file + "', { level = 10 })",
                                      "task.sleep(0.1)", "bad:status()", "bad:wait()", "r:status()"});
    CHECK_THAT(
        text,
        Contains("[2] tide: failed\ntide:25: washed away\nstack traceback:\n") &&
            Contains("first level ... 10 m\n\"failed\"\nnil  failed: [2] tide: tide:25: washed away\n\"running\"\n"));
}

TEST_CASE("run: one role alone, with what it takes")
{
    Session session;
    CHECK_THAT(session({"r = run('" + session.file + "', { level = 4 }, 'shore', 'so', 'much') task.sleep(0.1)",
                        "next(r:roles()), #r:tasks()", "r:stop()"}),
               Contains("words: so much\n\"shore\"  2\n[1] tide: stopped\n"));
}

TEST_CASE("run: neither the end of an entry nor its cancel ends a run, the end of the program does, in order")
{
    Session session;
    session.engine.on_interrupt([] {});
    CHECK_THAT(
        session({session.run(), "r:wait(0.5)", "t = task.spawn(function() r:wait() end) task.sleep(0) t:cancel()",
                 "task.sleep(1) return r:status()"}),
        Contains("nil  timeout: [1] tide: has not ended after 0.5 s\n") && Contains("\n\"running\"\n"));
    CHECK_THAT(session({"r = run('" + session.file + "') r:stop() return r:status()"}), Contains("\"stopped\"\n"));
}

TEST_CASE("run: the scenario of the program itself is this_run for consoles")
{
    TemporaryFolder folder;
    const std::string file = folder.write("tide.lua", tide);
    std::string output;
    EngineOptions options;
    options.virtual_time = true;
    options.output = options.diagnostics = [&](std::string_view text) { output += text; };
    std::unique_ptr<Console> console;
    std::unique_ptr<Engine> engine;
    options.diagnostics = [&](std::string_view text) {  // the sea is ready
        output += text;
        engine->post([&] {
            console->evaluate(
                "task.sleep(0.1) print(this_run:params().level) "
                "task.spawn(function() print('below') end) task.sleep(0) local n = #this_run:tasks() "
                "this_run:set { level = 0 } return n",
                [](Outcome) {});
        });
    };
    engine = std::make_unique<Engine>(options);
    ConsoleOptions console_options;
    std::string seen;
    console_options.output = console_options.errors = [&](std::string_view text) { seen += text; };
    console_options.takes_prints = true;
    console_options.modules = {"moonwire.task"};
    console = engine->open_console(console_options);
    const Result result = engine->run_scenario({file, {}, {}});
    CHECK(result.outcome == Outcome::done);
    REQUIRE(result.figures.size() == 1);
    CHECK(result.figures[0].name == "first level");
    CHECK(seen == "1\nbelow\n3\n");
    CHECK_THAT(output,
               Contains("the level is 0, 0\n") && !Contains("below") && Contains("sea: ready on") && !Contains("[1]"));
    console.reset();
    CHECK(engine->run_string("assert(run == nil and this_run == nil and task == nil)", "test").outcome ==
          Outcome::done);
}

TEST_CASE("run: the host starts a scenario in the background, and learns how it ends")
{
    TemporaryFolder folder;
    std::string output;
    EngineOptions options;
    options.virtual_time = true;
    options.output = options.diagnostics = [&](std::string_view text) { output += text; };
    for (const double level : {10.0, 2.0}) {
        Engine engine(options);
        const auto console = engine.open_console({[](std::string_view) {}, [](std::string_view) {}});
        std::vector<Outcome> outcomes;
        engine.post([&] {
            ScenarioRun run{folder.write("tide.lua", tide), {}, {}};
            run.parameters["level"] = level;
            engine.start_scenario(run, [&](Outcome outcome) { outcomes.push_back(outcome); });
            console->evaluate(
                "require 'moonwire.task'.sleep(1) if this_run then this_run:set { level = 0 } this_run:wait() end",
                [&](Outcome) { engine.stop(); });
        });
        engine.run_consoles("test");
        CHECK(outcomes == std::vector<Outcome>{level == 10 ? Outcome::failed : Outcome::done});
    }
    CHECK_THROWS_AS(Engine().start_scenario({}, [](Outcome) {}), std::logic_error);
}

TEST_CASE("inspect: open connections and sockets are there with what they have carried, closed ones are not")
{
    EngineOptions options;
    options.virtual_time = true;
    std::string output;
    options.output = [&](std::string_view text) { output += text; };
    Engine engine(options);
    for (const char* module : {"tcp", "udp", "ws", "task", "inspect"}) {
        engine.preload("moonwire." + std::string(module));
    }
    const Result result = engine.run_string(R"lua(
        local function show()
            local lines = {}
            for i, c in ipairs(inspect.connections()) do
                lines[i] = ("%s\t%d\t%d"):format((tostring(c.object):gsub("%d+%.%d+%.%d+%.%d+:%d+", "A")), c.bytes_sent,
                    c.bytes_received)
            end
            table.sort(lines)
            print(table.concat(lines, "\n") .. "\n-")
        end
        local server = assert(tcp.listen { port = 0, host = "127.0.0.1" })
        local near = assert(tcp.connect("127.0.0.1", server:port()))
        local far = assert(server:accept())
        near:write("hello\n")
        far:read_line()
        local socket = assert(udp.bind { host = "127.0.0.1" })
        show()
        near:close() far:close() socket:close()
        show()
        local web = assert(ws.listen { port = 0, host = "127.0.0.1" })
        local visiting = task.spawn(ws.connect, "ws://127.0.0.1:" .. web:port())
        local conn, visitor = assert(web:accept()), assert(visiting:join())
        conn:send("12345")
        visitor:receive()
        show()
    )lua",
                                            "test");
    CHECK(result.error.empty());
    CHECK(output ==
          "UDP socket A\t0\t0\nconnection A -> A\t0\t6\nconnection A -> A\t6\t0\n-\n\n-\n"
          "WebSocket connection A -> A\t0\t5\nWebSocket connection A -> A\t5\t0\n-\n");
}
