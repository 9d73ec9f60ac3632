// What an engine's trace tells of what scripts do.
#include "tests/bindings/script.hpp"

#include <moonwire/engine.hpp>

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using Catch::Matchers::Contains;
using namespace moonwire;

namespace {

struct Traced {
    explicit Traced(TraceOptions::Detail detail = TraceOptions::Detail::messages)
    {
        EngineOptions options;
        options.output = [](std::string_view) {};
        options.trace = TraceOptions{};
        options.trace->detail = detail;
        options.trace->output = [this](std::string_view text) {
            CHECK(text.ends_with("\n"));
            lines += text;
        };
        engine.emplace(std::move(options));
    }

    std::string run(const std::string& script)
    {
        const Result result = engine->run_string(script, "test");
        INFO(result.error);
        CHECK(result.outcome == Outcome::done);
        engine.reset();  // all that is left to be told
        return lines;
    }

    std::string lines;
    std::optional<Engine> engine;
};

}  // namespace

TEST_CASE("an engine's trace goes where its owner says, whole lines at a time")
{
    Traced traced;
    const std::string lines = traced.run(R"(
        local tcp, task = require "moonwire.tcp", require "moonwire.task"
        local server = assert(tcp.listen { host = "127.0.0.1", port = 0 })
        task.spawn(function()
          local conn = assert(server:accept())
          conn:write(conn:read_line() .. "!\n")
          conn:close()
        end)
        local conn = assert(tcp.connect("127.0.0.1", server:port()))
        conn:write("hello\n")
        assert(conn:read_all() == "hello!\n")
        conn:close())");
    CHECK_THAT(lines, Contains("tcp 2  → 6 bytes \"hello\\n\"\n"));
    CHECK_THAT(lines, Contains("tcp 3  ← 6 bytes \"hello\\n\"\n"));
    CHECK_THAT(lines, Contains("tcp 3  → 7 bytes \"hello!\\n\"\n"));
    CHECK_THAT(lines, Contains("tcp 3    closed\n"));
    CHECK_THAT(lines, Contains("tcp 2    closed by the peer\n"));
    CHECK_THAT(lines, Contains("tcp 1    closed\n"));
}

TEST_CASE("a trace tells requests and answers of HTTP, and their bytes to those only who look closer")
{
    const std::string script = R"(
        local http, task = require "moonwire.http", require "moonwire.task"
        local server = assert(http.listen { host = "127.0.0.1", port = 0 })
        server:route("POST", "/echo", function(request) return request.body end)
        local serving = task.spawn(function() server:serve() end)
        local client = http.client("http://127.0.0.1:" .. server:port())
        assert(client:post("/echo", "hello").body == "hello")
        assert(client:get("/nothing").status == 404)
        client:close()
        server:close())";
    Traced traced;
    const std::string messages = traced.run(script);
    CHECK_THAT(messages, Contains("→ POST /echo, 5 bytes \"hello\"\n"));
    CHECK_THAT(messages, Contains("← POST /echo, 5 bytes \"hello\"\n"));
    CHECK_THAT(messages, Contains("→ 200 OK, 5 bytes \"hello\"\n"));
    CHECK_THAT(messages, Contains("← 200 OK, 5 bytes \"hello\"\n"));
    CHECK_THAT(messages, Contains("← GET /nothing, 0 bytes\n"));
    CHECK_THAT(messages, Contains("← 404 Not Found"));
    CHECK_THAT(messages, !Contains("Content-Length"));
    Traced closer(TraceOptions::Detail::packets);
    CHECK_THAT(closer.run(script), Contains("\"POST /echo HTTP/1.1\\r\\n"));
}

TEST_CASE("a trace tells programs and what goes through their pipes")
{
    Traced traced;
    const std::string lines = traced.run(R"(
        local process = require "moonwire.process"
        local cat = assert(process.start("cat"))
        cat.stdin:write("hello\n")
        assert(cat.stdout:read_line() == "hello")
        cat.stdin:close()
        assert(cat:wait()))");
    CHECK_THAT(lines, Contains("→ 6 bytes \"hello\\n\"\n"));
    CHECK_THAT(lines, Contains("← 6 bytes \"hello\\n\"\n"));
    CHECK_THAT(lines, Contains("has ended (exit status 0)\n"));
}

TEST_CASE("a trace tells the groups that sockets join")
{
    Traced traced;
    const std::string lines = traced.run(R"(
        local multicast = require "moonwire.multicast"
        local receiver = assert(multicast.receiver("239.9.8.7", 0, { interface = "lo" }))
        receiver:close())");
    CHECK_THAT(lines, Contains("joined the group 239.9.8.7\n"));
}

TEST_CASE("system calls are counted, with and without a trace")
{
    Engine engine;
    const Result result = engine.run_string(R"(
        local udp = require "moonwire.udp"
        local a = assert(udp.bind { host = "127.0.0.1", port = 0 })
        local b = assert(udp.bind { host = "127.0.0.1", port = 0 })
        for i = 1, 3 do assert(a:send("x", "127.0.0.1", b:port())) end
        for i = 1, 3 do assert(b:receive(5)) end
        return a:info().send_calls, b:info().receive_calls)",
                                            "test");
    INFO(result.error);
    REQUIRE(result.values.size() == 2);
    CHECK(result.values[0] == Value(3.0));
    const double received = std::get<double>(result.values[1]);
    CHECK(received >= 1);  // three datagrams by one call, if all were there
    CHECK(received <= 4);
}
