#include "tests/bindings/stubs.hpp"

#include <catch2/catch.hpp>

using namespace moonwire::test;

// The stubs of bindings/types are what editors, `help` and the reference know of the modules. Whoever adds a function
// adds it there, with its parameters, its results and an example.

TEST_CASE("every module, function and field has its stub, and every stub its function")
{
    CHECK(stub_findings(R"lua(
        for name in sorted(package.preload) do
            local module = name:match("^moonwire%.(.+)$")
            if module and not stubs.modules[module] then print(name .. " has no stub in bindings/types") end
        end
        for name, module in sorted(stubs.modules) do
            local loaded = package.loaded["moonwire." .. name]
            if not loaded then
                print("bindings/types/" .. name .. ".lua is about no module")
            else
                for key in sorted(loaded) do
                    if not stubs.entries[name .. "." .. key] then print(name .. "." .. key .. " has no stub") end
                end
                for _, entry in ipairs(module.functions) do
                    if type(loaded[entry.short]) ~= "function" then print(entry.name .. " does not exist") end
                end
                for _, field in ipairs(module.fields) do
                    if loaded[field.short] == nil then print(field.name .. " does not exist") end
                end
            end
        end)lua") == "");
}

TEST_CASE("every class and method has its stub, and every stub its method")
{
    CHECK(stub_findings(R"lua(
        local classes = {}
        for _, class in pairs(stubs.classes) do
            if class.metatable then
                classes[class.metatable] = class
                if not registry[class.metatable] then print(class.name .. ": there is no class " .. class.metatable) end
            end
        end
        local function methods_of(class, methods)
            for _, method in ipairs(class.methods) do methods[method.short] = method end
            for _, parent in ipairs(class.parents) do methods_of(stubs.classes[parent], methods) end
            return methods
        end
        for name, metatable in sorted(registry) do
            local module = name:match("^moonwire%.(%l%w*)%.%u%w*$")
            local methods = module and (metatable.__methods or metatable.__index)
            if module and stubs.modules[module] and (classes[name] or next(methods or {})) then
                local class = classes[name]
                if not class then
                    print(name .. " has no stub: bindings/types/" .. module .. ".lua needs a class with a `local` of that name")
                else
                    local documented = methods_of(class, {})
                    for key, method in sorted(methods) do
                        if type(method) == "function" and not documented[key] then print(name .. ":" .. key .. " has no stub") end
                    end
                    for key, method in sorted(documented) do
                        if type(methods[key]) ~= "function" then print(method.name .. " does not exist") end
                    end
                end
            end
        end)lua") == "");
}

TEST_CASE("every function has a text, an example, and a word about each parameter, result and option")
{
    CHECK(stub_findings(R"lua(
        local function check_params(name, entry)
            local params = {}
            for _, param in ipairs(entry.params) do
                params[param.name] = true
                if param.type == "" or param.text == "" and not param.type:find("Options$") then
                    print(name .. ": nothing is said about the parameter " .. param.name)
                end
            end
            for _, argument in ipairs(entry.arguments) do
                if not params[argument] then print(name .. ": the parameter " .. argument .. " is missing") end
                params[argument] = nil
            end
            for param in sorted(params) do print(name .. ": there is no parameter " .. param) end
        end
        local function known_type(type)
            local own = "|string|number|integer|boolean|table|any|fun|true|false|userdata|"
            for word in type:gsub('"[^"]*"', ""):gsub("[%w_]+%??:", ""):gmatch("%a[%w_]*") do
                if not stubs.classes[word] and not stubs.aliases[word] and not own:find("|" .. word .. "|", 1, true) then
                    return word
                end
            end
        end
        for name, entry in sorted(stubs.entries) do
            local items = {}
            for _, list in ipairs { "params", "returns", "fields" } do
                for _, item in ipairs(entry[list] or {}) do items[#items + 1] = item end
            end
            for _, item in ipairs(items) do
                local unknown = item.type and known_type(item.type)
                if unknown then print(name .. ": the type " .. unknown .. " is not documented") end
            end
            if entry.kind == "function" then
                if #entry.lines == 0 then print(name .. " has no text") end
                if #entry.examples == 0 then print(name .. " has no example (```lua)") end
                check_params(name, entry)
            elseif entry.kind == "class" then
                if entry.metatable and #entry.lines == 0 then print(name .. " has no text") end
                for _, field in ipairs(name:find("Options$") and entry.fields or {}) do
                    if field.text == "" then print(name .. "." .. field.name .. " has no text") end
                end
            end
        end)lua") == "");
}

TEST_CASE("the options that a function takes are those of its stub")
{
    // Each function is called with an option that there is not: the refusal lists those that there are.
    CHECK(stub_findings(R"lua(
        local key = x509.key { type = "p256" }
        local certificate = x509.self_signed { key = key }
        local request = x509.request { key = key }
        local server = assert(tcp.listen { port = 0, host = "127.0.0.1" })
        local connection = assert(tcp.connect("127.0.0.1", server:port()))
        local tls_server = assert(tls.listen { port = 0, certificate = certificate:pem(), key = key:pem() })
        local http_server = assert(http.listen { port = 0, host = "127.0.0.1" })
        local http_client = http.client("http://localhost")
        local ws_server = assert(ws.listen { port = 0 })
        local socket = assert(udp.bind())
        local udp_relay = assert(impair.udp { target = "localhost:1" })
        local tcp_relay = assert(impair.tcp { target = "localhost:1" })
        local function with(options, more)
            for name, value in pairs(more) do options[name] = value end
            return options
        end
        local calls = {
            ["Certificate:verify"] = function(o) certificate:verify(o) end,
            ["Connection:set"] = function(o) connection:set(o) end,
            ["HttpClient:get"] = function(o) http_client:get("/", o) end,
            ["HttpClient:post"] = function(o) http_client:post("/", "", o) end,
            ["HttpClient:request"] = function(o) http_client:request(o) end,
            ["HttpServer:serve"] = function(o) http_server:serve(o) end,
            ["report.latency"] = function(o) report.latency("x", 1, o) end,
            ["Server:serve"] = function(o) server:serve(print, o) end,
            ["Socket:join"] = function(o) socket:join("239.1.2.3", o) end,
            ["Socket:leave"] = function(o) socket:leave("239.1.2.3", o) end,
            ["Socket:set"] = function(o) socket:set(o) end,
            ["TcpRelay:set"] = function(o) tcp_relay:set(o) end,
            ["TlsServer:serve"] = function(o) tls_server:serve(print, o) end,
            ["UdpRelay:set"] = function(o) udp_relay:set(o) end,
            ["WsServer:serve"] = function(o) ws_server:serve(print, o) end,
            ["dns.resolve"] = function(o) dns.resolve("localhost", o) end,
            ["http.client"] = function(o) http.client("http://localhost", o) end,
            ["http.get"] = function(o) http.get("http://localhost", o) end,
            ["http.listen"] = function(o) http.listen(with(o, { port = 0 })) end,
            ["http.post"] = function(o) http.post("http://localhost", "", o) end,
            ["http.request"] = function(o) http.request(with(o, { url = "http://localhost" })) end,
            ["file.watch"] = function(o) file.watch("Status", o) end,
            ["impair.tcp"] = function(o) impair.tcp(with(o, { target = "localhost:1" })) end,
            ["impair.udp"] = function(o) impair.udp(with(o, { target = "localhost:1" })) end,
            ["json.decode"] = function(o) json.decode("1", o) end,
            ["json.encode"] = function(o) json.encode(1, o) end,
            ["multicast.receiver"] = function(o) multicast.receiver("239.1.2.3", 0, o) end,
            ["multicast.sender"] = function(o) multicast.sender("239.1.2.3", 1, o) end,
            ["process.run"] = function(o) process.run("true", {}, o) end,
            ["process.start"] = function(o) process.start("true", {}, o) end,
            ["tcp.connect"] = function(o) tcp.connect("localhost", 1, o) end,
            ["tcp.listen"] = function(o) tcp.listen(with(o, { port = 0 })) end,
            ["tls.client"] = function(o) tls.client(o) end,
            ["tls.connect"] = function(o) tls.connect("localhost", 1, o) end,
            ["tls.listen"] = function(o) tls.listen(with(o, { port = 0, certificate = certificate:pem(), key = key:pem() })) end,
            ["tls.server"] = function(o) tls.server(o) end,
            ["tls.wrap"] = function(o) tls.wrap(connection, with(o, { context = assert(tls.client()), name = "x" })) end,
            ["udp.bind"] = function(o) udp.bind(o) end,
            ["udp.connect"] = function(o) udp.connect("localhost", 1, o) end,
            ["ws.connect"] = function(o) ws.connect("ws://localhost", o) end,
            ["ws.listen"] = function(o) ws.listen(with(o, { port = 0 })) end,
            ["ws.room"] = function(o) ws.room(o) end,
            ["ws.upgrade"] = function(o) ws.upgrade({}, o) end,
            ["x509.authority"] = function(o) x509.authority(with(o, { key = key })) end,
            ["x509.key"] = function(o) x509.key(o) end,
            ["x509.request"] = function(o) x509.request(with(o, { key = key })) end,
            ["x509.self_signed"] = function(o) x509.self_signed(with(o, { key = key })) end,
            ["x509.sign"] = function(o)
                x509.sign(with(o, { request = request, ca = certificate, ca_key = key }))
            end,
        }
        local nothing = function() end
        local others = {
            ScenarioDeclaration = function(o) scenario.define(with(o, { summary = "", roles = { a = nothing } })) end,
            Param = function(o)
                scenario.define { summary = "", roles = { a = nothing }, params = { a = with(o, { 1, "" }) } }
            end,
            Role = function(o) scenario.define { summary = "", roles = { a = with(o, { run = nothing }) } } end,
            WsCompression = function(o) ws.connect("ws://localhost", { compression = o }) end,
            TlsIdentity = function(o)
                tls.server { certificate = certificate:pem(), key = key:pem(), names = { a = o } }
            end,
        }
        local function compare(name, class, call)
            local _, err = pcall(call, { ["?"] = true })
            local list = tostring(err):match("unknown %l+ ['\"]%?['\"]; there are ([%w_, ]+)")
            if not list then
                print(name .. " does not refuse the option '?': " .. tostring(err))
                return
            end
            local fields = fields_of(class)
            for option in list:gmatch("[^, ]+") do
                if not fields[option] then print(name .. " takes the option " .. option .. ", which its stub has not") end
                fields[option] = nil
            end
            for option in sorted(fields) do print(name .. " does not take the option " .. option .. " of its stub") end
        end
        for name, entry in sorted(stubs.entries) do
            for _, param in ipairs(entry.params or {}) do
                local class = param.type:find("Options$") and stubs.classes[param.type]
                if class and calls[name] then
                    compare(name, class, calls[name])
                elseif class or param.name == "options" then
                    print(name .. ": how to call it is missing in this test, or its options have no class in the stub")
                end
            end
        end
        for name, call in sorted(others) do compare(name, stubs.classes[name], call) end)lua") == "");
}
