// How WebSockets begin: whom a server lets in, what both agree on, what becomes of everybody else.
#include "tests/bindings/ws_script.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using namespace moonwire::test;

TEST_CASE("both sides can tell what the other said in its handshake")
{
    CHECK(ws_output(R"(
        meet({ headers = { ["X-Server"] = "moonwire", ["X-List"] = { "a", "b" } } },
             { headers = { ["X-Lab"] = "3", ["User-Agent"] = "test" }, origin = "https://example.org" },
             "/chat%20room?name=Eve&n=1")
        local request = a:request()
        print(request.method, request.target, request.headers["x-lab"], request.headers["user-agent"],
            request.headers.origin, request.headers.host == "127.0.0.1:" .. server:port(), a:response())
        print(request.path, request.query.name, request.query.n, request.query.x)
        local response = b:response()
        print(response.status, response.reason, response.headers["x-server"], response.headers["x-list"],
            response.headers.upgrade, b:request()))") ==
          "GET\t/chat%20room?name=Eve&n=1\t3\ttest\thttps://example.org\ttrue\tnil\n"
          "/chat room\tEve\t1\tnil\n"
          "101\tSwitching Protocols\tmoonwire\ta, b\twebsocket\tnil\n");
}

TEST_CASE("the server chooses its best subprotocol that the client knows")
{
    const auto chosen = [](const std::string& server, const std::string& client) {
        return ws_output("meet({ subprotocols = " + server + " }, { subprotocols = " + client +
                         " }) print(a:subprotocol(), b:subprotocol())");
    };
    CHECK(chosen("{ 'v2', 'v1' }", "{ 'v1', 'v2' }") == "v2\tv2\n");
    CHECK(chosen("{ 'v2', 'v1' }", "'v1'") == "v1\tv1\n");
    CHECK(chosen("'v3'", "{ 'v1', 'v2' }") == "nil\tnil\n");
    CHECK(chosen("nil", "{ 'v1' }") == "nil\tnil\n");
    CHECK(chosen("'v1'", "nil") == "nil\tnil\n");
}

TEST_CASE("a server that chooses what was not offered is refused")
{
    CHECK(ws_output(R"(
        local listener = assert(tcp.listen { port = 0, host = "127.0.0.1" })
        local function answer_with(lines)
            local answering = task.spawn(function()
                local conn = listener:accept()
                local head = conn:read_until("\r\n\r\n")
                conn:write(lines)
                conn:read_all()
            end)
            local conn, err = ws.connect("ws://127.0.0.1:" .. listener:port(), { subprotocols = "mine", timeout = 5 })
            answering:cancel()
            return err.code, err.status, tostring(err):gsub("127.0.0.1:%d+", "HOST")
        end
        local upgrade = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        print(answer_with(upgrade .. "\r\n"))
        print(answer_with(upgrade .. "Sec-WebSocket-Accept: 1234\r\n\r\n"))
        print(answer_with("HTTP/1.1 503 Service Unavailable\r\n\r\n"))
        print(answer_with("HTTP/1.1 301 Moved Permanently\r\nLocation: ws://elsewhere/\r\n\r\n"))
        print(answer_with("220 mail.example.org ESMTP\r\n\r\n"))
        print(answer_with(("x"):rep(20000))))") ==
          "bad_upgrade\t101\tconnect to ws://HOST/: the server's answer is no upgrade to WebSocket: its "
          "Sec-WebSocket-Accept does not fit the key that it was sent\t1\n"
          "bad_upgrade\t101\tconnect to ws://HOST/: the server's answer is no upgrade to WebSocket: its "
          "Sec-WebSocket-Accept does not fit the key that it was sent\t1\n"
          "upgrade_refused\t503\tconnect to ws://HOST/: the server answered 503 Service Unavailable\t1\n"
          "upgrade_refused\t301\tconnect to ws://HOST/: the server answered 301 Moved Permanently (it is at "
          "\"ws://elsewhere/\")\t1\n"
          "bad_upgrade\tnil\tconnect to ws://HOST/: the server's answer is not HTTP/1.1; it begins with \"220 "
          "mail.example.org ESMTP????\"\t1\n"
          "too_long\tnil\tconnect to ws://HOST/: the peer's part of the handshake is longer than 16384 bytes\t1\n");
}

TEST_CASE("a server that is silent, goes or is not there")
{
    CHECK(ws_output(R"(
        local listener = assert(tcp.listen { port = 0, host = "127.0.0.1" })
        local address = "ws://127.0.0.1:" .. listener:port() .. "/x"
        local start = clock.now()
        local conn, err = ws.connect(address, { timeout = 3 })
        print(err.code, clock.now() - start >= 3 and clock.now() - start < 4,
            (tostring(err):gsub("127.0.0.1:%d+", "HOST")))
        listener:accept(1)
        task.spawn(function() listener:accept():close() end)
        print(code(ws.connect(address)))
        task.spawn(function() local conn = listener:accept() conn:read_some(10) conn:abort() end)
        print(code(ws.connect(address)))
        listener:close()
        print(code(ws.connect(address))))") ==
          "timeout\ttrue\tconnect to ws://HOST/x: the peer's part of the handshake did not come in "
          "time\nclosed\nreset\nrefused\n");
}

TEST_CASE("a server refuses what is not meant for it, with the status that says why, and reports it once")
{
    const auto refused = [](const std::string& server_options, const std::string& client_options,
                            const std::string& path) {
        return ws_output(
            "local at_client, at_server = attempt(" + server_options + ", " + client_options + ", " + path +
            ") print(at_client and at_client.code, at_client and at_client.status, "
            "at_server and at_server.code, at_server and at_server.client, at_server and at_server.status)");
    };
    CHECK(refused("{ path = '/chat' }", "nil", "'/'") == "upgrade_refused\t404\tbad_upgrade\ttrue\t404\n");
    CHECK(refused("{ path = '/chat' }", "nil", "'/chat?x=1'") == "nil\tnil\tnil\tnil\tnil\n");
    const std::string origins = "{ origins = { 'https://a.example', 'https://b.example' } }";
    CHECK(refused(origins, "{ origin = 'https://b.example' }", "'/'") == "nil\tnil\tnil\tnil\tnil\n");
    CHECK(refused(origins, "nil", "'/'") == "nil\tnil\tnil\tnil\tnil\n");
    CHECK(refused(origins, "{ origin = 'https://c.example' }", "'/'") ==
          "upgrade_refused\t403\tbad_upgrade\ttrue\t403\n");
    CHECK(refused("{ origins = 'https://a.example' }", "{ origin = 'null' }", "'/'") ==
          "upgrade_refused\t403\tbad_upgrade\ttrue\t403\n");
}

TEST_CASE("serve reports whom it turned away, to standard error or to `refused`")
{
    const std::string turned_away = R"(
        listen { path = "/chat", handshake_timeout = 2 }
        local reported = 0
        local serving = task.spawn(function()
            server:serve(function(conn) for data in conn:messages() do conn:send(data) end end, OPTIONS)
        end)
        print(code(ws.connect(url("/other"))))
        local silent = assert(tcp.connect("127.0.0.1", server:port()))
        print((silent:read_line()))
        local probe = assert(tcp.connect("127.0.0.1", server:port()))
        probe:close()
        local long = assert(tcp.connect("127.0.0.1", server:port()))
        long:write("GET /" .. ("x"):rep(20000))
        print((long:read_line()))
        local browser = assert(tcp.connect("127.0.0.1", server:port()))
        browser:write("GET /chat HTTP/1.1\r\nHost: localhost\r\n\r\n")
        print((browser:read_line()))
        local conn = assert(ws.connect(url("/chat")))
        conn:send("served")
        print(conn:receive())
        server:close()
        conn:close()
        serving:join()
    )";
    const std::string answers =
        "upgrade_refused\nHTTP/1.1 408 Request Timeout\nHTTP/1.1 431 Request Header Fields Too Large\n"
        "HTTP/1.1 426 Upgrade Required\nserved\tfalse\n";
    const auto with = [&](const std::string& options) {
        std::string source = turned_away;
        source.replace(source.find("OPTIONS"), 7, options);
        return run_script(ws_script(source));
    };
    const Ran silent = with("{ refused = function(err) assert(err.client) reported = reported + 1 end }");
    CHECK(silent.result.error.empty());
    CHECK(silent.output == answers);
    CHECK(silent.diagnostics.empty());
    const Ran told = with("nil");
    CHECK(told.output == answers);
    CHECK(std::count(told.diagnostics.begin(), told.diagnostics.end(), '\n') == 5);
    CHECK_THAT(told.diagnostics, Contains("refused with 404: There is nothing here: the WebSocket is at /chat."));
}

TEST_CASE("a client that stalls in its handshake holds up nobody, whether clients are accepted or served")
{
    CHECK(ws_output(R"(
        listen()
        local stalled = {}
        for i = 1, 20 do
            stalled[i] = assert(tcp.connect("127.0.0.1", server:port()))
            stalled[i]:write("GET / HT")
        end
        local start = clock.now()
        local accepting = task.spawn(function() return server:accept() end)
        assert(ws.connect(url())) assert(accepting:join())
        print(clock.now() - start < 5)
        local timeouts = 0
        for i = 1, 20 do
            local conn, err = server:accept()
            if err.client and err.code == "timeout" then timeouts = timeouts + 1 end
        end
        print(timeouts, (stalled[1]:read_line()))
        print(code(server:accept(1)), code(server:accept(0)))
        server:close() server:close()
        print(code(server:accept())))") == "true\n20\tHTTP/1.1 408 Request Timeout\ntimeout\ttimeout\nclosed\n");
}

TEST_CASE("max_handshakes bounds those whose request has not come or who are not accepted yet")
{
    CHECK(ws_output(R"(
        listen { max_handshakes = 2, handshake_timeout = 3 }
        local accepting = task.spawn(function() return server:accept() end)
        local first = tcp.connect("127.0.0.1", server:port())
        local second = tcp.connect("127.0.0.1", server:port())
        task.sleep(0.1)
        local start = clock.now()
        assert(ws.connect(url()))
        print(clock.now() - start > 2)
        print(code(accepting:join()), code(server:accept()), code(server:accept())))") ==
          "true\ntimeout\ttimeout\tno error\n");
}

TEST_CASE("accept works from tasks that end, and what nobody accepts is closed with the server")
{
    CHECK(ws_output(R"(
        listen()
        for i = 1, 3 do
            local accepting = task.spawn(function() return server:accept() end)
            local conn = assert(ws.connect(url()))
            conn:send("hello " .. i)
            print(accepting:join():receive())
        end
        print(code(task.timeout(1, function() return server:accept() end)))
        local waiting = assert(ws.connect(url()))
        task.sleep(0.1)
        server:close()
        print(code(waiting:receive())))") == "hello 1\tfalse\nhello 2\tfalse\nhello 3\tfalse\ntimeout\nclosed\n");
    CHECK(ws_output(R"(
        task.spawn(listen):join()  -- the task that listened has ended
        local accepting = task.spawn(function() return server:accept() end)
        assert(ws.connect(url())):send("hello")
        print(accepting:join():receive()))") == "hello\tfalse\n");
}

TEST_CASE("clients() goes on after those it turned away")
{
    const Ran ran = run_script(ws_script(R"(
        listen { path = "/chat" }
        task.spawn(function()
            print(code(ws.connect(url("/x"))), code(ws.connect(url("/chat"))))
            server:close()
        end)
        for conn in server:clients() do print("came", (conn:peer_address())) end)"));
    CHECK(ran.output == "came\t127.0.0.1\nupgrade_refused\tno error\n");
    CHECK_THAT(ran.diagnostics, Contains("refused with 404"));
}

TEST_CASE("connecting can be cancelled at every step, and leaves nothing behind")
{
    CHECK(ws_output(R"(
        local listener = assert(tcp.listen { port = 0, host = "127.0.0.1" })
        local address = "ws://127.0.0.1:" .. listener:port()
        local connecting = task.spawn(function() ws.connect(address) end)
        task.sleep(0)  -- resolving or connecting
        connecting:cancel()
        print(select(2, pcall(connecting.join, connecting)).code)
        connecting = task.spawn(function() ws.connect(address) end)
        local conn = listener:accept(1)
        while conn and not conn:read_until("\r\n\r\n", nil, 1) do conn = listener:accept(1) end
        connecting:cancel()  -- waiting for the answer
        print(select(2, pcall(connecting.join, connecting)).code, code(conn:read_some())))") ==
          "cancelled\ncancelled\treset\n");
}

TEST_CASE("a server that is cancelled breaks off handshakes and closes connections")
{
    CHECK(ws_output(R"(
        listen()
        local serving = task.spawn(function()
            server:serve(function(conn) for data in conn:messages() do end end)
        end)
        local conn = assert(ws.connect(url()))
        local stalled = assert(tcp.connect("127.0.0.1", server:port()))
        stalled:write("GET")
        task.sleep(0.1)
        serving:cancel()
        print(select(2, conn:receive()).close_code, code(stalled:read_some()))
        print(select(2, pcall(serving.join, serving)).code))") == "1001\treset\ncancelled\n");
}

TEST_CASE("misuse of connecting and listening names the option and what was expected")
{
    const std::pair<const char*, const char*> calls[] = {
        {"ws.connect('ws://localhost', { tiemout = 1 })",
         R"(options: unknown option "tiemout"; did you mean "timeout"?)"},
        {"ws.connect('ws://localhost', { port = 1 })", R"(options: unknown option "port")"},
        {"ws.connect('ws://localhost', { path = '/' })", R"(options: unknown option "path")"},
        {"ws.connect('http://localhost')", R"(bad argument #1 (url) to 'connect': expected a URL like "ws://)"},
        {"ws.connect()", "bad argument #1 (url) to 'connect': expected a string, got nil"},
        {"ws.connect('ws://localhost', 5)",
         "bad argument #2 (options) to 'connect': expected a table of options, got 5"},
        {"ws.connect('ws://localhost', { tls = {} })", "options.tls: is for URLs that begin with wss://"},
        {"ws.connect('wss://localhost', { tls = true })",
         "options.tls: expected a table of options, or what tls.client returned, got boolean"},
        {"ws.connect('wss://localhost', { tls = { cart = 1 } })", R"(options: unknown option "cart")"},
        {"ws.connect('ws://localhost', { headers = { Host = 'x' } })", "headers: Host is set by the handshake itself"},
        {"ws.connect('ws://localhost', { headers = { ['X-A'] = 'a\\r\\nb' } })", "headers: X-A cannot be \"a??b\""},
        {"ws.connect('ws://localhost', { headers = { 'x' } })",
         "options.headers: expected a table { Name = \"value\" }"},
        {"ws.connect('ws://localhost', { headers = { A = { {} } } })", "options.headers: expected a table"},
        {"ws.connect('ws://localhost', { subprotocols = { 'a b' } })", "subprotocols: expected a word of letters"},
        {"ws.connect('ws://localhost', { origin = 'a\\nb' })", "origin: expected one like https://example.org"},
        {"ws.connect('ws://localhost', { keep_alive = true })",
         "options.keep_alive: expected seconds as a number of at least 0, or false, got true"},
        {"ws.connect('ws://localhost', { compression = 5 })",
         "options.compression: expected true, false or a table of options"},
        {"ws.connect('ws://localhost', { compression = { window_bits = 8 } })",
         "options.compression.window_bits: expected an integer from 9 to 15"},
        {"ws.connect('ws://localhost', { compression = { levle = 8 } })",
         R"(options.compression: unknown option "levle"; did you mean "level"?)"},
        {"ws.connect('ws://localhost', { max_message = 0 })",
         "options.max_message: expected an integer from 1 to 2147483647, got 0"},
        {"ws.listen()", "expected a table of options, at least { port = 0 }"},
        {"ws.listen {}", "options.port: expected an integer from 0 to 65535"},
        {"ws.listen { port = 0, timeout = 1 }", R"(options: unknown option "timeout")"},
        {"ws.listen { port = 0, path = 'chat' }",
         "path: expected one that begins with / and has no query, got \"chat\""},
        {"ws.listen { port = 0, tls = {} }", "a server needs its certificate and its key"},
        {"ws.listen { port = 0, tls = 'x' }",
         "options.tls: expected a table of options, or what tls.server returned, got string"},
        {"ws.listen { port = 0, max_handshakes = 0 }",
         "options.max_handshakes: expected an integer from 1 to 100000, got 0"},
        {"listen() server:serve()", "bad argument #1 (handler) to 'serve': expected a function, got nil"},
    };
    for (const auto& [call, message] : calls) {
        CHECK_THAT(ws_error(call), Contains(message));
    }
    CHECK_THAT(ws_error("ws.connect('ws://localhost', { tiemout = 1 })"), StartsWith("test.lua:"));
}
