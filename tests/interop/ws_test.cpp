// moonwire.ws with WebSocket implementations that are not ours: Python's websockets and websocket-client, npm's ws.
#include "tests/interop/lab_programs.hpp"
#include "tests/support/certificates.hpp"
#include "tests/support/process.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <filesystem>

using namespace moonwire::test;

namespace {

const std::string python_program = std::string(MOONWIRE_SOURCE_DIR) + "/tests/interop/programs/ws_peer.py";
const std::string node_program = std::string(MOONWIRE_SOURCE_DIR) + "/tests/interop/programs/ws_peer.mjs";

/// Debian's Python, which has Debian's packages.
const std::string debian_python = "/usr/bin/python3";

bool has_python(const std::string& module)
{
    const bool found = run({debian_python, "-c", "import " + module}).status == 0;
    if (!found) {
        WARN("skipped: Debian's Python has no " << module << " (third_party/setup installs it)");
    }
    return found;
}

/// Where npm's ws is installed: for the browser tests or for the benchmarks. Empty: nowhere.
std::string npm_packages()
{
    const char* browser = std::getenv("ROOMS_PACKAGES");
    for (const std::string& folder : {std::string(browser != nullptr ? browser : "") + "/reference",
                                      std::string(MOONWIRE_SOURCE_DIR) + "/build/bench_peers"}) {
        if (std::filesystem::exists(folder + "/node_modules/ws/package.json")) {
            return folder;
        }
    }
    WARN("skipped: the npm package ws is not installed (the test 'browser: packages' does it)");
    return {};
}

/// What every client prints in the exchange that they all play.
const std::string exchange =
    "subprotocol moon\ntext hello\nbinary True\nfragments True\npong\nmany True\nclosed 4001\n";

const std::string our_server = R"(
    local ws = require "moonwire.ws"
    local server = assert(ws.listen { port = 0, host = "127.0.0.1", subprotocols = "moon", tls = TLS, COMPRESSION })
    io.stderr:write("ready on 127.0.0.1:", server:port(), "\n")
    server:serve(function(conn)
        for message, is_binary in conn:messages() do
            if is_binary then conn:send_binary(message) else conn:send(message) end
        end
        local _, err = conn:receive()
        print("closed " .. err.close_code .. " " .. err.reason)
    end))";

const std::string our_client = R"(
    local ws = require "moonwire.ws"
    local conn = assert(ws.connect(URL, { subprotocols = { "sun", "moon" }, fragment_size = 3000, COMPRESSION }))
    print("subprotocol " .. conn:subprotocol())
    conn:send("hello")
    print("text " .. conn:receive())
    local bytes = {}
    for i = 0, 255 do bytes[#bytes + 1] = string.char(i) end
    local binary = table.concat(bytes)
    conn:send_binary(binary)
    local data, is_binary = conn:receive()
    print("binary " .. tostring(data == binary and is_binary):gsub("^t", "T"))
    local long = ("grüße "):rep(20000)
    conn:send(long)
    print("fragments " .. tostring((conn:receive()) == long):gsub("^t", "T"))
    conn:ping("are you there?")
    conn:send("after the ping")
    conn:receive()
    print(conn:info().pongs_received == 1 and "pong" or "no pong")
    for i = 1, 1000 do conn:send(tostring(i)) end
    local all = true
    for i = 1, 1000 do all = all and conn:receive() == tostring(i) end
    print("many " .. tostring(all):gsub("^t", "T"))
    conn:close(4001, "done")
    local _, err = conn:receive()
    print("closed " .. err.close_code))";

/// The script, with words of it replaced.
std::vector<std::string> script(std::string text, const std::vector<std::pair<std::string, std::string>>& words)
{
    for (const auto& [word, replacement] : words) {
        text.replace(text.find(word), word.size(), replacement);
    }
    return {MOONWIRE_EXECUTABLE, "-e", text};
}

const std::string compressions[] = {"compression = false", "compression = { threshold = 0 }",
                                    "compression = { window_bits = 9, peer_window_bits = 9, threshold = 0 }",
                                    "compression = { context_takeover = false, peer_context_takeover = false }"};

/// A client that is not ours plays with our server, with each kind of compression on our side.
void check_client(const std::vector<std::string>& command, const std::vector<std::string>& environment = {})
{
    for (const std::string& compression : compressions) {
        INFO(compression);
        Server server(script(our_server, {{"TLS", "nil"}, {"COMPRESSION", compression}}));
        std::vector<std::string> arguments = command;
        arguments.push_back("ws://127.0.0.1:" + server.port + "/");
        const Finished client = run(arguments, {}, environment);
        CHECK(client.error.empty());
        CHECK(client.output == exchange);
        CHECK(server.process.wait_for_output("closed") == "closed 4001 done");
    }
}

/// Our client plays with a server that is not ours.
void check_server(const std::vector<std::string>& command, const std::vector<std::string>& environment = {})
{
    Process process(command, environment);
    const std::string port = port_of(process.wait_for_error("ready on"));
    for (const std::string& compression : compressions) {
        INFO(compression);
        const Finished client =
            run(script(our_client, {{"URL", "\"ws://127.0.0.1:" + port + "/\""}, {"COMPRESSION", compression}}));
        CHECK(client.error.empty());
        CHECK(client.output == exchange);
        CHECK(process.wait_for_output("closed") == "closed 4001 done");
    }
}

}  // namespace

TEST_CASE("Python's websockets and moonwire.ws, both ways")
{
    if (has_python("websockets")) {
        check_client({debian_python, python_program, "client"});
        check_server({debian_python, python_program, "server"});
    }
}

TEST_CASE("Python's websockets and moonwire.ws over TLS")
{
    if (!has_python("websockets")) {
        return;
    }
    const Authority authority;
    const TemporaryFolder folder;
    const std::string ca = folder.write("ca.pem", authority.certificate().pem());
    save(folder, "server", authority.issue("localhost"));
    const std::string prefix = (folder.path() / "server").string();
    Server server(script(our_server, {{"TLS", "{ certificate = '" + prefix + ".pem', key = '" + prefix + ".key' }"},
                                      {"COMPRESSION", "compression = true"}}));
    const Finished client = run({debian_python, python_program, "client", "wss://localhost:" + server.port + "/", ca});
    CHECK(client.error.empty());
    CHECK(client.output == exchange);
}

TEST_CASE("Python's websocket-client and our server")
{
    if (has_python("websocket")) {
        check_client({debian_python, python_program, "other_client"});
    }
}

TEST_CASE("npm's ws and moonwire.ws, both ways", "[npm]")
{
    if (const std::string packages = npm_packages(); !packages.empty()) {
        check_client({"node", node_program, "client"}, {"WS_PACKAGES=" + packages});
        check_server({"node", node_program, "server"}, {"WS_PACKAGES=" + packages});
    }
}
