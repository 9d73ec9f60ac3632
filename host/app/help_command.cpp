#include "host/app/commands.hpp"
#include "host/app/exit_status.hpp"
#include "host/app/scenario_help.hpp"

#include <fmt/format.h>

namespace moonwire::app {

namespace {

constexpr const char* general_help =
    "moonwire plays network labs and runs Lua scripts on real sockets.\n"
    "\n"
    "Usage:\n"
    "  moonwire list                                 shows the scenarios\n"
    "  moonwire help SCENARIO                        shows a scenario's roles and parameters\n"
    "  moonwire run SCENARIO [ROLE] [ARG…] [FLAG…]   plays a scenario: all its roles, or one\n"
    "  moonwire FILE.lua [ARG…]                      runs a Lua script (- for standard input)\n"
    "  moonwire [-l MODULE]… -e CODE [ARG…]          runs a line of Lua\n"
    "  moonwire --version\n"
    "\n"
    "Try:\n"
    "  moonwire run pmu/tcp\n";

constexpr const char* run_help =
    "moonwire run SCENARIO [ROLE] [ARG…] [FLAG…]\n"
    "\n"
    "Without a role all roles are played in this process. `moonwire help SCENARIO` shows the parameters,\n"
    "each of which is a flag: --name value.\n"
    "\n"
    "Flags of every run:\n"
    "  --set name=value     sets a parameter\n"
    "  --params FILE.toml   sets parameters from a file of lines `name = value`; --set and flags weigh more\n"
    "  --seed N             makes the run's random numbers repeatable\n"
    "  --memory SIZE        limits what the script's objects may take (64M, 1G)\n"
    "  --virtual-time       waits take no time: for runs whose roles all play in this process\n"
    "  --help               shows the scenario's parameters\n"
    "\n"
    "Exit status: 0 done, 1 the script failed, 2 wrong usage, 130 interrupted.\n";

}  // namespace

const std::vector<std::string>& command_names()
{
    static const std::vector<std::string> names = {"run", "list", "help"};
    return names;
}

int help_command(const Arguments& arguments)
{
    if (arguments.empty()) {
        fmt::print("{}", general_help);
    } else if (arguments.size() > 1) {
        throw UsageError("help takes one scenario or command, got '" + arguments[1] + "' too");
    } else if (arguments.front() == "run") {
        fmt::print("{}", run_help);
    } else if (arguments.front() == "list" || arguments.front() == "help") {
        fmt::print("{}", general_help);
    } else {
        const auto file = find_scenario(arguments.front(), scenario_path());
        fmt::print("{}", scenario_help(Engine().describe(file)));
    }
    return done;
}

}  // namespace moonwire::app
