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

CProgram::CProgram(const std::string& name) : path_((folder_.path() / name).string())
{
    const Finished compiler = run({"cc", "-o", path_, program(name + ".c")});
    INFO(compiler.error);
    REQUIRE(compiler.status == 0);
}

}  // namespace moonwire::test
