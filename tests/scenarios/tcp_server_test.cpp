// A server in Lua at its limits: of open files, and of memory.
#include "tests/support/process.hpp"
#include "tests/support/socket.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <cstdlib>
#include <memory>
#include <vector>

using namespace moonwire::test;

TEST_CASE("a server that is out of file descriptors pauses, says so once, and goes on")
{
    const std::string server = R"(
        local tcp = require "moonwire.tcp"
        local server = assert(tcp.listen { port = 0, host = "127.0.0.1" })
        print("port:" .. server:port())
        server:serve(function(conn)
            for line in conn:lines() do conn:write("echo " .. line .. "\n") end
        end))";
    Process process({"sh", "-c", "ulimit -n 32 && exec \"$0\" \"$@\"", MOONWIRE_EXECUTABLE, "-e", server});
    const std::string port = port_of(process.wait_for_output("port:"));
    std::vector<std::unique_ptr<Client>> clients;
    for (int i = 0; i < 60; ++i) {
        clients.push_back(std::make_unique<Client>(port));  // the system connects them, accepted or not
        clients.back()->send("hello\n");
    }
    process.wait_for_error("too many open files");
    while (!clients.empty()) {
        CHECK(clients.front()->read_until("\n") == "echo hello\n");
        clients.erase(clients.begin());  // makes room for one that waits
    }
    Client last(port);
    last.send("again\n");
    CHECK(last.read_until("\n") == "echo again\n");
    process.signal(SIGINT);
    CHECK(process.wait() == 130);
    const auto first = process.error().find("too many open files");
    CHECK(process.error().find("too many open files", first + 1) == std::string::npos);
}

TEST_CASE("100 MB without the end of a line cost a server bounded memory")
{
    const std::string server = R"(
        local tcp = require "moonwire.tcp"
        local server = assert(tcp.listen { port = 0, host = "127.0.0.1" })
        print("port:" .. server:port())
        server:serve(function(conn)
            local dropped = 0
            while true do
                local line, err = conn:read_line()
                if line then
                    conn:write(("%d bytes refused, then '%s'\n"):format(dropped, line))
                elseif err.code == "too_long" then
                    dropped = dropped + #assert(conn:read_some())
                else
                    return
                end
            end
        end))";
    Process process({MOONWIRE_EXECUTABLE, "-e", server});
    const std::string port = port_of(process.wait_for_output("port:"));
    Client client(port);
    client.send("warm up\n");
    CHECK(client.read_until("\n") == "0 bytes refused, then 'warm up'\n");
    const std::size_t before = peak_memory(process.pid());
    const std::string part(1024 * 1024, 'x');
    for (int i = 0; i < 100; ++i) {
        client.send(part);
    }
    client.send("\nend\n");
    // What is left of the long line below the limit is a line.
    client.read_until("then 'end'\n");
    if (std::getenv("MOONWIRE_TEST_SLOW") == nullptr) {  // sanitizers keep what was freed
        CHECK(peak_memory(process.pid()) - before < 16 * 1024 * 1024);
    }
    Client other(port);
    other.send("fine\n");
    CHECK(other.read_until("\n") == "0 bytes refused, then 'fine'\n");
}
