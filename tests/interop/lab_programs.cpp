#include "tests/interop/lab_programs.hpp"

#include <catch2/catch.hpp>

namespace moonwire::test {

namespace {

std::string program(const std::string& name)
{
    return std::string(MOONWIRE_SOURCE_DIR) + "/tests/interop/programs/" + name;
}

}  // namespace

std::vector<std::string> python(const std::string& name, std::vector<std::string> arguments)
{
    arguments.insert(arguments.begin(), {"python3", "-u", program(name)});
    return arguments;
}

std::vector<std::string> websocket_python(const std::string& name, std::vector<std::string> arguments)
{
    arguments = python(name, std::move(arguments));
    arguments.front() = "/usr/bin/python3";
    return arguments;
}

bool has_websocket_python()
{
    static const bool there = run({"/usr/bin/python3", "-c", "import websocket, websockets"}).status == 0;
    if (!there) {
        WARN("Python's packages websockets and websocket-client are not installed: third_party/setup installs them");
    }
    return there;
}

CProgram::CProgram(const std::string& name) : path_((folder_.path() / name).string())
{
    const Finished compiler = run({"cc", "-o", path_, program(name + ".c")});
    INFO(compiler.error);
    REQUIRE(compiler.status == 0);
}

}  // namespace moonwire::test
