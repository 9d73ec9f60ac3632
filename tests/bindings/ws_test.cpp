// Messages, control frames and the end of a connection, straight-line.
#include "tests/bindings/ws_script.hpp"

#include <catch2/catch.hpp>

using Catch::Matchers::Contains;
using namespace moonwire::test;

TEST_CASE("text and binary messages are told apart, both ways")
{
    CHECK(ws_output(R"(
        meet()
        a:send("text") a:send_binary("\0\1\255") a:send("") a:send_binary("")
        b:send("grüße") b:send_binary(("x"):rep(70000))
        for i = 1, 4 do
            local data, is_binary = b:receive()
            print(#data, is_binary)
        end
        print(a:receive())
        local data, is_binary = a:receive()
        print(#data, is_binary))") == "4\tfalse\n3\ttrue\n0\tfalse\n0\ttrue\ngrüße\tfalse\n70000\ttrue\n");
}

TEST_CASE("a text that is not UTF-8 is not sent, and the connection lives on")
{
    CHECK(ws_output(R"(
        meet()
        local sent, err = a:send("\255")
        print(sent, err.code)
        print(a:send_binary("\255"), #b:receive()))") == "nil\tinvalid_utf8\ntrue\t1\n");
}

TEST_CASE("messages() gives what comes until the close frame, whose code and reason can be asked for")
{
    CHECK(ws_output(R"(
        meet()
        b:send("one") b:send_binary("two")
        local closing = task.spawn(function() return b:close(4001, "that was all") end)
        for data, is_binary in a:messages() do print(data, is_binary) end
        local data, err = a:receive()
        print(data, err.code, err.close_code, err.reason)
        print(a:closed(), code(a:send("late")), code(a:ping()), a:close(), closing:join()))") ==
          "one\tfalse\ntwo\ttrue\nnil\tclosed\t4001\tthat was all\ntrue\tclosed\tclosed\ttrue\ttrue\n");
}

TEST_CASE("messages() ends quietly when the peer broke off or vanished, and throws what breaks the protocol")
{
    CHECK(ws_output(R"(
        meet()
        b:send("last") b:flush() task.sleep(0.1) b:abort()
        for data in a:messages() do print(data) end
        print(code(a:receive()), select(2, a:receive()).close_code)
        listen { max_message = 10 }
        local client = raw()
        client:close()
        for data in a:messages() do print(data) end
        print(code(a:receive()), select(2, a:receive()).close_code)
        client = raw()
        client:write("\1\2\3")
        local good, err = pcall(function() for data in a:messages() do print(data) end end)
        print(good, err.code, err.close_code))") == "last\nreset\t1006\nclosed\t1006\nfalse\tprotocol_error\t1002\n");
}

TEST_CASE("close without arguments is code 1000, and a close frame without a code is 1005")
{
    CHECK(ws_output(R"(
        meet()
        task.spawn(function() a:close() end)
        print(select(2, b:receive()).close_code, select(2, b:receive()).reason == "")
        listen()
        local client = raw()
        client:write(frame(8, ""))
        print(select(2, a:receive()).close_code))") == "1000\ttrue\n1005\n");
}

TEST_CASE("a peer that does not answer a close frame is broken off in time")
{
    CHECK(ws_output(R"(
        listen { close_timeout = 2 }
        raw()
        local start = clock.now()
        print(code(a:close()), clock.now() - start >= 2, clock.now() - start < 3)
        local client = raw()
        start = clock.now()
        print(code(a:close(1001, "", 7)), clock.now() - start >= 7))") == "timeout\ttrue\ttrue\ntimeout\ttrue\n");
}

TEST_CASE("both sides may close at the same time, and abort needs no partner")
{
    CHECK(ws_output(R"(
        meet()
        print(task.all(function() return a:close(4000) end, function() return b:close(4001) end))
        meet()
        a:abort() a:abort()
        print(a:closed(), code(a:send("x")), code(a:receive()), a:close()))") ==
          "true\ttrue\ntrue\tclosed\tclosed\ttrue\n");
}

TEST_CASE("a receive has a timeout, after which nothing is lost")
{
    CHECK(ws_output(R"(
        meet()
        print(code(a:receive(1)), code(a:receive(0)))
        b:send("late")
        print(a:receive()))") == "timeout\ttimeout\nlate\tfalse\n");
}

TEST_CASE("pings are answered without the script, and their round trip is measured")
{
    CHECK(ws_output(R"(
        meet()
        print(a:info().ping_round_trip)
        a:ping("are you there?") a:pong("unasked")
        b:send("after")
        print(a:receive())
        task.spawn(function() b:receive() end)
        b:send("again")
        print(a:receive())
        print(a:info().pings_sent, a:info().pongs_received, b:info().pings_received, b:info().pongs_received)
        print(a:info().ping_round_trip >= 0))") == "nil\nafter\tfalse\nagain\tfalse\n1\t1\t1\t1\ntrue\n");
}

TEST_CASE("info counts messages, frames and bytes each way")
{
    CHECK(ws_output(R"(
        meet(nil, { fragment_size = 4 })
        b:send("123456789") b:send_binary("ab")
        a:receive() a:receive()
        a:send("answer") b:receive()
        local function show(info)
            print(info.messages_sent, info.frames_sent, info.bytes_sent, info.messages_received, info.frames_received,
                info.bytes_received, info.messages_dropped, info.queued, info.compression)
        end
        show(a:info()) show(b:info())
        print(b:info().stream_bytes_sent - a:info().stream_bytes_received, a:tcp_info().state, a:tls()))") ==
          "1\t1\t6\t2\t4\t11\t0\t0\tfalse\n2\t4\t11\t1\t1\t6\t0\t0\tfalse\n4\tESTAB\tnil\n");
}

TEST_CASE("fragments make one message, also with a ping between")
{
    CHECK(ws_output(R"(
        listen()
        local client = raw()
        client:write(frame(1, "Hel", 0) .. frame(9, "ping") .. frame(0, "lo ", 0) .. frame(0, "there"))
        print(a:receive())
        print(client:read(6) == "\138\4ping"))") == "Hello there\tfalse\ntrue\n");
}

TEST_CASE("what is larger than the limits ends the connection with 1009")
{
    const std::string receive_and_show = R"(
        local data, err = a:receive()
        print(data, err.code, err.close_code)
    )";
    CHECK(ws_output("meet { max_message = 10 } b:send(('x'):rep(10)) print(a:receive()) b:send(('x'):rep(11))" +
                    receive_and_show + "print(select(2, b:receive()).close_code)") ==
          "xxxxxxxxxx\tfalse\nnil\tmessage_too_big\t1009\n1009\n");
    CHECK(ws_output("meet({ max_message = 10 }, { fragment_size = 4 }) b:send(('x'):rep(11))" + receive_and_show) ==
          "nil\tmessage_too_big\t1009\n");
    CHECK(ws_output("meet { max_frame = 10 } b:send(('x'):rep(11))" + receive_and_show) ==
          "nil\tmessage_too_big\t1009\n");
    CHECK(
        ws_output("meet({ max_fragments = 3 }, { fragment_size = 1 }) b:send('abc') print(a:receive()) b:send('abcd')" +
                  receive_and_show) == "abc\tfalse\nnil\tmessage_too_big\t1009\n");
}

TEST_CASE("a peer that is silent is pinged, and given up when it stays silent")
{
    CHECK(ws_output(R"(
        listen { keep_alive = 20, keep_alive_timeout = 5 }
        local client = raw()
        local start = clock.now()
        print(code(a:receive()), clock.now() - start >= 25, clock.now() - start < 26)
        print(client:read(2) == "\137\8", a:closed(), select(2, a:receive()).close_code))") ==
          "timeout\ttrue\ttrue\ntrue\ttrue\t1006\n");
}

TEST_CASE("a peer that answers pings lives on, and without keep-alive nobody is pinged")
{
    CHECK(ws_output(R"(
        meet({ keep_alive = 20, keep_alive_timeout = 5 }, { keep_alive = false })
        local reading = task.spawn(function() return b:receive() end)
        print(code(a:receive(100)), a:closed(), a:info().pings_sent >= 4, b:info().pings_sent)
        a:send("still here")
        print(reading:join()))") == "timeout\tfalse\ttrue\t0\nstill here\tfalse\n");
}

TEST_CASE("a sender waits while its peer does not read, for write_timeout at most")
{
    CHECK(ws_output(R"(
        listen { write_timeout = 3, send_buffer = 65536 }
        local client = raw()  -- which reads nothing
        local start, sent, count = clock.now(), true, 0
        local data, err = ("x"):rep(100000)
        while sent do
            sent, err = a:send_binary(data)
            count = count + 1
        end
        print(err.code, clock.now() - start >= 3, clock.now() - start < 4, count < 100)
        print(a:info().queued > 0, code(a:send("more", 1)), clock.now() - start < 5))") ==
          "timeout\ttrue\ttrue\ttrue\ntrue\ttimeout\ttrue\n");
}

TEST_CASE("back-pressure reaches from end to end, and nothing is lost")
{
    CHECK(ws_output(R"(
        meet()
        local total = 200
        task.spawn(function()
            for i = 1, total do assert(b:send(i .. ":" .. ("x"):rep(50000))) end
            b:close()
        end)
        task.sleep(1)
        local before = b:info().messages_sent
        local expected = 1
        for data in a:messages() do
            assert(data:match("^%d+") == tostring(expected) and #data > 50000)
            expected = expected + 1
        end
        print(expected, before < total))") == "201\ttrue\n");
}

TEST_CASE("compression: whatever both sides may choose, messages arrive as they were")
{
    const std::string exchange = R"(
        local text = ("to be or not to be, "):rep(500)
        for i = 1, 3 do
            a:send(text .. i) assert(b:receive() == text .. i)
            b:send_binary(text .. i) assert(a:receive() == text .. i)
            a:send("short") assert(b:receive() == "short")
        end
        local info = a:info()
        print(info.compression, b:info().compression, info.bytes_sent > 30000, info.stream_bytes_sent < 5000,
            info.stream_bytes_received < 5000)
    )";
    const std::string good = "true\ttrue\ttrue\ttrue\ttrue\n";
    const char* choices[] = {
        "true",
        "{ window_bits = 9 }",
        "{ peer_window_bits = 9 }",
        "{ context_takeover = false }",
        "{ peer_context_takeover = false }",
        "{ window_bits = 10, peer_window_bits = 12, context_takeover = false, peer_context_takeover = false }",
        "{ level = 1, memory_level = 1, threshold = 0 }",
        "{ level = 9, memory_level = 9, threshold = 10 }",
    };
    for (const std::string choice : choices) {
        INFO(choice);
        CHECK(ws_output("meet({ compression = " + choice + " }, { compression = true })" + exchange) == good);
        CHECK(ws_output("meet({ compression = true }, { compression = " + choice + " })" + exchange) == good);
    }
    CHECK(ws_output("meet({ compression = true }) a:send(('x'):rep(1000)) print(#b:receive(), a:info().compression)") ==
          "1000\tfalse\n");
    CHECK(ws_output("meet({}, { compression = true }) print(a:info().compression, b:info().compression)") ==
          "false\tfalse\n");
}

TEST_CASE("what a compressed message inflates to is limited, too")
{
    CHECK(ws_output(R"(
        meet({ compression = true, max_message = 10000 }, { compression = true })
        b:send(("x"):rep(10000)) print(#a:receive())
        b:send(("x"):rep(10001)) print(code(a:receive()), select(2, a:receive()).close_code))") ==
          "10000\nmessage_too_big\t1009\n");
}

TEST_CASE("one task receives at a time, and any number may send")
{
    CHECK(ws_output(R"(
        meet()
        task.all(
            function() for i = 1, 50 do a:send("a") end end,
            function() for i = 1, 50 do a:send_binary("b") end end,
            function()
                local count = { [false] = 0, [true] = 0 }
                for i = 1, 100 do
                    local data, is_binary = b:receive()
                    count[is_binary] = count[is_binary] + 1
                end
                print(count[false], count[true])
            end))") == "50\t50\n");
    CHECK_THAT(ws_error("meet() task.spawn(a.receive, a) task.sleep(0.1) a:receive()"),
               Contains("another task is receiving from this connection already"));
}

TEST_CASE("a receive that is cancelled leaves the connection as it was")
{
    CHECK(ws_output(R"(
        meet()
        print(code(task.timeout(1, function() return a:receive() end)))
        b:send("for the next one")
        print(a:receive()))") == "timeout\nfor the next one\tfalse\n");
}

TEST_CASE("cancelling a close breaks the connection off")
{
    CHECK(ws_output(R"(
        listen { keep_alive = false }
        local client = raw()
        print(code(task.timeout(1, function() return a:close() end)), a:closed())
        print(code(client:read_all()) ~= "timeout"))") == "timeout\ttrue\ntrue\n");
}

TEST_CASE("a connection that nobody holds is closed with 1001")
{
    CHECK(ws_output(R"(
        meet()
        a = nil
        collectgarbage() collectgarbage()
        print(select(2, b:receive()).close_code))") == "1001\n");
}

TEST_CASE("addresses, and what a connection is called")
{
    CHECK(ws_output(R"(
        meet()
        print(a:local_address() == "127.0.0.1", select(2, a:peer_address()) == select(2, b:local_address()))
        print((tostring(a):gsub("%d%d%d%d+", "PORT")), tostring(server) == "WebSocket server on 127.0.0.1:" .. server:port())
        print(select(2, server:local_address()) == server:port())
        b:close() print((tostring(b):gsub("%d%d%d%d+", "PORT"))))") ==
          "true\ttrue\nWebSocket connection 127.0.0.1:PORT -> 127.0.0.1:PORT\ttrue\ntrue\n"
          "WebSocket connection 127.0.0.1:PORT -> 127.0.0.1:PORT (closed)\n");
}

TEST_CASE("misuse of a connection names the argument and what was expected")
{
    const std::pair<const char*, const char*> calls[] = {
        {"a:send()", "bad argument #1 (data) to 'send': expected a string, got nil"},
        {"a:send_binary({})", "bad argument #1 (data) to 'send_binary': expected a string, got a table"},
        {"a:receive(-1)", "bad argument #1 (timeout) to 'receive': expected seconds as a number of at least 0, got -1"},
        {"a:ping(('x'):rep(126))", "bad argument #1 (data) to 'ping': expected at most 125 bytes"},
        {"a:close(1005)",
         "bad argument #1 (code) to 'close': expected a code that a close frame may have: 1000 to 1003,"},
        {"a:close(999)", "bad argument #1 (code) to 'close': expected an integer from 1000 to 4999, got 999"},
        {"a:close(1000, ('x'):rep(124))",
         "bad argument #2 (reason) to 'close': expected UTF-8 text of at most 123 bytes"},
        {"a:close(1000, '\\255')", "bad argument #2 (reason) to 'close': expected UTF-8 text of at most 123 bytes"},
        {"a.send('x')", "bad argument #1 to 'send': expected a WebSocket connection, got \"x\""},
        {"tcp.connect('127.0.0.1', server:port()):messages()", "attempt to call method 'messages' (a nil value)"},
    };
    for (const auto& [call, message] : calls) {
        CHECK_THAT(ws_error(std::string("meet() ") + call), Contains(message));
    }
}

TEST_CASE("whatever comes in one piece is received in order, by every way to receive")
{
    const std::string body = R"(
        local long = ("l"):rep(5000)
        local function play(receive)
            listen()
            local client = raw()
            client:write(frame(1, "one") .. frame(2, "two") .. frame(9, "ping") .. frame(1, "thr", 0) .. frame(0, "ee")
                .. frame(1, "") .. frame(1, long) .. frame(1, "grüße") .. frame(8, "\3\232"))
            local list = {}
            receive(function(data, is_binary)
                list[#list + 1] = (data == long and "long" or data) .. (is_binary and "!" or "")
                a:send(data)
            end)
            print(table.concat(list, " "), a:info().messages_received)
        end
        play(function(got) for data, is_binary in a:messages() do got(data, is_binary) end end)
        play(function(got)
            local data, is_binary = a:receive()
            while data do
                got(data, is_binary)
                data, is_binary = a:receive()
            end
            print(is_binary.code)
        end)
        play(function(got) a:on("message", got) a:wait() end)
        play(function(got)
            for data, is_binary in a:messages() do
                got(data, is_binary)
                task.sleep(0)
            end
        end))";
    const std::string line = "one two! three  long grüße\t6\n";
    CHECK(ws_output(body) == line + "closed\n" + line + line + line);
}

TEST_CASE("the methods of a WebSocket tell misuse by name, also where they have a short way")
{
    CHECK_THAT(ws_error("meet() a.send('x', 'y')"), Contains("bad argument #1 to 'send': expected a WebSocket"));
    CHECK_THAT(ws_error("meet() a.receive({})"), Contains("bad argument #1 to 'receive': expected a WebSocket"));
    CHECK_THAT(ws_error("meet() a.messages(1)"), Contains("expected a WebSocket"));
    CHECK_THAT(ws_error("meet() a.send_binary(io.stdout, 'y')"), Contains("expected a WebSocket"));
    CHECK_THAT(ws_error("meet() a:send()"), Contains("bad argument #1 (data) to 'send': expected a string, got"));
    CHECK_THAT(ws_error("meet() a:send({})"), Contains("bad argument #1 (data) to 'send': expected a string, got"));
    CHECK_THAT(ws_error("meet() a:send('x', 'soon')"), Contains("(timeout) to 'send'"));
    CHECK_THAT(ws_error("meet() a:receive(-1)"), Contains("(timeout) to 'receive'"));
    CHECK_THAT(ws_error(R"(
        meet()
        task.spawn(function() a:receive() end)
        task.sleep(0)
        a:receive())"),
               Contains("another task is receiving from this connection already"));
}
