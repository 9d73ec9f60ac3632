#include "host/app/api_help.hpp"
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
    "  moonwire help NAME                            tells about a module or function of scripts (tcp, tcp.connect)\n"
    "  moonwire run SCENARIO [ROLE] [ARG…] [FLAG…]   plays a scenario: all its roles, or one\n"
    "  moonwire FILE.lua [ARG…]                      runs a Lua script (- for standard input)\n"
    "  moonwire [-l MODULE]… -e CODE [ARG…]          runs a line of Lua; all modules are globals there\n"
    "  moonwire repl                                 evaluates what you type, as moonwire alone does on a terminal\n"
    "  moonwire -i FILE.lua [ARG…]                   runs a script, then evaluates what you type\n"
    "  moonwire attach [NAME]                        opens a prompt in a program that runs with --listen-console\n"
    "  moonwire setup [FOLDER] [--force]             writes what an editor needs to know about moonwire's scripts\n"
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
    "  --repl               plays it in the background of a prompt, which has the run as this_run\n"
    "  --listen-console     lets `moonwire attach` in other terminals open prompts in this run\n"
    "  --help               shows the scenario's parameters\n"
    "\n"
    "At a prompt this_run:params() shows the parameters, this_run:set { loss = 0.9 } changes those that are\n"
    "live, and help \"Run\" tells the rest.\n"
    "\n"
    "Exit status: 0 done, 1 the script failed, 2 wrong usage, 130 interrupted.\n";

constexpr const char* setup_help =
    "moonwire setup [FOLDER] [--force]\n"
    "\n"
    "Writes into the folder (this one) what editors and checkers need for moonwire's scripts:\n"
    "  .luarc.json         for the Lua language server (LuaLS): completion, types and help while typing\n"
    "  .luacheckrc         for luacheck\n"
    "  .moonwire/types/    what the modules have, which .luarc.json points at\n"
    "\n"
    "A file that is there stays as it is, unless --force is given. After an update of moonwire `moonwire setup "
    "--force`\n"
    "brings the types up to date.\n";

// A scenario's name weighs more than a name of the API.
std::string help_of(const std::string& name)
{
    std::filesystem::path file;
    try {
        file = find_scenario(name, scenario_path());
    } catch (const UsageError& error) {
        if (const auto text = api_help(name)) {
            return *text + "\n";
        }
        const auto nearest = nearest_name(name, api_names());
        const bool scenario_is_near = std::string_view(error.what()).find("; looked in") == std::string_view::npos;
        if (scenario_is_near || !nearest) {
            throw;
        }
        throw UsageError("no scenario and no function '" + name + "' (did you mean '" + *nearest + "'?)");
    }
    return scenario_help(Engine().describe(file));
}

}  // namespace

const std::vector<std::string>& command_names()
{
    static const std::vector<std::string> names = {"run", "list", "help", "repl", "attach", "setup"};
    return names;
}

int help_command(const Arguments& arguments)
{
    if (arguments.empty()) {
        fmt::print("{}", general_help);
    } else if (arguments.size() > 1) {
        throw UsageError("help takes one scenario, command or name, got '" + arguments[1] + "' too");
    } else if (arguments.front() == "run") {
        fmt::print("{}", run_help);
    } else if (arguments.front() == "setup") {
        fmt::print("{}", setup_help);
    } else if (arguments.front() == "list" || arguments.front() == "help" || arguments.front() == "repl" ||
               arguments.front() == "attach") {
        fmt::print("{}", general_help);
    } else {
        fmt::print("{}", help_of(arguments.front()));
    }
    return done;
}

}  // namespace moonwire::app
