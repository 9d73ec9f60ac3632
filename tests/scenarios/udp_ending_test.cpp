#include "tests/support/process.hpp"

#include <catch2/catch.hpp>

using namespace moonwire::test;

TEST_CASE("all roles: what has been sent to a UDP server is received before the run ends")
{
    const TemporaryFolder folder;
    const std::string file = folder.write("hasty.lua", R"(
        local scenario, udp, task = require "moonwire.scenario", require "moonwire.udp", require "moonwire.task"
        return scenario.define {
            summary = "a client that ends at once",
            params = { port = { 0, "port", type = "port" } },
            roles = {
                server = function(p)
                    local sock = assert(udp.bind { port = p.port })
                    scenario.ready(sock)
                    local received = 0
                    for payload in sock:datagrams() do
                        received = received + 1
                        if received == 50 then task.sleep(0.05) end
                    end
                    print(received .. " received")
                end,
                client = {
                    after = "server",
                    run = function(p)
                        local sock = assert(udp.connect("127.0.0.1", p.port))
                        for i = 1, 100 do assert(sock:send("message " .. i)) end
                    end,
                },
            },
        })");
    const Finished finished = run_moonwire({"run", file});
    CHECK(finished.status == 0);
    CHECK(finished.output == "100 received\n");
}
