#pragma once

#include "tests/support/process.hpp"

#include <string>
#include <vector>

namespace moonwire::test {

/// A file of tests/interop/programs.
inline std::string program(const std::string& name)
{
    return std::string(MOONWIRE_SOURCE_DIR) + "/tests/interop/programs/" + name;
}

inline std::vector<std::string> python(const std::string& name, std::vector<std::string> arguments)
{
    arguments.insert(arguments.begin(), {"python3", "-u", program(name)});
    return arguments;
}

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
