#include "tests/support/process.hpp"
#include "tests/support/socket.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

using Catch::Matchers::Contains;
using Catch::Matchers::Matches;
using Catch::Matchers::StartsWith;
using namespace moonwire::test;

namespace {

using Words = std::vector<std::string>;

Words server_command(Words arguments)
{
    arguments.insert(arguments.begin(), {"websocketd", "server", "--port=0"});
    return moonwire_run(arguments);
}

struct Server {
    explicit Server(const Words& arguments)
        : process(server_command(arguments)), port(port_of(process.wait_for_error("ready on")))
    {
    }

    /// A script of a client's; `conn` is its connection, and its last lines are `receive()` until the end.
    Words script(const std::string& body, const std::string& options = "") const
    {
        return {MOONWIRE_EXECUTABLE, "-e",
                "local ws, task = require 'moonwire.ws', require 'moonwire.task'\n"
                "local url = 'ws://127.0.0.1:" +
                    port +
                    "/'\n"
                    "local conn, err = ws.connect(url, {" +
                    options +
                    "})\n"
                    "local function ended() repeat local m, e = conn:receive(); if m then print(m) end until not m\n"
                    "  print(select(2, conn:receive()).close_code, select(2, conn:receive()).reason) end\n" +
                    body};
    }

    std::string play(const std::string& body, const std::string& options = "") const
    {
        const Finished finished = run(script(body, options));
        CHECK(finished.error.empty());
        return finished.output;
    }

    /// What a plain HTTP request is answered.
    std::string ask(const std::string& request) const
    {
        Client client(port);
        client.send(request + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        return client.read_all();
    }

    Process process;
    std::string port;
};

/// A program for `sh -c`.
Words shell(Words options, const std::string& program)
{
    options.insert(options.end(), {"sh", "-c", program});
    return options;
}

pid_t process_of(const std::string& line)
{
    return static_cast<pid_t>(std::stol(line.substr(line.rfind("process ") + 8)));
}

/// Waits until the process is no more.
bool is_gone(pid_t pid)
{
    const auto deadline = std::chrono::steady_clock::now() + patience();
    while (::kill(pid, 0) == 0 && std::chrono::steady_clock::now() < deadline) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return ::kill(pid, 0) != 0;
}

/// Bytes that a process has written so far.
long written_by(pid_t pid)
{
    std::ifstream file("/proc/" + std::to_string(pid) + "/io");
    for (std::string name; file >> name;) {
        long value = 0;
        file >> value;
        if (name == "wchar:") {
            return value;
        }
    }
    return -1;
}

}  // namespace

TEST_CASE("websocketd: all roles")
{
    const Finished run = run_moonwire({"run", "websocketd", "--port", "0"});
    CHECK(run.status == 0);
    CHECK_THAT(run.output, Matches("Hello, [0-9a-f.:]+! This process is yours alone.\n"
                                   "You said: Romeo\nYou said: Juliet\nYou said: quit\nGood bye!\n"));
    CHECK_THAT(run.error, Contains("has ended: exit status 0"));
    CHECK(run_moonwire({"run", "websocketd", "--port", "0", "--program", "cat", "--linger", "0.5"}).status == 0);
}

TEST_CASE("websocketd: every connection has a process of its own, and lines are messages both ways")
{
    Server server(shell({}, "echo $$; cat"));
    const std::string output = server.play(R"(
        local other = ws.connect(url)
        local mine, others = conn:receive(), other:receive()
        print(mine ~= others, mine:match("^%d+$") and true)
        conn:send("one"); other:send("another"); conn:send("two")
        print(conn:receive()); print(conn:receive()); print(other:receive())
        conn:send("two\nlines"); print(conn:receive(), (conn:receive()))
        conn:send_binary("bytes"); print(conn:receive())
    )");
    CHECK(output == "true\ttrue\none\tfalse\ntwo\tfalse\nanother\tfalse\ntwo\tlines\nbytes\tfalse\n");
}

TEST_CASE("websocketd: when the program ends, its last lines are sent, then close 1000")
{
    Server server(shell({}, "seq 1000; printf 'no line end'; exit 3"));
    const std::string output = server.play("ended()");
    CHECK_THAT(output, StartsWith("1\n2\n3\n") && Contains("\n1000\nno line end\n1000\tthe program has ended\n"));
    CHECK_THAT(server.process.wait_for_error("has ended"), Contains("has ended: exit status 3"));
    Server killed(shell({}, "kill -9 $$"));
    CHECK(killed.play("ended()") == "1000\tthe program has ended\n");
    CHECK_THAT(killed.process.wait_for_error("has ended"), Contains("has ended: SIGKILL"));
}

TEST_CASE("websocketd: when the client goes, the program is ended, however stubborn")
{
    const auto end_of = [](const std::string& program, const std::string& leave) {
        Server server(shell({"--grace", "0.2"}, program));
        CHECK(server.play("print(conn:receive())\n" + leave) == "ready\tfalse\n");
        const std::string started = server.process.wait_for_error(": process ");
        const std::string line = server.process.wait_for_error("has ended");
        CHECK(is_gone(process_of(started)));
        return line.substr(line.find("ended: ") + 7);
    };
    CHECK(end_of("echo ready; cat", "conn:close()") == "exit status 0");
    CHECK(end_of("echo ready; cat", "conn:abort()") == "exit status 0");
    CHECK(end_of("echo ready; exec sleep 1000", "conn:close()") == "SIGTERM");
    CHECK(end_of("trap 'exit 7' TERM; echo ready; while :; do sleep 0.01; done", "conn:close()") == "exit status 7");
    CHECK(end_of("trap '' TERM; echo ready; while :; do sleep 0.01; done", "conn:close()") == "SIGKILL");
    CHECK(end_of("echo ready; while echo more; do :; done", "conn:close()") == "SIGTERM");
}

TEST_CASE("websocketd: what the client has sent before it goes still reaches the program")
{
    const TemporaryFolder folder;
    const std::string file = (folder.path() / "log").string();
    Server server(shell({}, "cat > " + file));
    server.play("for i = 1, 1000 do conn:send('line ' .. i) end conn:close()");
    server.process.wait_for_error("has ended: exit status 0");
    std::ifstream log(file);
    std::string last;
    int count = 0;
    for (std::string line; std::getline(log, line); ++count) {
        last = line;
    }
    CHECK(count == 1000);
    CHECK(last == "line 1000");
}

TEST_CASE("websocketd: lines that are not UTF-8 are binary messages")
{
    Server server(shell({}, R"(printf 'caf\303\251\ncaf\351\n\nend\r\n')"));
    CHECK(server.play(R"(
        for _ = 1, 4 do
          local message, is_binary = conn:receive()
          print(#message, is_binary)
        end
    )") == "5\tfalse\n4\ttrue\n0\tfalse\n3\tfalse\n");
}

TEST_CASE("websocketd: standard error is logged with the process, and cannot fake a line of the log")
{
    Server server(shell({}, R"(printf 'oh \033[2J\n%05000d\nlast' 0 >&2; echo $$)"));
    const std::string pid = server.play("print((conn:receive()))");
    const std::string name = "server: process " + pid.substr(0, pid.size() - 1);
    CHECK(server.process.wait_for_error("oh") == name + ": oh \\x1b[2J");
    CHECK_THAT(server.process.wait_for_error("000000"), StartsWith(name));
    CHECK(server.process.wait_for_error("last") == name + ": last");
}

TEST_CASE("websocketd: the program's environment is that of CGI")
{
    Server server({"env"});
    const std::string output = server.play(R"(
        conn:close()
        conn = ws.connect(url .. "some%20path?a=1&b=2", { headers = { ["X-Lab"] = "3", Proxy = "evil" } })
        ended()
    )");
    for (const std::string& variable :
         {std::string("REMOTE_ADDR=127.0.0.1"), std::string("REMOTE_HOST=127.0.0.1"),
          std::string("QUERY_STRING=a=1&b=2"), std::string("REQUEST_URI=/some%20path?a=1&b=2"),
          std::string("PATH_INFO=/some path"), std::string("SERVER_NAME=127.0.0.1"), "SERVER_PORT=" + server.port,
          std::string("REQUEST_METHOD=GET"), std::string("SERVER_PROTOCOL=HTTP/1.1"),
          std::string("GATEWAY_INTERFACE=CGI/1.1"), std::string("HTTP_X_LAB=3"), std::string("SCRIPT_NAME=/"),
          std::string("AUTH_TYPE="), "HTTP_HOST=127.0.0.1:" + server.port}) {
        CHECK_THAT("\n" + output, Contains("\n" + variable + "\n"));
    }
    CHECK_THAT(output, Contains("REMOTE_PORT=") && Contains("UNIQUE_ID=") && Contains("PATH=") && !Contains("evil"));
}

TEST_CASE("websocketd: arguments reach the program as they are")
{
    Server server({"--devconsole", "--", "printf", "%s\\n", "a b", "$HOME", "--port=1", "*"});
    CHECK_THAT(server.play("ended()"), StartsWith("a b\n$HOME\n--port=1\n*\n1000\t"));
}

TEST_CASE("websocketd: a program that floods is slowed by a client that does not read")
{
    Server server({"yes", std::string(100, 'x')});
    Process client(
        server.script("io.stdout:write('connected\\n') io.stdout:flush() io.read() "
                      "for _ = 1, 300000 do assert(#conn:receive() == 100) end print('read')"));
    const pid_t program = process_of(server.process.wait_for_error(": process "));
    client.wait_for_output("connected");
    long before = -1;
    long now = written_by(program);
    while (before != now) {
        std::this_thread::sleep_for(std::chrono::milliseconds(300));
        before = std::exchange(now, written_by(program));
    }
    CHECK(now > 0);
    CHECK(now < 24 * 1024 * 1024);  // the kernel's buffers, and ours
    client.write("go on\n");
    client.wait_for_output("read");
    CHECK(written_by(program) > now);
}

TEST_CASE("websocketd: a client that floods is slowed by a program that does not read, and both are given up at last")
{
    Server server(shell({"--patience", "0.5", "--grace", "0.1"}, "exec sleep 1000"));
    const std::string output = server.play(R"(
        local line, sent = ("x"):rep(10000), 0
        while conn:send(line) do sent = sent + 1 end
        print(sent > 5 and sent < 5000)
    )");
    CHECK(output == "true\n");
    server.process.wait_for_error("does not read");
    CHECK_THAT(server.process.wait_for_error("has ended"), Contains("SIGTERM"));
}

TEST_CASE("websocketd: limits on clients, lines and messages")
{
    Server server({"--max-clients", "2", "--max-message", "50", "cat"});
    CHECK(server.play(R"(
        local second = ws.connect(url)
        local third, refusal = ws.connect(url)
        print(third, refusal.code, refusal.message:match("503"))
        second:close()
        repeat third = ws.connect(url) until third  -- when the program has ended
        third:close()
        conn:send(("x"):rep(50))
        conn:receive()
        conn:send(("x"):rep(51))
        ended()
    )") == "nil\tupgrade_refused\t503\n1009\ta frame is longer than max_frame\n");
    Server writer(shell({"--max-line", "100"}, "echo short; printf '%0101d\\n' 0; echo never"));
    CHECK(writer.play("ended()") == "short\n1011\tthe program has written a line that is too long\n");
    writer.process.wait_for_error("a line of more than 100 bytes");
}

TEST_CASE("websocketd: plain HTTP")
{
    Server plain({"cat"});
    CHECK_THAT(plain.ask("GET /"), StartsWith("HTTP/1.1 426 ") && Contains("Upgrade: websocket") &&
                                       Contains("This server speaks WebSocket"));
    CHECK_THAT(plain.ask("POST /"), StartsWith("HTTP/1.1 405 "));
    CHECK_THAT(plain.ask("NONSENSE"), StartsWith("HTTP/1.1 4"));
    Server console({"--devconsole", "cat"});
    console.process.wait_for_error("the console is at http://localhost:" + console.port + "/");
    const std::string page = console.ask("GET /");
    CHECK_THAT(page, StartsWith("HTTP/1.1 200 ") && Contains("Content-Type: text/html") &&
                         Contains("Content-Security-Policy: default-src 'none'; script-src 'self'") &&
                         Contains("console.js") && !Contains("onclick") && !Contains("http://"));
    CHECK_THAT(console.ask("GET /console.js"), Contains("Content-Type: text/javascript"));
    CHECK_THAT(console.ask("GET /console.css"), Contains("Content-Type: text/css"));
    CHECK_THAT(console.ask("GET /../init.lua"), StartsWith("HTTP/1.1 4"));
    CHECK(console.play("conn:send('x') print((conn:receive()))") == "x\n");
}

TEST_CASE("websocketd: pages of other servers may not connect, unless they are let")
{
    const std::string tried = R"(
        for _, origin in ipairs { url:match("://(.*)/"), "127.0.0.1:1", "evil.example" } do
          local c, e = ws.connect(url, { origin = "http://" .. origin })
          print(c and "in" or e.message:match("403"))
        end
    )";
    CHECK(Server({"cat"}).play(tried) == "in\n403\n403\n");
    CHECK(Server({"--any-origin", "cat"}).play(tried) == "in\nin\nin\n");
}

TEST_CASE("websocketd: a program that is not there is reported at once, or to the client")
{
    const Finished mistyped = run(server_command({"no-such-program-here"}));
    CHECK(mistyped.status == 1);
    CHECK_THAT(mistyped.error, Contains("there is no program 'no-such-program-here' to run"));
    const TemporaryFolder folder;
    const std::string file = folder.write("data", "no program");
    Server server({file});
    CHECK(server.play("ended()") == "1011\tthe program cannot be started\n");
    server.process.wait_for_error(file);
}

TEST_CASE("websocketd: the server's end is the programs' end")
{
    Server server(shell({}, "exec sleep 1000"));
    Process client(server.script("conn:receive()"));
    const pid_t program = process_of(server.process.wait_for_error(": process "));
    server.process.signal(SIGINT);
    CHECK(server.process.wait() == 130);
    CHECK(is_gone(program));
}
