#include "host/app/commands.hpp"
#include "host/app/exit_status.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <exception>

namespace {

using moonwire::app::Arguments;

int dispatch(const Arguments& arguments)
{
    if (arguments.empty() || arguments.front() == "--help" || arguments.front() == "-h") {
        return moonwire::app::help_command({});
    }
    const std::string& command = arguments.front();
    const Arguments rest(arguments.begin() + 1, arguments.end());
    if (command == "--version") {
        fmt::print("moonwire {}\n", MOONWIRE_VERSION);
        return moonwire::app::done;
    }
    if (command == "run") {
        return moonwire::app::run_command(rest);
    }
    if (command == "list") {
        return moonwire::app::list_command(rest);
    }
    if (command == "help") {
        return moonwire::app::help_command(rest);
    }
    return moonwire::app::script_command(arguments);
}

}  // namespace

int main(int argc, char** argv)
{
    try {
        return dispatch(Arguments(argv + 1, argv + argc));
    } catch (const moonwire::UsageError& error) {
        fmt::print(stderr, "moonwire: {}\n", error.what());
        return moonwire::app::wrong_usage;
    } catch (const std::exception& error) {
        fmt::print(stderr, "moonwire: {}\n", error.what());
        return moonwire::app::failed;
    }
}
