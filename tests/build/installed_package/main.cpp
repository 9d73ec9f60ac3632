#include <moonwire/engine.hpp>

#include <iostream>

int main()
{
    moonwire::Engine engine;
    engine.define("lab.double", [](const moonwire::Values& values) -> moonwire::Values {
        return {std::get<double>(values.at(0)) * 2};
    });
    const moonwire::Result result = engine.run_string(R"(
        local lab, tcp, task = require "lab", require "moonwire.tcp", require "moonwire.task"
        local server = assert(tcp.listen { port = 0, host = "127.0.0.1" })
        local client = assert(tcp.connect("127.0.0.1", server:port()))
        assert(server:accept()):write("21\n")
        return lab.double(tonumber(client:read_line())))",
                                                      "script");
    if (result.outcome != moonwire::Outcome::done) {
        std::cerr << result.error << '\n';
        return 1;
    }
    std::cout << "the script says " << std::get<double>(result.values.at(0)) << '\n';
}
