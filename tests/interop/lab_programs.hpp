#pragma once

#include "tests/support/process.hpp"

#include <string>
#include <vector>

namespace moonwire::test {

/// The command that runs one of the labs' Python programs (tests/interop/programs).
std::vector<std::string> python(const std::string& name, std::vector<std::string> arguments);

/// The same for those that need Debian's python3-websockets or python3-websocket, with the Python that has them.
std::vector<std::string> websocket_python(const std::string& name, std::vector<std::string> arguments);

/// Are these packages there? Says so where they are not: then a test has nothing to do.
bool has_websocket_python();

/// One of the lab's C programs, compiled as the lab does it.
class CProgram
{
public:
    explicit CProgram(const std::string& name);

    /// The command that runs it. Its output comes line by line.
    std::vector<std::string> operator()(const std::string& port) const { return {"stdbuf", "-oL", path_, port}; }

private:
    TemporaryFolder folder_;
    std::string path_;
};

/// A server, ours or not, that has said its port on standard error.
struct Server {
    explicit Server(const std::vector<std::string>& arguments)
        : process(arguments), port(port_of(process.wait_for_error("ready on")))
    {
    }

    Process process;
    std::string port;
};

}  // namespace moonwire::test
