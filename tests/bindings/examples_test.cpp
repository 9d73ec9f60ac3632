#include "tests/bindings/stubs.hpp"
#include "tests/support/process.hpp"

#include <catch2/catch.hpp>

using namespace moonwire::test;

namespace {

/// What the examples of the stubs find around them: files in a folder, servers behind the ports that they name, and an
/// object of the class that they are about.
std::string surroundings(const std::string& folder)
{
    return "local folder = '" + folder + "/'" + R"lua(
        local ca_key, key = x509.key { type = "p256" }, x509.key { type = "p256" }
        local ca = x509.authority { key = ca_key }
        local request = x509.request { key = key, subject = "/CN=localhost", names = { "localhost" } }
        local certificate = assert(x509.sign { request = request, ca = ca, ca_key = ca_key })
        assert(ca:save(folder .. "lab_ca.pem") and certificate:save(folder .. "pmu.pem"))
        assert(key:save(folder .. "pmu_key.pem") and request:save(folder .. "pmu_csr.pem"))

        local function talk(connection)
            connection:write("hello from the lab\r\n\r\nand more\n")
            connection:shutdown()
            connection:read_all()
        end
        local plain = assert(tcp.listen { port = 0 })
        local secure = assert(tls.listen { port = 0, certificate = folder .. "pmu.pem", key = folder .. "pmu_key.pem" })
        local datagrams = assert(udp.bind())
        local web = assert(http.listen { port = 0 })
        for _, method in ipairs { "GET", "POST", "PUT", "DELETE" } do
            web:route(method, "/status", function(request) return request.body end)
            web:route(method, "/status/{device}", function(request) return request.params.device end)
        end
        task.spawn(web.serve, web)
        task.spawn(plain.serve, plain, talk)
        task.spawn(secure.serve, secure, talk)

        local function echo(conn)
            for message, is_binary in conn:messages() do
                if is_binary then conn:send_binary(message) else conn:send(message) end
            end
        end
        local chat = assert(ws.listen { port = 0 })
        local identity = { certificate = folder .. "pmu.pem", key = folder .. "pmu_key.pem" }
        local secure_chat = assert(ws.listen { port = 0, tls = identity })
        task.spawn(chat.serve, chat, echo)
        task.spawn(secure_chat.serve, secure_chat, echo)

        local function chat_client(server)
            return assert(ws.connect("ws://localhost:" .. server:port()))
        end
        local function visited_chat()
            local server = assert(ws.listen { port = 0 })
            task.spawn(function()
                local visitor = ws.connect("ws://localhost:" .. server:port())  -- unless the example has closed it
                if visitor then visitor:send("hello") visitor:close() end
                task.sleep(1)
                server:close()
            end)
            return server
        end
        local function visited(server, connect, options)
            task.spawn(function()
                local visitor = connect("localhost", server:port(), options)  -- unless the example has closed it
                if visitor then visitor:write("hello\n") visitor:shutdown() end
                task.sleep(1)
                server:close()
            end)
            return server
        end
        local function closing(server)
            task.spawn(function()
                task.sleep(5)
                server:close()
            end)
            return server
        end
        local function secure_client()
            return assert(tls.connect("localhost", secure:port(), { ca = folder .. "lab_ca.pem" }))
        end
        local function sorting(input_ends)
            return function()
                local child = assert(process.start("sort"))
                child.stdin:write("2,b\n1,a\n")
                if input_ends then child.stdin:close() end
                return { child = child }
            end
        end
        local about = {
            Child = sorting(true), ChildInput = sorting(false), ChildOutput = sorting(true),
            Connection = function() return { connection = assert(tcp.connect("localhost", plain:port())) } end,
            TlsConnection = function() return { connection = secure_client() } end,
            HttpClient = function()
                local client = http.client("http://localhost:" .. web:port())
                assert(client:get("/status"))
                return { client = client }
            end,
            HttpServer = function() return { server = closing(assert(http.listen { port = 0 })) } end,
            HttpRequest = function()
                local server, asked = closing(assert(http.listen { port = 0 })), task.channel(1)
                server:route("GET", "/", function(request) asked:send(request) end)
                task.spawn(server.serve, server)
                task.spawn(http.get, "http://localhost:" .. server:port())
                return { server = server, request = asked:receive() }
            end,
            Watcher = function() return { watcher = assert(file.watch(folder .. "Status")) } end,
            Server = function() return { server = visited(assert(tcp.listen { port = 0 }), tcp.connect) } end,
            TlsServer = function()
                local server = assert(tls.listen { port = 0, certificate = folder .. "pmu.pem", key = folder .. "pmu_key.pem" })
                return { server = visited(server, tls.connect, { ca = folder .. "lab_ca.pem" }) }
            end,
            Run = function()
                return { run = scenario.run("pmu/udp", { loss = 0.5, port = 0, runs = 10 }) }
            end,
            WsConnection = function() return { conn = chat_client(chat) } end,
            WsServer = function() return { server = visited_chat() } end,
            WsRoom = function() return { room = ws.room(), conn = assert(visited_chat():accept()) } end,
            UdpRelay = function() return { relay = assert(impair.udp { target = "localhost:5004" }) } end,
            TcpRelay = function() return { relay = assert(impair.tcp { target = "localhost:5003" }) } end,
            Socket = function()
                local socket = assert(udp.bind { family = "ipv4" })
                task.spawn(function()
                    assert(udp.bind { family = "ipv4" }):send("ping", "127.0.0.1", socket:port())
                    task.sleep(1)
                    socket:close()
                end)
                return { socket = socket }
            end,
        }
        local ports = { ["5003"] = plain:port(), ["5004"] = datagrams:port(), ["8080"] = web:port(), ["7000"] = 0,
            ["3051"] = chat:port(), ["8443"] = secure_chat:port() }
        local secure_ports = { ["5003"] = secure:port(), ["7000"] = 0 }

        local function run(name, entry, code, report)
            code = code:gsub("%f[%d]%d%d%d%d%f[%D]", (entry.module == "tls" and secure_ports or ports))
            code = code:gsub('"([%w_]+%.pem)"', '"' .. folder .. '%1"')
            local chunk, err = loadstring(code, "=" .. name)
            if not chunk then
                return report(err)
            end
            local make = about[name:match("^(.*):")]
            local variables = make and make() or { ca = ca, key = key, certificate = certificate, request = request }
            setfenv(chunk, setmetatable(variables, { __index = function(_, global)
                return _G[global] or error("there is no " .. global, 2)
            end }))
            local running = task.spawn(function() return pcall(chunk) end)
            local done, result, failure = pcall(task.timeout, 60, running.join, running)
            if not (done and result) then report(name .. ": " .. tostring(failure or result)) end
        end
    )lua";
}

}  // namespace

TEST_CASE("the examples in the stubs work")
{
    const TemporaryFolder folder;
    // Those that need a person, or a role that plays, are only compiled.
    const std::string findings = stub_findings(surroundings(folder.path().string()) + R"lua(
        local compiled = {
            ["stdio.read_line"] = true, ["stdio.lines"] = true, ["scenario.ready"] = true, ["scenario.log"] = true,
            ["ws.upgrade"] = true,
        }
        local count = 0
        local print = print
        local findings = {}
        _G.print = function() end
        local function report(text) findings[#findings + 1] = text end
        for name, entry in sorted(stubs.entries) do
            for _, code in ipairs(entry.examples or {}) do
                count = count + 1
                if compiled[name] then
                    local chunk, err = loadstring(code)
                    if not chunk then report(err) end
                else
                    run(name, entry, code, report)
                end
            end
        end
        for _, text in ipairs(findings) do print(text) end
        if count < 100 then print("only " .. count .. " examples") end
        plain:close()
        secure:close()
        web:close()
        chat:close()
        secure_chat:close())lua");
    CHECK(findings == "");
}
