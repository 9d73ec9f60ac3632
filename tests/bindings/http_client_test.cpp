#include "tests/bindings/script.hpp"
#include "tests/support/certificates.hpp"

#include <catch2/catch.hpp>

#include <string>

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;
using namespace moonwire::test;

namespace {

// `answering(fn)` is a server by hand: `fn(connection, n)` for its n-th connection.
const std::string prelude = R"lua(
    local function answering(fn)
        local listener, n = assert(tcp.listen { port = 0, host = "127.0.0.1" }), 0
        task.spawn(listener.serve, listener, function(connection)
            n = n + 1
            fn(connection, n)
        end)
        return "http://127.0.0.1:" .. listener:port()
    end
    local function answering_with(...)
        local texts = { ... }
        return answering(function(connection)
            for _, text in ipairs(texts) do
                if not connection:read_until("\r\n\r\n") then return end
                connection:write(text)
            end
        end)
    end
    local function serving(define, options)
        options = options or {}
        options.port, options.host = 0, "127.0.0.1"
        local server = assert(http.listen(options))
        define(server)
        task.spawn(server.serve, server)
        return (options.tls and "https" or "http") .. "://127.0.0.1:" .. server:port(), server
    end
)lua";

std::string run_prelude(const std::string& script)
{
    return output_of(prelude + script);
}

}  // namespace

TEST_CASE("get, post and request bring a response")
{
    CHECK(run_prelude(R"lua(
        local url = serving(function(server)
            server:route("GET", "/text", function(request)
                print(request.headers.host == "127.0.0.1:" .. server:port(), request.headers.connection, request.headers["x-a"])
                return { headers = { ["X-Two"] = { "a", "b" } }, body = "text " .. request.query.q }
            end)
            server:route("POST", "/echo", function(request)
                return { status = 201, body = request.headers["content-length"] .. ":" .. request.body }
            end)
            server:route("DELETE", "/x", function() end)
        end)
        local response = assert(http.get(url .. "/text?q=1#part", { headers = { ["X-A"] = "b" } }))
        print(response.status, response.reason, response.headers["content-length"], response.headers["x-two"], response.body)
        response = assert(http.post(url .. "/echo", "hello"))
        print(response.status, response.body)
        print(assert(http.post(url .. "/echo", "")).body)
        response = assert(http.request { method = "DELETE", url = url .. "/x" })
        print(response.status, #response.body)
        response = assert(http.request { method = "HEAD", url = url .. "/text?q=1" })
        print(response.status, response.headers["content-length"], #response.body)
        print(assert(http.get(url .. "/nothing")).status)
    )lua") == "true\tclose\tb\n200\tOK\t6\ta, b\ttext 1\n201\t5:hello\n0:\n204\t0\ntrue\tclose\tnil\n200\t6\t0\n404\n");
}

TEST_CASE("a client keeps its connection and counts")
{
    CHECK(run_prelude(R"lua(
        local url = serving(function(server)
            server:route("GET", "/n", function(request) return "n" end)
            server:route("POST", "/n", function(request) return request.body end)
        end)
        local client = http.client(url .. "/n")
        print(client:info().connections, client:connection())
        for _ = 1, 5 do assert(client:get("/n")) end
        print(client:get().body, client:post("/n", "p").body, client:request { path = "/n" }.status)
        local info = client:info()
        print(info.connections, info.requests, info.bytes_sent > 300, info.bytes_received > 300, info.segments_sent >= 8)
        print(client:connection():info().bytes_sent == info.bytes_sent)
        client:close()
        local closed = client:info()
        print(closed.connections, closed.bytes_sent == info.bytes_sent, client:connection())
        assert(client:get("/n"))
        local more = client:info()
        print(more.connections, more.requests, more.bytes_sent > info.bytes_sent)
    )lua") == "0\tnil\nn\tp\t200\n1\t8\ttrue\ttrue\ttrue\ntrue\n1\ttrue\tnil\n2\t9\ttrue\n");
}

TEST_CASE("responses in each of their forms")
{
    CHECK(run_prelude(R"lua(
        local function body(text)
            local response = assert(http.get(answering_with(text)))
            return response.status, response.body
        end
        print(body("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nX: y\r\n\r\n"))
        print(body("HTTP/1.1 200 OK\r\n\r\nto the end"))
        print(body("HTTP/1.0 200 OK\r\n\r\nold"))
        print(body("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"))
        print(body("HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n"))
        print(body("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok and more"))
        local response = assert(http.get(answering_with("HTTP/1.1 200 OK\r\nSet-Cookie: a=1, b\r\nSet-Cookie: c\r\n\r\n")))
        print((response.headers["set-cookie"]:gsub("\n", "|")))
    )lua") == "200\tabcde\n200\tto the end\n200\told\n200\tok\n304\t\n200\tok\na=1, b|c\n");
}

TEST_CASE("what goes wrong is a value, and says with whom")
{
    CHECK(run_prelude(R"lua(
        local function failure(url, options)
            local response, err = http.get(url, options)
            print(response, err.code, (tostring(err):gsub("127.0.0.1:%d+", "HOST")))
        end
        local ok = "HTTP/1.1 200 OK\r\n"
        failure(answering_with("SSH-2.0-OpenSSH\r\n\r\n"))
        failure(answering_with(ok .. "Content-Length: 5\r\n\r\nabc"))
        failure(answering_with(ok .. "Transfer-Encoding: br\r\n\r\n"))
        failure(answering_with(ok .. "Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef"))
        failure(answering_with(ok .. "Content-Length: 50\r\n\r\n"), { max_body = 10 })
        failure(answering_with(ok .. "\r\n" .. ("x"):rep(100)), { max_body = 10 })
        failure(answering_with(ok .. "X: " .. ("x"):rep(1000)), { max_head = 300 })
        failure(answering(function(connection) connection:read_line() end))
        failure(answering(function(connection) connection:read_line() connection:abort() end))
        failure(answering(function(connection) task.sleep(100) end), { timeout = 2 })
        failure("http://127.0.0.1:1/")
        failure("http://no.such.name.invalid/")
    )lua") ==
          "nil\tbad_response\tGET http://HOST/: bad version\n"
          "nil\tclosed\tGET http://HOST/: the connection ended in the middle of it\n"
          "nil\tbad_response\tGET http://HOST/: the only transfer coding understood is chunked\n"
          "nil\tbad_response\tGET http://HOST/: multiple Content-Length\n"
          "nil\ttoo_long\tGET http://HOST/: its body has more than 10 bytes\n"
          "nil\ttoo_long\tGET http://HOST/: its body has more than 10 bytes\n"
          "nil\ttoo_long\tGET http://HOST/: its head has more than 300 bytes\n"
          "nil\tclosed\tGET http://HOST/: connection closed\n"
          "nil\treset\tGET http://HOST/: connection reset by the peer\n"
          "nil\ttimeout\tGET http://HOST/: timed out\n"
          "nil\trefused\tconnect to HOST: connection refused\n"
          "nil\tname_not_found\tconnect to no.such.name.invalid:80: name not found\n");
}

TEST_CASE("a time limit is for the whole request, however often something comes")
{
    CHECK(run_prelude(R"lua(
        local url = answering(function(connection)
            connection:write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            while connection:write("x") do task.sleep(1) end
        end)
        local begun = clock.now()
        print(select(2, http.get(url, { timeout = 5 })).code, clock.now() - begun)
    )lua") == "timeout\t5\n");
}

TEST_CASE("a kept connection that the server has closed is made anew, unless the request may have been done")
{
    CHECK(run_prelude(R"lua(
        local url = answering(function(connection, n)
            connection:read_until("\r\n\r\n")
            connection:write("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" .. n)
        end)
        local client = http.client(url)
        print(client:get("/").body)
        task.sleep(1)
        print(client:get("/").body, client:info().connections)
        task.sleep(1)
        local response, err = client:post("/", "x")
        print(response, err.code == "closed" or err.code == "reset")
        print(client:post("/", "x").body)
    )lua") == "1\n2\t2\nnil\ttrue\n3\n");
}

TEST_CASE("a server that closes after its answer is asked over a new connection")
{
    CHECK(run_prelude(R"lua(
        local url = answering(function(connection, n)
            connection:read_until("\r\n\r\n")
            connection:write("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\n" .. n)
            connection:read_some()
        end)
        local client = http.client(url)
        print(client:get("/").body, client:connection(), client:post("/", "x").body)
    )lua") == "1\tnil\t2\n");
}

TEST_CASE("an answer before the whole request was read counts")
{
    CHECK(run_prelude(R"lua(
        local url = serving(function() end, { max_body = 1000 })
        local response = assert(http.post(url, ("x"):rep(100000)))
        print(response.status, response.headers.connection)
    )lua") == "413\tclose\n");
}

TEST_CASE("a cancelled request leaves a client that can be used again")
{
    CHECK(run_prelude(R"lua(
        local url = answering(function(connection, n)
            connection:read_until("\r\n\r\n")
            if n == 1 then connection:read_some() return end
            connection:write("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" .. n)
        end)
        local client = http.client(url)
        print(task.timeout(1, client.get, client, "/"))
        print(client:get("/").body)
    )lua") == "nil\ttask.timeout: not done after 1 s\n2\n");
}

TEST_CASE("TLS with the certificate checked")
{
    const TemporaryFolder folder;
    const Authority authority;
    folder.write("ca.pem", authority.certificate().pem());
    save(folder, "server", authority.issue("localhost"));
    save(folder, "other", authority.issue("other", {"www.example.org"}));
    CHECK(run_prelude("local dir = '" + folder.path().string() + "/'" + R"lua(
        local function secure(name)
            return serving(function(server)
                server:route("GET", "/", function(request) return "secret" end)
            end, { tls = { certificate = dir .. name .. ".pem", key = dir .. name .. ".key" } })
        end
        local url = secure("server")
        print(assert(http.get(url, { tls = { ca = dir .. "ca.pem" } })).body)
        print(select(2, http.get(url)).code)
        print(select(2, http.get(secure("other"), { tls = { ca = dir .. "ca.pem" } })).code)
        print(assert(http.get(secure("other"), { tls = { verify = false } })).body)
        local client = http.client(url, { tls = assert(tls.client { ca = dir .. "ca.pem" }) })
        print(client:get("/").body, client:get("/").body, client:info().connections, client:connection():tls().version)
        local context = assert(tls.server { certificate = dir .. "server.pem", key = dir .. "server.key" })
        print(http.get((serving(function() end, { tls = context })), { tls = { verify = false } }).status)
        print(select(2, http.listen { port = 0, tls = { certificate = dir .. "no.pem", key = dir .. "no.key" } }).code)
    )lua") == "secret\nunknown_authority\nwrong_host_name\nsecret\nsecret\tsecret\t1\tTLSv1.3\n404\nno_such_file\n");
}

TEST_CASE("what a client is asked for and cannot do is refused where it was written")
{
    const auto error = [](const std::string& script) { return error_of(prelude + script); };
    CHECK_THAT(error("http.get('localhost')"), Contains("has to begin with http://"));
    CHECK_THAT(error("http.get('ws://h/')"), Contains("this client speaks http and https"));
    CHECK_THAT(error("http.get()"), Contains("(url)") && Contains("expected a string"));
    CHECK_THAT(error("http.request()"), Contains("expected a table of options"));
    CHECK_THAT(error("http.get('http://h/', { timeoutt = 1 })"), Contains("did you mean \"timeout\"?"));
    CHECK_THAT(error("http.get('http://h/', { method = 'PUT' })"), Contains("options.method"));
    CHECK_THAT(error("http.get('http://h/', { headers = { ['a b'] = 1 } })"),
               Contains("cannot be the name of a field"));
    CHECK_THAT(error("http.get('http://h/', { headers = { a = 'b\\r\\nc: d' } })"), Contains("without line ends"));
    CHECK_THAT(error("http.get('http://h/', { headers = { Connection = 'x' } })"), Contains("by moonwire itself"));
    CHECK_THAT(error("http.client('http://h/'):get('x')"), Contains("a path that begins with"));
    CHECK_THAT(error("http.client('http://h/'):get('/x y')"), Contains("without spaces"));
    CHECK_THAT(error("http.client('http://h/'):request { method = 'G T' }"), Contains("a method"));
    CHECK_THAT(error("http.client('http://h/'):request { methd = 'GET' }"), Contains("did you mean \"method\"?"));
    CHECK_THAT(error("\nhttp.get('localhost')"), StartsWith("test.lua:28: "));
    CHECK_THAT(error(R"lua(
        local client = http.client(answering(function(connection) connection:read_all() end))
        task.spawn(client.get, client, "/")
        task.sleep(1)
        client:get("/")
    )lua"),
               Contains("another task waits for this client's answer already"));
}
