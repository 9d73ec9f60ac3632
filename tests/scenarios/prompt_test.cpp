// The prompt as a person meets it, at a terminal.
#include "tests/support/process.hpp"
#include "tests/support/prompt_session.hpp"
#include "tests/support/socket.hpp"
#include "tests/support/terminal.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <fstream>
#include <sstream>

using Catch::Matchers::Contains;
using namespace moonwire::test;

namespace {

using Session = PromptSession;
}  // namespace

TEST_CASE("prompt: values are printed, and locals are there for the next entry")
{
    const TemporaryFolder state;
    Session session(state, {}, {"NO_COLOR=1"});  // moonwire alone
    session.enter_and_expect("1 + 1", "2");
    session.enter_and_expect("='text'", "\"text\"");
    session.enter_and_expect("{ 1, 2, key = { 'x' } }", "{ 1, 2, key = { \"x\" } }");
    session.enter_and_expect("local n = 0 local function count() n = n + 1 return n end", "return n end");
    session.enter_and_expect("count(), count(), n", "1  2  2");
    session.enter_and_expect("tcp.connect('127.0.0.1', 1)", "nil  refused: connect to 127.0.0.1:1: connection refused");
    session.enter_and_expect("error('my fault')", "my fault");
    session.enter_and_expect("n + nil", "attempt to perform arithmetic on a nil value");
    session.enter_and_expect("n", "2");
    CHECK(session.leave() == 0);
    CHECK_FALSE(session->screen().coloured());
}

TEST_CASE("prompt: an entry of several lines, and Ctrl-C in the midst of one")
{
    const TemporaryFolder state;
    Session session(state);
    session->type("for i = 1, 2 do" + enter);
    session->wait_for_cursor_behind("");
    session->type("print('round ' .. i)" + enter);
    session->wait_for_cursor_behind("");
    session.enter_and_expect("end", "round 1\nround 2");

    session->type("local function never()" + enter + "print('dropped");
    session->wait_for_cursor_behind("print('dropped");
    session->type(ctrl_c);
    session->wait_until([](const Screen& screen) { return screen.text().ends_with("print('dropped^C\n>\n"); },
                        "the dropped entry and a new prompt");
    session.enter_and_expect("never", "nil");
    session->type(ctrl_c);
    session->wait_until([](const Screen& screen) { return screen.text().ends_with("> ^C\nCtrl-D leaves\n>\n"); },
                        "how to leave");
    CHECK(session.leave() == 0);
}

TEST_CASE("prompt: Ctrl-C cancels the entry that waits, and nothing else")
{
    const TemporaryFolder state;
    Session session(state);
    session->type("task.spawn(function() task.sleep(0.2) background = 'lives' end)" + enter);
    session->wait_for("task started at prompt:1");
    session.wait_for_prompt();
    session->type(
        "task.spawn(function() task.defer(print, 'child ended') print('child runs') task.sleep(100) end) "
        "task.sleep(100)" +
        enter);
    session->wait_for("\nchild runs\n");
    session->type(ctrl_c);
    session->wait_until([](const Screen& screen) { return screen.text().ends_with("child ended\n\ninterrupted\n>\n"); },
                        "'interrupted', after the end of what the entry had started");
    session.enter_and_expect("task.sleep(0.3) return background", "\"lives\"");
    CHECK(session.leave() == 0);
}

TEST_CASE("prompt: Ctrl-C gets out of loops that never wait, also of those that catch every error")
{
    const TemporaryFolder state;
    Session session(state);
    for (const std::string loop : {"while true do end", "while true do pcall(function() while true do end end) end",
                                   "local t = {} while true do t[1] = (t[1] or 0) + 1 end"}) {
        CAPTURE(loop);
        session->type("print('begun') " + loop + enter);
        session->wait_until([](const Screen& screen) { return screen.text().ends_with("\nbegun\n"); }, "begun");
        session->type(ctrl_c);
        session->wait_until([](const Screen& screen) { return screen.text().ends_with("interrupted\n>\n"); },
                            "a prompt");
        session.enter_and_expect("6 * 7", "42");
        session->type("\x0c");  // Ctrl-L: a clean screen
        session->wait_until([](const Screen& screen) { return screen.rows().back() == ">"; }, "a clean screen");
    }
    session->type("task.spawn(function() task.sleep(0.05) print('in the background') while true do end end)" + enter);
    session->wait_for("\nin the background\n");
    session->type(ctrl_c);
    session->wait_for("interrupted: a task that did not let others run, started at prompt:1");
    session.enter_and_expect("6 * 7", "42");
    CHECK(session.leave() == 0);
}

TEST_CASE("prompt: what is printed while somebody types appears above the line")
{
    const TemporaryFolder state;
    Session session(state, {"repl"}, {}, 40);
    session->type("c = task.channel() return task.spawn(function() for text in c:values() do io.write(text) end end)" +
                  enter);
    session->wait_for("task started at");
    session.wait_for_prompt();
    session->type(
        "task.spawn(function() for i = 1, 3 do c:send('tick ' .. i .. '\\n') task.sleep(0.05) end "
        "c:send('half a ') task.sleep(0.05) c:send('line\\n') end)" +
        enter);
    session->type("local long = 'this is longer than a row of the terminal, and edited in its");
    session->wait_for(
        "tick 1\ntick 2\ntick 3\nhalf a line\n> local long = 'this is longer than a ro\nw of the terminal, and edited "
        "in its\n");
    session->type(" midst'" + left + left + "#" + enter);
    session->wait_until([](const Screen& screen) { return screen.before_cursor() == "> "; }, "a prompt");
    session->type("long" + enter);
    session->wait_for("\"this is longer than a row of the termin\nal, and edited in its mids#t\"");
    CHECK(session.leave() == 0);
}

TEST_CASE("prompt: a task that fails is reported above the line, and the session goes on")
{
    const TemporaryFolder state;
    Session session(state);
    session->type("task.spawn(function() task.sleep(0.05) error('in the background') end)" + enter);
    session->wait_for("task started at");
    session.wait_for_prompt();
    session->type("1 + ");
    session->wait_for("prompt:1: in the background");
    session.enter_and_expect("2", "> 1 + 2\n3");
    session.enter_and_expect("task.spawn(function() error('at once') end) task.sleep(1)", "task started at prompt:1");
    CHECK_THAT(session->screen().text(), Contains("prompt:1: at once"));
    session.enter_and_expect("6 * 7", "42");
    CHECK(session.leave() == 0);
}

TEST_CASE("prompt: a server that was started there serves while the prompt waits")
{
    const TemporaryFolder state;
    Session session(state);
    session->type("server = assert(tcp.listen { port = 0, host = '127.0.0.1' })" + enter +
                  "task.spawn(server.serve, server, function(conn) conn:write(conn:read_line():upper() .. '\\n') end)" +
                  enter + "'port ' .. server:port()" + enter);
    session->wait_for("\"port ");
    const std::string text = session->screen().text();
    const int port = std::atoi(text.c_str() + text.find("\"port ") + 6);
    session->type("local conn = tcp.connect('127.0.0.1', " + std::to_string(port) + ")" + enter);
    session.enter_and_expect("conn:write('hello\\n') return conn:read_line()", "\"HELLO\"");
    CHECK(session.leave() == 0);
}

TEST_CASE("prompt: Tab completes names, fields, methods, modules, scenarios and files")
{
    const TemporaryFolder state;
    state.write("files/some long name.txt", "");
    Session session(state, {"repl"}, {"NO_COLOR=1"});
    const auto completes = [&](const std::string& typed, const std::string& completed) {
        session->type(typed + tab);
        session->wait_for_cursor_behind("> " + completed);
        session->type(ctrl_u);
        session->wait_for_cursor_behind("> ");
    };
    session.enter_and_expect("local channel = task.channel()", "task.channel()");
    completes("multic", "multicast");
    completes("tcp.conn", "tcp.connect(");
    completes("print(chan", "print(channel");
    completes("channel:rec", "channel:receive(");
    completes("require 'moonwire.mul", "require 'moonwire.multicast");
    completes("run('pmu/t", "run('pmu/t");  // tcp and tls
    completes("run('pmu/u", "run('pmu/udp");
    completes("run('pmu/udp', { lo", "run('pmu/udp', { loss = ");
    completes("run('pmu/udp', { loss = 0.5, time", "run('pmu/udp', { loss = 0.5, timeout = ");
    completes("run('pmu/udp', { loss = tas", "run('pmu/udp', { loss = task");
    session->type("r = run('pmu/udp', { port = 0 }, 'pmu')" + enter);
    session->wait_for("[1] pmu: ready on 0.0.0.0:");
    session.wait_for_prompt();
    completes("r:par", "r:params(");
    completes("r:set { time", "r:set { timeout = ");
    completes("r:set({ time", "r:set({ timeout = ");
    completes("r:set { off", "r:set { off");  // is not live
    completes("io.open('" + state.path().string() + "/files/s",
              "io.open('" + state.path().string() + "/files/some long name.txt");
    session->type("run('pmu/" + tab);
    session->wait_until(
        [](const Screen& screen) {
            return screen.text().find("pmu/tcp        pmu/tls        pmu/udp        pmu/websocket\n> run('pmu/") !=
                   std::string::npos;
        },
        "the choice and the line again");
    session->type(ctrl_u);
    CHECK(session.leave() == 0);
}

TEST_CASE("prompt: a hint shows what a function takes, and goes when the line is entered")
{
    const TemporaryFolder state;
    Session session(state);
    session.enter_and_expect("function add(first, second) return first + second end", "second end");
    session->type("add(");
    session->wait_until([](const Screen& screen) { return screen.cursor_row().ends_with("  add(first, second)"); },
                        "the hint");
    session.enter_and_expect("1, 2)", "> add(1, 2)\n3");
    CHECK(session.leave() == 0);
}

TEST_CASE("prompt: the history outlives the session, an entry of several lines stays one")
{
    const TemporaryFolder state;
    {
        Session session(state);
        session.enter_and_expect("'the first entry'", "\"the first entry\"");
        session->type("for i = 1, 1 do" + enter);
        session->wait_for_cursor_behind("");
        session.enter_and_expect("print('several lines\\\\n', i) end", "several lines\\n 1");
        CHECK(session.leave() == 0);
    }
    const auto file = state.path() / "moonwire" / "history";
    CHECK((std::filesystem::status(file).permissions() & std::filesystem::perms::all) ==
          (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
    Session session(state);
    session->type(up);
    session->wait_for("\n> for i = 1, 1 do\nprint('several lines\\\\n', i) end\n");
    session.enter_and_expect("", "several lines\\n 1");
    session->type(up + up + up);
    session->wait_for_cursor_behind("> 'the first entry'");
    session->type(ctrl_c);
    session->wait_for("^C\n>");
    session->type("\x12sev");  // Ctrl-R
    session->wait_for("bck:sev");
    session.enter_and_expect("", "several lines\\n 1");
    CHECK(session.leave() == 0);
}

TEST_CASE("prompt: a history that cannot be kept is said once")
{
    const TemporaryFolder state;
    state.write("moonwire", "a file where the folder should be");
    Session session(state);
    session->type("1" + enter);
    session->wait_for("moonwire: the history is not kept: ");
    session.enter_and_expect("2", "> 2\n2");
    CHECK(session.leave() == 0);
}

TEST_CASE("prompt: up and down move among the lines of an entry first")
{
    const TemporaryFolder state;
    Session session(state);
    session->type("for i = 1, 2 do" + enter + "print(i)" + enter + "en");
    session->wait_for_cursor_behind("en");
    session->type(up);
    session->wait_for_cursor_behind("pr");
    session->type("\x05, 'x'" + left);  // Ctrl-E: the end of the entry
    session->wait_for_cursor_behind("en, 'x");
    session->type(ctrl_c);
    session->wait_for_cursor_behind("> ");
    session->type("f(" + enter + "1" + enter + ")" + up + up + down);
    session->wait_for_cursor_behind("1");
    session->type(ctrl_c);
    CHECK(session.leave() == 0);
}

TEST_CASE("prompt: a pasted block is one entry, and edited as such")
{
    const TemporaryFolder state;
    Session session(state);
    session->type("\033[200~local function twice(x)\r\n  return x * 2\r\nend\033[201~");
    session->wait_for("> local function twice(x)\n  return x * 2\nend\n");
    session.enter_and_expect(" return twice(21)", "42");
    session->type("\033[200~print('a')\rprint('b')\r\033[201~" + enter);
    session->wait_for("a\nb\n>");
    // A terminal that does not mark what is pasted.
    session->type("local x = 1\rlocal y = 2\rx + y\r");
    session->wait_for("\n3\n>");
    CHECK(session.leave() == 0);
}

TEST_CASE("prompt: characters of UTF-8 are characters, whatever the locale")
{
    const TemporaryFolder state;
    for (const std::string locale : {"LC_ALL=C", "LC_ALL=C.UTF-8", "LC_ALL=nosuch"}) {
        CAPTURE(locale);
        Session session(state, {"repl"}, {locale, "NO_COLOR=1"});
        session->type("'äü 漢字'" + left + left + left + "\x7f" + "ö ");  // the last Backspace takes a whole character
        session->wait_for_cursor_behind("> 'äüö ");
        session.enter_and_expect("", "\"äüö 漢字\"");
        session.enter_and_expect("#'漢'", "3");
        session.enter_and_expect("'\\xff\\27[31m\\n'", "\"\\255\\027[31m\\n\"");
        CHECK(session.leave() == 0);
    }
}

TEST_CASE("prompt: keys that mean nothing leave the line alone")
{
    const TemporaryFolder state;
    Session session(state);
    session->type("4\033[15~\033[1;6C\033OP\033[200;300;400u2\xff\x80");
    session->wait_for_cursor_behind("> 42");
    session.enter_and_expect("", "> 42\n42");
    CHECK(session.leave() == 0);
}

TEST_CASE("prompt: long lines, and a window that changes its size under them")
{
    const TemporaryFolder state;
    Session session(state, {"repl"}, {}, 40);
    const std::string digits = "0123456789012345678901234567890123456789012345678901234567890123456789";
    session->type("#'" + digits + "'");
    session->wait_for("> #'012345678901234567890123456789012345\n6789012345678901234567890123456789'\n");
    session->resize(60, 24);
    session->wait_for_cursor_behind("67890123456789'");
    CHECK(session->screen().text().find(digits.substr(0, 56)) != std::string::npos);
    session.enter_and_expect("", "70");
    session->type("local wide = '" + digits + digits + digits + "' return #wide + 0");
    session->resize(30, 10);
    session->wait_for_cursor_behind(" + 0");
    session.enter_and_expect("", "210");
    CHECK(session.leave() == 0);
}

TEST_CASE("prompt: colours on a terminal, unless NO_COLOR is set")
{
    const TemporaryFolder state;
    Session session(state, {"repl"}, {"NO_COLOR="});
    session.enter_and_expect("'text'", "\"text\"");
    CHECK(session->screen().coloured());
    CHECK(session.leave() == 0);
}

TEST_CASE("prompt: -i runs a script first, whose locals are there at the prompt")
{
    const TemporaryFolder state;
    const std::string file =
        state.write("first.lua",
                    "#!/usr/bin/env moonwire\nlocal who = ...\nlocal function greet() return "
                    "'hello ' .. who end\nprint(arg[0]:match('[^/]+$'), #arg)\nerror('too far')\n");
    Session session(state, {"-i", file, "Anna"});
    CHECK_THAT(session->screen().text(), Contains("first.lua       1\n") && Contains("first.lua:5: too far\n"));
    session.enter_and_expect("greet()", "\"hello Anna\"");
    CHECK(session.leave() == 0);
    Session code(state, {"-i", "-e", "x = 6 local y = 7"});
    code.enter_and_expect("x * y", "42");
    CHECK(code.leave() == 0);
}

TEST_CASE("prompt: an entry may read from the terminal itself")
{
    const TemporaryFolder state;
    Session session(state);
    session->type("stdio.read_line('name? ')" + enter);
    session->wait_for_cursor_behind("name? ");
    session.enter_and_expect("Anna", "\"Anna\"");
    CHECK(session.leave() == 0);
}

TEST_CASE("prompt: leaving ends all that runs, in order")
{
    const TemporaryFolder state;
    const std::string busy =
        "task.defer(print, 'deferred at the prompt') "
        "return task.spawn(function() task.defer(print, 'cleaned up') task.sleep(100) end)";
    SECTION("by Ctrl-D")
    {
        Session session(state);
        session->type(busy + enter);
        session->wait_for("task started at");
        CHECK(session.leave() == 0);
        CHECK_THAT(session->screen().text(), Contains("cleaned up\n") && Contains("deferred at the prompt\n"));
    }
    SECTION("by a signal")
    {
        Session session(state);
        session->type(busy + enter);
        session->wait_for("task started at");
        ::kill(session->pid(), SIGTERM);
        CHECK(session->wait() == 130);
        CHECK_THAT(session->screen().text(), Contains("cleaned up\n") && Contains("deferred at the prompt\n"));
    }
    SECTION("as the terminal goes")
    {
        const std::string file = (state.path() / "ended").string();
        Session session(state);
        session->type("task.spawn(function() task.defer(function() io.open('" + file +
                      "', 'w'):close() end) task.sleep(100) end)" + enter);
        session->wait_for("task started at");
        session->hang_up();
        CHECK(session->wait() == 130);
        CHECK(std::filesystem::exists(file));
    }
    SECTION("and Ctrl-C ends a clean-up that does not")
    {
        Session session(state);
        session->type(
            "task.spawn(function() task.defer(function() print('for ever') while true do end end) "
            "task.sleep(100) end)" +
            enter);
        session->wait_for("task started at");
        session.wait_for_prompt();
        session->type(ctrl_d);
        session->wait_for("\nfor ever");
        session->type(ctrl_c);
        CHECK(session->wait() == 130);
    }
}

TEST_CASE("prompt: piped lines run without a prompt, an error makes the exit status 1")
{
    const Finished good = run_moonwire(
        {"repl"}, "1 + 1\nlocal x = 20\nfor i = 1, 2 do\n  print(i)\nend\nx + 1\ntask.sleep(0.01) return 'waited'");
    CHECK(good.output == "2\n1\n2\n21\n\"waited\"\n");
    CHECK(good.error.empty());
    CHECK(good.status == 0);
    const Finished bad = run_moonwire({"repl"}, "print('a')\nerror('wrong')\nx x\nprint('b')\nfor");
    CHECK(bad.output == "a\nb\n");
    CHECK(bad.error == "wrong\n'=' expected near 'x'\n'<name>' expected near '<eof>'\n");
    CHECK(bad.status == 1);
    const Finished ended =
        run_moonwire({"repl"}, "task.spawn(function() task.defer(print, 'cleaned') task.sleep(9) end)");
    CHECK_THAT(ended.output, Contains("cleaned\n"));

    const TemporaryFolder folder;
    const std::string file = folder.write("lines", "'from a file'\n");
    CHECK(run({"sh", "-c", "\"$0\" repl < " + file, MOONWIRE_EXECUTABLE}).output == "\"from a file\"\n");
    Process endless({MOONWIRE_EXECUTABLE, "repl"});
    endless.write("print('begun') task.sleep(0.01) while true do end\nprint('never')\n");
    endless.wait_for_output("begun");
    endless.signal(SIGINT);
    CHECK(endless.wait() == 130);
    CHECK_THAT(endless.output(), !Contains("never"));
}

TEST_CASE("prompt: what does not go with one is refused")
{
    CHECK_THAT(run_moonwire({"repl", "--virtual-time"}).error, Contains("--virtual-time does not go with a prompt"));
    CHECK_THAT(run_moonwire({"-i", "-"}).error, Contains("-i needs a script that is a file"));
    CHECK_THAT(run_moonwire({"-i", "nosuch.lua"}).error, Contains("no file 'nosuch.lua'"));
    CHECK_THAT(run_moonwire({"repl", "--sed", "1"}).error, Contains("did you mean '--seed'?"));
    CHECK(run_moonwire({"-i", "-"}).status == 2);
}
