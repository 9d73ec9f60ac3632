#include "tests/bindings/script.hpp"
#include "tests/support/process.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <string>

using Catch::Matchers::Contains;
using namespace moonwire::test;

namespace {

// `start` makes a server and serves it; `ask` sends text as it is and tells all that comes back, without the dates.
const std::string prelude = R"lua(
    local function start(define, options)
        options = options or {}
        options.port, options.host = 0, "127.0.0.1"
        local server = assert(http.listen(options))
        define(server)
        return server, task.spawn(server.serve, server)
    end
    local function ask(server, text)
        local connection = assert(tcp.connect("127.0.0.1", server:port()))
        connection:write(text)
        connection:shutdown()
        local answer = assert(connection:read_all())
        connection:close()
        return (answer:gsub("Date: [^\r]*\r\n", ""):gsub("\r", ""))
    end
    local function get(server, target, fields)
        return ask(server, "GET " .. target .. " HTTP/1.1\r\nHost: h\r\n" .. (fields or "") .. "\r\n")
    end
)lua";

std::string run_prelude(const std::string& script)
{
    return output_of(prelude + script);
}

}  // namespace

TEST_CASE("a handler gets the request and returns the answer")
{
    CHECK(run_prelude(R"lua(
        local server = start(function(server)
            server:route("POST", "/a b", function(request)
                print(request.method, request.target, request.path, request.version, request.body)
                print(request.query.x, request.query["y z"], request.headers["x-list"], request.headers.cookie)
                print(request.peer_address, type(request.peer_port))
                return { status = 201, headers = { ["X-One"] = 1, ["X-Two"] = { "a", "b" } }, body = "made" }
            end)
        end)
        local answer = ask(server, "POST /a%20b?x=1&y+z=%C3%A4 HTTP/1.1\r\nHost: h\r\nX-List: 1\r\nx-list: 2\r\n" ..
            "Cookie: a=1\r\nCookie: b=2\r\nContent-Length: 5\r\n\r\nhello")
        local head, body = answer:match("^(.-)\n\n(.*)$")
        local lines = {}
        for line in head:gmatch("[^\n]+") do lines[#lines + 1] = line end
        table.sort(lines)
        print(table.concat(lines, "; "), body)
    )lua") ==
          "POST\t/a%20b?x=1&y+z=%C3%A4\t/a b\t1.1\thello\n"
          "1\tä\t1, 2\ta=1; b=2\n"
          "127.0.0.1\tnumber\n"
          "Content-Length: 4; Content-Type: text/plain; charset=utf-8; HTTP/1.1 201 Created; X-One: 1; X-Two: a; "
          "X-Two: b\tmade\n");
}

TEST_CASE("what a handler may return")
{
    CHECK(run_prelude(R"lua(
        local server = start(function(server)
            server:route("GET", "/text", function() return "text" end)
            server:route("GET", "/nothing", function() end)
            server:route("GET", "/typed", function()
                return { headers = { ["content-type"] = "text/html" }, body = "<p>" }
            end)
            server:route("GET", "/bare", function() return { status = 404 } end)
            server:route("GET", "/same", function() return { status = 304, headers = { ETag = '"1"' } } end)
        end)
        for _, path in ipairs { "/text", "/nothing", "/typed", "/bare", "/same" } do
            io.write(get(server, path), "|\n")
        end
    )lua") ==
          "HTTP/1.1 200 OK\nContent-Type: text/plain; charset=utf-8\nContent-Length: 4\n\ntext|\n"
          "HTTP/1.1 204 No Content\n\n|\n"
          "HTTP/1.1 200 OK\ncontent-type: text/html\nContent-Length: 3\n\n<p>|\n"
          "HTTP/1.1 404 Not Found\nContent-Length: 0\n\n|\n"
          "HTTP/1.1 304 Not Modified\nETag: \"1\"\n\n|\n");
}

TEST_CASE("patterns name what stands in their place, and exact ones come first")
{
    CHECK(run_prelude(R"lua(
        local server = start(function(server)
            server:route("GET", "/user/{id}/{part}", function(request)
                return request.params.id .. "'s " .. request.params.part
            end)
            server:route("GET", "/user/{id}", function(request) return "user " .. request.params.id end)
            server:route("GET", "/user/me", function(request) return "me" end)
        end)
        for _, path in ipairs { "/user/7", "/user/me", "/user/a%20b/x", "/user/", "/user", "/user/1/2/3", "/user/%6de" } do
            print(get(server, path):match("HTTP/1.1 (%d+).*\n\n(.*)"))
        end
    )lua") ==
          "200\tuser 7\n200\tme\n200\ta b's x\n404\t404 Not Found\n\n404\t404 Not Found\n\n404\t404 Not Found\n\n"
          "200\tme\n");
}

TEST_CASE("the rest of a path can be what a pattern names")
{
    CHECK(run_prelude(R"lua(
        local server = start(function(server)
            server:route("GET", "/files/{user}/{rest...}", function(request)
                return request.params.user .. ": " .. request.params.rest
            end)
            server:route("GET", "/{path...}", function(request) return "<" .. request.params.path .. ">" end)
        end)
        for _, path in ipairs { "/", "/a", "/a/b/", "/files/eve/1/2%20x", "/files/eve/", "/files/eve", "//" } do
            print(get(server, path):match("HTTP/1.1 (%d+).*\n\n(.*)"))
        end
    )lua") == "200\t<>\n200\t<a>\n200\t<a/b/>\n200\teve: 1/2 x\n200\teve: \n200\t<files/eve>\n200\t</>\n");
}

TEST_CASE("other methods are told which there are, HEAD is answered as GET without the body")
{
    CHECK(run_prelude(R"lua(
        local server = start(function(server)
            server:route("PUT", "/x", function() return "put" end)
            server:route("GET", "/x", function() return "got" end)
        end)
        io.write(ask(server, "DELETE /x HTTP/1.1\r\nHost: h\r\n\r\n"), "|\n")
        io.write(ask(server, "BREW /x HTTP/1.1\r\nHost: h\r\n\r\n"), "|\n")
        io.write(ask(server, "HEAD /x HTTP/1.1\r\nHost: h\r\n\r\n"), "|\n")
    )lua") ==
          "HTTP/1.1 405 Method Not Allowed\nAllow: GET, HEAD, PUT\nContent-Type: text/plain; charset=utf-8\n"
          "Content-Length: 23\n\n405 Method Not Allowed\n|\n"
          "HTTP/1.1 501 Not Implemented\nContent-Type: text/plain; charset=utf-8\nContent-Length: 20\n\n"
          "501 Not Implemented\n|\n"
          "HTTP/1.1 200 OK\nContent-Type: text/plain; charset=utf-8\nContent-Length: 3\n\n|\n");
}

TEST_CASE("requests over one connection are answered in their order, also those that come at once")
{
    CHECK(run_prelude(R"lua(
        local server = start(function(server)
            server:route("GET", "/{n}", function(request)
                task.sleep(1 / request.params.n)  -- the first takes longest
                return request.params.n .. ";"
            end)
        end)
        local text = ""
        for i = 1, 5 do text = text .. "GET /" .. i .. " HTTP/1.1\r\nHost: h\r\n\r\n" end
        print((ask(server, text):gsub("HTTP/1.1 200 OK\n.-\n\n", "")))
    )lua") == "1;2;3;4;5;\n");
}

TEST_CASE("the connection ends when the client says so, when its version does, and after a malformed request")
{
    CHECK(run_prelude(R"lua(
        local served = 0
        local server = start(function(server)
            server:route("GET", "/", function() served = served + 1 return "x" end)
        end)
        local get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"
        local function first(text)
            served = 0
            local answers = ask(server, text)
            print(served, answers:match("HTTP/1.1 (%d+)"), answers:match("Connection: ([%w-]+)"),
                select(2, answers:gsub("HTTP/1.1", "")))
        end
        first("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n" .. get)
        first("GET / HTTP/1.0\r\n\r\n" .. get)
        first("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" .. get)
        first("GET /\r\n\r\n" .. get)
        first("GET / HTTP/1.1\r\n\r\n" .. get)
        first("GET /%zz HTTP/1.1\r\nHost: h\r\n\r\n" .. get)
        first(get .. get)
    )lua") ==
          "1\t200\tclose\t1\n1\t200\tclose\t1\n2\t200\tkeep-alive\t2\n0\t400\tclose\t1\n0\t400\tclose\t1\n"
          "0\t400\tclose\t1\n2\t200\tnil\t2\n");
}

TEST_CASE("each kind of malformed request gets its status and its reason")
{
    CHECK(
        run_prelude(R"lua(
        local server = start(function(server)
            server:route("POST", "/", function(request) return request.body end)
        end, { max_head = 500, max_body = 10, head_timeout = 1, body_timeout = 1 })
        local function say(text) print((ask(server, text):gsub("\n.*\n\n", ": "):gsub("\n$", ""))) end
        local function post(fields) return "POST / HTTP/1.1\r\nHost: h\r\n" .. fields .. "\r\n" end
        say("POST / HTTP/3.0\r\nHost: h\r\n\r\n")
        say("POST /" .. ("a"):rep(600))
        say(post("X: " .. ("a"):rep(600)))
        say(post("Content-Length: 11\r\n"))
        say(post("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n"))
        say(post("Transfer-Encoding: gzip\r\n"))
        say(post("Expect: miracles\r\n"))
        local connection = assert(tcp.connect("127.0.0.1", server:port()))
        connection:write("POST / HT")
        print((connection:read_all():gsub("\r\n.*\r\n\r\n", ": ")))
    )lua") ==
        "HTTP/1.1 505 HTTP Version Not Supported: 505 HTTP Version Not Supported: only HTTP/1.1 and HTTP/1.0 are "
        "spoken "
        "here\n"
        "HTTP/1.1 414 URI Too Long: 414 URI Too Long: its head has more than 500 bytes\n"
        "HTTP/1.1 431 Request Header Fields Too Large: 431 Request Header Fields Too Large: its head has more than 500 "
        "bytes\n"
        "HTTP/1.1 413 Payload Too Large: 413 Payload Too Large: its body has more than 10 bytes\n"
        "HTTP/1.1 400 Bad Request: 400 Bad Request: bad Transfer-Encoding\n"
        "HTTP/1.1 501 Not Implemented: 501 Not Implemented: the only transfer coding understood is chunked\n"
        "HTTP/1.1 417 Expectation Failed: 417 Expectation Failed: the only expectation understood is 100-continue\n"
        "HTTP/1.1 408 Request Timeout: 408 Request Timeout: timed out\n\n");
}

TEST_CASE("a handler that fails is answered for, reported, and costs its connection only")
{
    const Ran ran = run_script(prelude + R"lua(
        local server = start(function(server)
            server:route("GET", "/fails", function() error("no such luck") end)
            server:route("GET", "/number", function() return 42 end)
            server:route("GET", "/inject", function() return { headers = { X = "a\r\nSet-Cookie: b" } } end)
            server:route("GET", "/length", function() return { headers = { ["Content-Length"] = 5 } } end)
            server:route("GET", "/status", function() return { status = 1000 } end)
            server:route("GET", "/works", function() return "works" end)
        end)
        for _, path in ipairs { "/fails", "/number", "/inject", "/length", "/status", "/works" } do
            print(get(server, path):match("HTTP/1.1 (%d+)"))
        end
    )lua");
    CHECK(ran.output == "500\n500\n500\n500\n500\n200\n");
    CHECK_THAT(ran.diagnostics, Contains("test.lua") && Contains("no such luck") && Contains("stack traceback"));
    CHECK_THAT(ran.diagnostics,
               Contains("a handler has to return a string, a response table or nothing, not a number"));
    CHECK_THAT(ran.diagnostics, Contains("headers[\"X\"]: expected a string without line ends"));
    CHECK_THAT(ran.diagnostics, Contains("the field \"Content-Length\" is written by moonwire itself"));
    CHECK_THAT(ran.diagnostics, Contains("an integer from 200 to 599, got 1000"));
}

TEST_CASE("a handler can take the connection, with what has come behind the request")
{
    CHECK(run_prelude(R"lua(
        local server = start(function(server)
            server:route("GET", "/take", function(request)
                local connection = request:take_connection()
                print(pcall(request.take_connection, request))
                print((request:head():gsub("\r\n", "|")))
                connection:write("taken: " .. connection:read_line() .. "\n")
                return "not sent"
            end)
        end)
        io.write(ask(server, "GET /take HTTP/1.1\r\nHost: h\r\n\r\nearly\nGET / HTTP/1.1\r\n"))
    )lua") ==
          "false\ttake_connection: the connection was taken already\n"
          "GET /take HTTP/1.1|Host: h||\ntaken: early\n");
}

TEST_CASE("a route can become a WebSocket, beside others and folders")
{
    CHECK(run_prelude(R"lua(
        local server = start(function(server)
            server:route("GET", "/live", function(request)
                local conn, err = ws.upgrade(request)
                if not conn then
                    print(err.code)
                    return
                end
                for message in conn:messages() do conn:send(message .. " for " .. request.query.name) end
            end)
            server:route("GET", "/page", function() return "page" end)
        end)
        local client = assert(ws.connect("ws://127.0.0.1:" .. server:port() .. "/live?name=Bob"))
        client:send("news")
        print(client:receive())
        client:close()
        print(get(server, "/page"):match("[^\n]*$"))
        print(get(server, "/live"):match("HTTP/1.1 (%d+)"))
    )lua") == "news for Bob\tfalse\npage\nbad_upgrade\n426\n");
}

TEST_CASE("a server that closes ends the clients that wait, and the others when they were answered")
{
    CHECK(run_prelude(R"lua(
        local server, serving = start(function(server)
            server:route("GET", "/slow", function() task.sleep(5) return "slow" end)
        end)
        local idle = assert(tcp.connect("127.0.0.1", server:port()))
        local begun = clock.now()
        local busy = task.spawn(get, server, "/slow", "")
        task.sleep(1)
        server:close()
        print(select(2, idle:read(1)).code, clock.now() - begun < 2)
        print((busy:join():gsub(".*\n", "")))
        serving:join()
        print(clock.now() - begun < 6)
    )lua") == "closed\ttrue\nslow\ntrue\n");
}

TEST_CASE("an idle connection is closed without a word")
{
    CHECK(run_prelude(R"lua(
        local server = start(function(server) end, { idle_timeout = 3 })
        local connection = assert(tcp.connect("127.0.0.1", server:port()))
        local begun = clock.now()
        print(connection:read_all() == "", clock.now() - begun)
    )lua") == "true\t3\n");
}

TEST_CASE("a folder is served, beside routes and below its prefix")
{
    const TemporaryFolder folder;
    folder.write("site/index.html", "<h1>");
    folder.write("site/sub/data.json", "{\"a\":1}");
    folder.write("site/sub/index.html", "sub");
    folder.write("secret", "secret");
    std::filesystem::create_symlink("../secret", folder.path() / "site/link");
    CHECK(run_prelude("local dir = '" + (folder.path() / "site").string() + "'" + R"lua(
        local server = start(function(server)
            assert(server:static("/files", dir))
            assert(server:static("/", dir .. "/sub"))
            server:route("GET", "/files/index.html", function() return "the route" end)
            server:route("POST", "/form", function() return "x" end)
        end)
        local function say(target, fields)
            local answer = get(server, target, fields)
            print(answer:match("HTTP/1.1 (%d+)"), answer:match("\nContent%-Type: ([^;\n]+)"),
                answer:match("\nLocation: ([^\n]+)"), (answer:match("\n\n(.*)$"):gsub("\n", "")))
        end
        say("/files/") say("/files") say("/files?x=1") say("/files/sub") say("http://h/files/sub?a") say("//files//sub")
        say("/files/sub/data.json") say("/data.json") say("/files/index.html") say("/")
        say("/files/link") say("/files/../secret") say("/files/%2e%2e/secret") say("/files/..%2fsecret") say("/nothing")
        say("/form")
        say("/data.json", "Range: bytes=2-4\r\n") say("/data.json", "Range: bytes=100-\r\n")
        local etag = get(server, "/data.json"):match("ETag: ([^\n]+)")
        say("/data.json", "If-None-Match: " .. etag .. "\r\n")
        print(get(server, "/data.json"):match("X%-Content%-Type%-Options: (%w+)"))
        print(ask(server, "HEAD /data.json HTTP/1.1\r\nHost: h\r\n\r\n"):match("Content%-Length: 7\n\n$"))
        print(ask(server, "POST /data.json HTTP/1.1\r\nHost: h\r\n\r\n"):match("HTTP/1.1 (%d+)"))
        print(server:static("/x", dir .. "/nothing"))
    )lua") ==
          "200\ttext/html\tnil\t<h1>\n"
          "301\ttext/plain\t/files/\t301 Moved Permanently\n"
          "301\ttext/plain\t/files/?x=1\t301 Moved Permanently\n"
          "301\ttext/plain\t/files/sub/\t301 Moved Permanently\n"
          "301\ttext/plain\t/files/sub/?a\t301 Moved Permanently\n"
          "404\ttext/plain\tnil\t404 Not Found\n"
          "200\tapplication/json\tnil\t{\"a\":1}\n"
          "200\tapplication/json\tnil\t{\"a\":1}\n"
          "200\ttext/plain\tnil\tthe route\n"
          "200\ttext/html\tnil\tsub\n"
          "404\ttext/plain\tnil\t404 Not Found\n"
          "404\ttext/plain\tnil\t404 Not Found\n"
          "404\ttext/plain\tnil\t404 Not Found\n"
          "404\ttext/plain\tnil\t404 Not Found\n"
          "404\ttext/plain\tnil\t404 Not Found\n"
          "405\ttext/plain\tnil\t405 Method Not Allowed\n"
          "206\tapplication/json\tnil\ta\":\n"
          "416\tnil\tnil\t\n"
          "304\tnil\tnil\t\n"
          "nosniff\nContent-Length: 7\n\n\n404\n"
          "nil\tserve the folder " +
              (folder.path() / "site").string() + "/nothing: no such file\n");
}

TEST_CASE("a file larger than every buffer arrives whole, over a connection that goes on")
{
    const TemporaryFolder folder;
    folder.write("large.bin", std::string(3'000'000, 'x') + "end");
    CHECK(run_prelude("local dir = '" + folder.path().string() + "'" + R"lua(
        local server = start(function(server) assert(server:static("/", dir)) end)
        local connection = assert(tcp.connect("127.0.0.1", server:port()))
        for _ = 1, 2 do
            connection:write("GET /large.bin HTTP/1.1\r\nHost: h\r\n\r\n")
            local head = connection:read_until("\r\n\r\n")
            local body = connection:read(tonumber(head:match("Content%-Length: (%d+)")))
            print(#body, body:sub(-4))
        end
    )lua") == "3000003\txend\n3000003\txend\n");
}

TEST_CASE("what is misused is refused where it was written")
{
    const auto error = [](const std::string& script) { return error_of(prelude + script); };
    const std::string server = "local server = start(function() end)\n";
    CHECK_THAT(error("http.listen()"), Contains("expected a table of options"));
    CHECK_THAT(error("http.listen {}"), Contains("options.port: expected an integer from 0 to 65535"));
    CHECK_THAT(error("http.listen { port = 0, max_bdy = 1 }"), Contains("did you mean \"max_body\"?"));
    CHECK_THAT(error("http.listen { port = 0, max_head = 1 }"), Contains("an integer from 256 to"));
    CHECK_THAT(error("http.listen { port = 0, handshake_timeout = 1 }"), Contains("no handshakes without"));
    CHECK_THAT(error("http.listen { port = 0, tls = {} }"), Contains("a server needs its certificate"));
    CHECK_THAT(error(server + "server:route('get', '/', print)"), Contains("#1 (method)"));
    CHECK_THAT(error(server + "server:route('G T', '/', print)"), Contains("#1 (method)"));
    CHECK_THAT(error(server + "server:route('GET', 'x', print)"), Contains("#2 (pattern)"));
    CHECK_THAT(error(server + "server:route('GET', '/{a...}/x', print)"), Contains("it has to be the last"));
    CHECK_THAT(error(server + "server:route('GET', '/x')"), Contains("#3 (handler)") && Contains("got nil"));
    CHECK_THAT(error(server + "server:route('GET', '/', print) server:route('GET', '/', print)"),
               Contains("has a handler already"));
    CHECK_THAT(error(server + "server:static('x', '/')"), Contains("#1 (prefix)"));
    CHECK_THAT(error(server + "server:static('/')"), Contains("(folder)"));
    CHECK_THAT(error(server + "server:serve(print)"), Contains("#1 (options)"));
    CHECK_THAT(error("\nhttp.listen {}"), Contains("test.lua:21: "));
}
