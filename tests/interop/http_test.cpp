// HTTP with programs that are not ours: curl, and Python's http.client and http.server.
#include "tests/support/certificates.hpp"
#include "tests/support/process.hpp"
#include "tests/support/socket.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

using Catch::Matchers::Contains;
using namespace moonwire::test;

namespace {

const std::string server_script = R"lua(
    local http = require "moonwire.http"
    local options = loadstring("return " .. (arg[2] or "{}"))()
    options.port, options.host = 0, "127.0.0.1"
    local server = assert(http.listen(options))
    assert(server:static("/files", arg[1]))
    server:route("GET", "/hello/{name}", function(request)
        return "Hello, " .. request.params.name .. " (" .. request.method .. ")\n"
    end)
    server:route("POST", "/size", function(request) return #request.body .. "\n" end)
    server:route("GET", "/fails", function() error("on purpose") end)
    io.stderr:write("ready on 127.0.0.1:", server:port(), "\n")
    server:serve()
)lua";

/// A server with a folder of files, as a process.
class HttpServer
{
public:
    explicit HttpServer(const std::string& options = "{}")
    {
        files.write("site/page.html", "<h1>page</h1>");
        files.write("site/large.bin", std::string(20'000'000, 'x') + "end");
        files.write("secret.txt", "secret");
        process_ = std::make_unique<Process>(std::vector<std::string>{
            MOONWIRE_EXECUTABLE, files.write("server.lua", server_script), (files.path() / "site").string(), options});
        port = port_of(process_->wait_for_error("ready on"));
    }

    std::string url(const std::string& path) const { return "http://127.0.0.1:" + port + path; }

    /// The memory that it has now, in bytes.
    std::size_t memory() const { return resident_memory(process_->pid()); }

    TemporaryFolder files;
    std::string port;

private:
    std::unique_ptr<Process> process_;
};

std::string curl(std::vector<std::string> arguments)
{
    arguments.insert(arguments.begin(), {"curl", "--silent", "--show-error", "--noproxy", "*", "--max-time", "20"});
    const Finished finished = run(arguments);
    return finished.output + finished.error;
}

const char* const status = "%{http_code} ";

}  // namespace

TEST_CASE("curl is served: routes, bodies, ranges, conditions")
{
    const HttpServer server;
    CHECK(curl({server.url("/hello/Bob%20B")}) == "Hello, Bob B (GET)\n");
    CHECK_THAT(curl({"--head", server.url("/hello/Bob")}), Contains("200 OK") && Contains("Content-Length: 18"));
    CHECK(curl({"--data-binary", "@" + (server.files.path() / "site/page.html").string(), server.url("/size")}) ==
          "13\n");
    CHECK(curl({"--header", "Transfer-Encoding: chunked", "--data", "in chunks", server.url("/size")}) == "9\n");
    CHECK(curl({"--header", "Expect: 100-continue", "--data", std::string(5000, 'x'), server.url("/size")}) ==
          "5000\n");
    CHECK(curl({"--http1.0", server.url("/hello/old")}) == "Hello, old (GET)\n");
    CHECK(curl({"--range", "4-7", server.url("/files/page.html")}) == "page");
    CHECK(curl({"--output", "/dev/null", "--write-out", "%{content_type}", server.url("/files/page.html")}) ==
          "text/html; charset=utf-8");
    const std::string page = (server.files.path() / "page").string();
    const std::string etag = (server.files.path() / "etag").string();
    CHECK(curl({"--etag-save", etag, "--output", page, "--write-out", status, server.url("/files/page.html")}) ==
          "200 ");
    CHECK(curl({"--etag-compare", etag, "--output", page, "--write-out", status, server.url("/files/page.html")}) ==
          "304 ");
    CHECK(curl({"--time-cond", page, "--write-out", status, server.url("/files/page.html")}) == "304 ");
}

TEST_CASE("curl is refused what it must not have")
{
    const HttpServer server;
    const auto status_of = [](const std::vector<std::string>& arguments) {
        std::vector<std::string> all{"--output", "/dev/null", "--write-out", status, "--path-as-is"};
        all.insert(all.end(), arguments.begin(), arguments.end());
        return curl(all);
    };
    CHECK(status_of({server.url("/files/../secret.txt")}) == "404 ");
    CHECK(status_of({server.url("/files/%2e%2e/secret.txt")}) == "404 ");
    CHECK(status_of({server.url("/files/%2e%2e%2fsecret.txt")}) == "404 ");
    CHECK(status_of({server.url("/files//etc/passwd")}) == "404 ");
    CHECK(status_of({"--request", "DELETE", server.url("/hello/x")}) == "405 ");
    CHECK(status_of({"--request", "BREW", server.url("/hello/x")}) == "501 ");
    CHECK(status_of({server.url("/fails")}) == "500 ");
    CHECK(status_of({"--header", "X: " + std::string(20000, 'x'), server.url("/hello/x")}) == "431 ");
    CHECK(status_of({"--range", "99999999-", server.url("/files/page.html")}) == "416 ");
    const std::string large = server.files.write("large", std::string(2'000'000, 'x'));
    CHECK_THAT(status_of({"--data-binary", "@" + large, server.url("/size")}), Contains("413 "));
}

TEST_CASE("curl keeps its connection")
{
    const HttpServer server;
    const std::string url = server.url("/hello/x");
    CHECK(curl({"--write-out", "%{num_connects} ", url, url, url}) ==
          "Hello, x (GET)\n1 Hello, x (GET)\n0 Hello, x (GET)\n0 ");
}

TEST_CASE("a large file goes to curl as it is, in little memory")
{
    const HttpServer server;
    const std::string target = (server.files.path() / "got").string();
    const std::size_t before = server.memory();
    CHECK(curl({"--output", target, "--limit-rate", "40M", "--write-out", status, server.url("/files/large.bin")}) ==
          "200 ");
    CHECK(server.memory() < before + 4 * 1024 * 1024);
    CHECK(run({"cmp", target, (server.files.path() / "site/large.bin").string()}).status == 0);
}

TEST_CASE("curl trusts our certificate, and no other")
{
    const TemporaryFolder folder;
    const Authority authority;
    folder.write("ca.pem", authority.certificate().pem());
    save(folder, "server", authority.issue("localhost"));
    const std::string path = folder.path().string();
    const HttpServer server("{ tls = { certificate = '" + path + "/server.pem', key = '" + path + "/server.key' } }");
    const std::string url = "https://localhost:" + server.port + "/hello/TLS";
    CHECK(curl({"--cacert", path + "/ca.pem", url}) == "Hello, TLS (GET)\n");
    CHECK_THAT(curl({url}), Contains("certificate"));
}

TEST_CASE("Python's client is served over one connection")
{
    const HttpServer server;
    const std::string script = R"py(
import http.client, sys
connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]))
for method, path, body in (("GET", "/hello/a", None), ("POST", "/size", b"x" * 300000), ("HEAD", "/files/page.html", None),
                           ("POST", "/size", (b"ab" for _ in range(5))), ("GET", "/nothing", None)):
    connection.request(method, path, body)
    socket = connection.sock
    response = connection.getresponse()
    print(response.status, response.getheader("Content-Length"), len(response.read()), connection.sock is socket)
)py";
    CHECK(run({"python3", "-c", script, server.port}).output ==
          "200 15 15 True\n200 7 7 True\n200 13 0 True\n200 3 3 True\n404 14 14 True\n");
}

TEST_CASE("our client understands Python's server")
{
    const TemporaryFolder folder;
    folder.write("site/page.html", "<h1>page</h1>");
    const std::string python = R"py(
import http.server, sys
class Handler(http.server.SimpleHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(201)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for byte in body:
            self.wfile.write(b"1\r\n%c\r\n" % byte)
        self.wfile.write(b"0\r\n\r\n")
    def log_message(self, *args):
        pass
Handler.protocol_version = "HTTP/1.1"
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), lambda *args: Handler(*args, directory=sys.argv[1]))
print("ready on 127.0.0.1:%d" % server.server_port, flush=True)
server.serve_forever()
)py";
    const std::string client = folder.write("client.lua", R"lua(
        local http = require "moonwire.http"
        local client = http.client(arg[1])
        local page = assert(client:get("/page.html"))
        print(page.status, page.reason, page.headers["content-type"], page.body)
        print(assert(client:request { method = "HEAD", path = "/page.html" }).headers["content-length"])
        local echoed = assert(client:post("/", ("chunk"):rep(100)))
        print(echoed.status, echoed.body == ("chunk"):rep(100))
        print(assert(client:get("/nothing")).status)
        print(client:info().connections)
    )lua");
    Process server({"python3", "-c", python, (folder.path() / "site").string()});
    const std::string port = port_of(server.wait_for_output("ready on"));
    const Finished finished = run_moonwire({client, "http://127.0.0.1:" + port});
    CHECK(finished.output == "200\tOK\ttext/html\t<h1>page</h1>\n13\n201\ttrue\n404\n1\n");
    CHECK(finished.error.empty());
}

TEST_CASE("hostile clients cost the others nothing")
{
    const HttpServer server("{ head_timeout = 2, body_timeout = 2, idle_timeout = 2 }");
    const std::string port = server.port;
    const std::size_t before = server.memory();

    std::vector<std::unique_ptr<Client>> hostile;
    const auto add = [&](const std::string& text) -> Client& {
        hostile.push_back(std::make_unique<Client>(port));
        hostile.back()->send(text);
        return *hostile.back();
    };
    Client& slow_head = add("GET / HTTP/1.1\r\nX: ");
    Client& slow_body = add("POST /size HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n");
    Client& silent = add("");
    for (int i = 0; i < 20; ++i) {  // ask for much and read nothing of it
        add("GET /files/large.bin HTTP/1.1\r\nHost: h\r\n\r\n");
    }
    Client& endless = add("GET / HTTP/1.1\r\nX: " + std::string(15000, 'x'));
    endless.send(std::string(5000, 'x'));
    add("GET / HTTP/1.1\r\nHost: h\r\n").reset();
    Client& nonsense = add(std::string(1000, '\0') + "\r\n\r\n");

    for (int i = 0; i < 20; ++i) {
        slow_head.send("x");
        slow_body.send("x");
        CHECK(curl({server.url("/hello/others")}) == "Hello, others (GET)\n");
    }
    CHECK_THAT(endless.read_all(), Contains("431 Request Header Fields Too Large"));
    CHECK_THAT(nonsense.read_all(), Contains("400 Bad Request"));
    CHECK_THAT(slow_head.read_all(), Contains("408 Request Timeout"));
    CHECK_THAT(slow_body.read_all(), Contains("408 Request Timeout"));
    CHECK(silent.read_all().empty());
    CHECK(curl({server.url("/hello/others")}) == "Hello, others (GET)\n");
    CHECK(server.memory() < before + 24 * 1024 * 1024);  // 20 times what waits for a reader, and no more
}
