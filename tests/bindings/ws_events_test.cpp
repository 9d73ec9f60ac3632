// The event style of moonwire.ws.
#include "tests/bindings/ws_script.hpp"

#include <catch2/catch.hpp>

using Catch::Matchers::Contains;
using namespace moonwire::test;

TEST_CASE("the lab's client: every event, in order")
{
    CHECK(ws_output(R"(
        meet()
        for _, event in ipairs { "message", "close", "ping", "pong", "error", "open" } do
            b:on(event, function(...) print(event, ...) end)
        end
        task.spawn(function()
            a:send("hello") a:send_binary("\1\2") a:ping("p1") a:pong("p2")
            a:receive()
            a:close(4000, "enough")
        end)
        b:on("open", function() b:ping("mine") b:send("from open") end)
        print("ended", b:wait()))") ==
          "open\nmessage\thello\tfalse\nmessage\t\1\2\ttrue\nping\tp1\npong\tp2\npong\tmine\n"
          "close\t4000\tenough\nended\t4000\tenough\n");
}

TEST_CASE("off takes a listener away, also from within it")
{
    CHECK(ws_output(R"(
        meet()
        local function all(data) print("all", data) end
        local function once(data)
            print("once", data)
            b:off("message", once)
        end
        b:on("message", once):on("message", all):on("message", print)
        b:off("message", print):off("message", print):off("close", print)
        a:send("1") a:send("2")
        task.sleep(0.1)
        b:off("message", all)
        a:send("3")
        task.sleep(0.1)
        b:on("message", print)
        a:send("4")
        task.spawn(a.close, a)
        b:wait())") == "once\t1\nall\t1\nall\t2\n4\tfalse\n");
}

TEST_CASE("the lab's server: a handler that only registers listeners")
{
    CHECK(ws_output(R"(
        listen()
        local open = 0
        task.spawn(function()
            server:serve(function(conn)
                open = open + 1
                conn:on("message", function(data, is_binary) conn:send(data:upper()) end)
                conn:on("close", function(code, reason)
                    print("closed", code, reason)
                    open = open - 1
                end)
            end)
        end)
        local clients = {}
        for i = 1, 10 do
            clients[i] = assert(ws.connect(url()))
            clients[i]:send("hello " .. i)
        end
        for i = 1, 10 do assert(clients[i]:receive() == "HELLO " .. i) end
        print(open)
        for i = 1, 10 do clients[i]:close(1000, "bye") end
        task.sleep(0.1)
        print(open)
        server:close())") ==
          "10\nclosed\t1000\tbye\nclosed\t1000\tbye\nclosed\t1000\tbye\nclosed\t1000\tbye\n"
          "closed\t1000\tbye\nclosed\t1000\tbye\nclosed\t1000\tbye\nclosed\t1000\tbye\n"
          "closed\t1000\tbye\nclosed\t1000\tbye\n0\n");
}

TEST_CASE("a listener may wait, and what comes waits with it")
{
    CHECK(ws_output(R"(
        meet()
        b:on("message", function(data)
            print(data)
            task.sleep(5)
            print(data, "done")
        end)
        a:send("1") a:send("2")
        task.spawn(a.close, a)
        b:wait())") == "1\n1\tdone\n2\n2\tdone\n");
}

TEST_CASE("a failure is told as error, then close")
{
    CHECK(ws_output(R"(
        listen()
        local client = raw()
        a:on("error", function(err) print("error", err.code) end)
        a:on("close", function(...) print("close", ...) end)
        client:write("\1\2\3")
        local reason, err = a:wait()
        print(reason, err.code)
        client = raw()
        a:on("close", function(...) print("close", ...) end)
        client:abort()
        print(code(a:wait()))
        client = raw()
        a:on("close", function(...) print("close", ...) end)
        client:close()
        print(code(a:wait())))") ==
          "error\tprotocol_error\nclose\t1002\t\nnil\tprotocol_error\n"
          "close\t1006\t\nreset\nclose\t1006\t\nclosed\n");
}

TEST_CASE("a peer that breaks the protocol is thrown when nobody listens for errors")
{
    CHECK_THAT(ws_error(R"(
        listen()
        local client = raw()
        a:on("message", print)
        client:write("\1\2\3")
        a:wait())"),
               Contains("receive from WebSocket connection"));
}

TEST_CASE("an error in a listener fails the task that listens, and waits for it throw it")
{
    CHECK_THAT(ws_error(R"(
        meet()
        b:on("message", function() error("in the listener") end)
        a:send("x")
        task.sleep(10)
        print("never"))"),
               Contains("in the listener"));
    CHECK(ws_output(R"(
        meet()
        b:on("message", function() error("in the listener", 0) end)
        a:send("x")
        print(pcall(b.wait, b)))") == "false\tin the listener\n");
}

TEST_CASE("an error in a server's listener is reported and costs its own client only")
{
    const Ran ran = run_script(ws_script(R"(
        listen()
        task.spawn(function()
            server:serve(function(conn)
                conn:on("message", function(data)
                    if data == "bad" then error("bad message") end
                    conn:send(data)
                end)
            end)
        end)
        local bad, good = assert(ws.connect(url())), assert(ws.connect(url()))
        bad:send("bad") good:send("good")
        print(code(bad:receive()), good:receive())
        server:close())"));
    CHECK(ran.result.error.empty());
    CHECK(ran.output == "closed\tgood\tfalse\n");
    CHECK_THAT(ran.diagnostics, Contains("bad message") && Contains("test.lua:"));
}

TEST_CASE("who listens cannot receive, and waiting needs a listener")
{
    CHECK_THAT(ws_error("meet() a:on('message', print) task.sleep(0.1) a:receive()"),
               Contains("another task is receiving from this connection already"));
    CHECK_THAT(ws_error("meet() a:wait()"), Contains("wait: nobody listens to this connection; call on() first"));
    CHECK(ws_output("meet() a:on('message', print) print(code(a:wait(5)), a:closed())") == "timeout\tfalse\n");
}

TEST_CASE("misuse of events says which there are")
{
    CHECK_THAT(
        ws_error("meet() a:on('massage', print)"),
        Contains("bad argument #1 (event) to 'on': expected open, message, close, ping, pong or error, got massage"));
    CHECK_THAT(ws_error("meet() a:off('message')"),
               Contains("bad argument #2 (listener) to 'off': expected a function, got nil"));
}
