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
        task.spawn(plain.serve, plain, talk)
        task.spawn(secure.serve, secure, talk)

        local function visited(server, connect, options)
            task.spawn(function()
                local visitor = connect("localhost", server:port(), options)  -- unless the example has closed it
                if visitor then visitor:write("hello\n") visitor:shutdown() end
                task.sleep(1)
                server:close()
            end)
            return server
        end
        local function secure_client()
            return assert(tls.connect("localhost", secure:port(), { ca = folder .. "lab_ca.pem" }))
        end
        local about = {
            Connection = function() return { connection = assert(tcp.connect("localhost", plain:port())) } end,
            TlsConnection = function() return { connection = secure_client() } end,
            Watcher = function() return { watcher = assert(file.watch(folder .. "Status")) } end,
            Server = function() return { server = visited(assert(tcp.listen { port = 0 }), tcp.connect) } end,
            TlsServer = function()
                local server = assert(tls.listen { port = 0, certificate = folder .. "pmu.pem", key = folder .. "pmu_key.pem" })
                return { server = visited(server, tls.connect, { ca = folder .. "lab_ca.pem" }) }
            end,
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
        local ports = { ["5003"] = plain:port(), ["5004"] = datagrams:port(), ["7000"] = 0 }
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
        secure:close())lua");
    CHECK(findings == "");
}
