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
    "  moonwire sweep SCENARIO --param NAME=VALUES   plays a scenario over a range of parameters, and measures\n"
    "  moonwire FILE.lua [ARG…]                      runs a Lua script (- for standard input)\n"
    "  moonwire --watch FILE.lua [ARG…]              runs a script again whenever it, or what it requires, changes\n"
    "  moonwire [-l MODULE]… -e CODE [ARG…]          runs a line of Lua; all modules are globals there\n"
    "  moonwire repl                                 evaluates what you type, as moonwire alone does on a terminal\n"
    "  moonwire -i FILE.lua [ARG…]                   runs a script, then evaluates what you type\n"
    "  moonwire attach [NAME]                        opens a prompt in a program that runs with --listen-console\n"
    "  moonwire new NAME [FOLDER]                    writes a small scenario and its test, to begin with\n"
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
    "  --impair LIST        puts a bad network before the server: a relay, whose port the other roles get instead of\n"
    "                       the server's, and which says at the end what it has done. LIST is NAME=VALUE,…\n"
    "                         datagrams:   drop, duplicate, reorder (probabilities), hold, delay, jitter, rate, queue\n"
    "                         connections: delay, jitter, stall with stall_after, stall_at or stall_every, cut_after,\n"
    "                                      cut_at\n"
    "                         both:        direction=to_target|to_client\n"
    "                       `moonwire help impair.udp` and `moonwire help impair.tcp` tell what they mean.\n"
    "  --seed N             makes the run's random numbers repeatable\n"
    "  --memory SIZE        limits what the script's objects may take (64M, 1G)\n"
    "  --pcap FILE          writes the packets of the run's own connections, with the keys of TLS, for Wireshark\n"
    "  --ledger[=json]      counts the packets of each connection, by phase and purpose\n"
    "  --virtual-time       waits take no time: for runs whose roles all play in this process\n"
    "  --watch              runs it again whenever its file, or one that it requires, changes; until Ctrl-C\n"
    "  --threshold T        what a figure of the run has to be, as 'round trip: p99 < 0.05': see `moonwire help\n"
    "                       scenario.define`; takes the place of what the scenario asks of this figure\n"
    "  --json FILE          writes the run for other programs: parameters, seed, figures, thresholds, outcome\n"
    "  --junit FILE         the same for test tools: a test case for the run and one for each threshold\n"
    "  --report FILE        writes a web page of the run: sequence diagram, latencies, throughput, sockets\n"
    "  --trace              tells on standard error what is sent and received as it happens; =json: an object a line\n"
    "  --trace-detail WHAT  messages (the default), packets (also records, frames, handshakes), calls (of the system)\n"
    "  --trace-file FILE    writes the trace there\n"
    "  --repl               plays it in the background of a prompt, which has the run as this_run\n"
    "  --listen-console     lets `moonwire attach` in other terminals open prompts in this run\n"
    "  --help               shows the scenario's parameters\n"
    "\n"
    "At a prompt this_run:params() shows the parameters, this_run:set { loss = 0.9 } changes those that are\n"
    "live, and help \"Run\" tells the rest.\n"
    "\n"
    "Exit status: 0 done, 1 the script failed, 2 wrong usage, 99 a threshold was missed, 130 interrupted.\n";

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

constexpr const char* new_help =
    "moonwire new NAME [FOLDER]\n"
    "\n"
    "Writes a scenario to begin with into the folder (this one):\n"
    "  NAME.lua         two roles that talk over TCP, parameters, and figures that it reports\n"
    "  NAME_test.lua    plays it and checks what it does: moonwire NAME_test.lua\n"
    "\n"
    "Both work as they are. A file that is there is never replaced.\n";

constexpr const char* sweep_help =
    "moonwire sweep SCENARIO [ROLE] --param NAME=VALUES… [FLAG…]\n"
    "\n"
    "Plays the scenario with all combinations of the values, several times each, and prints a table of each number "
    "that\n"
    "it reports: the mean, the standard deviation and the 95 % confidence interval of the mean (Student's t). Without "
    "a\n"
    "role all roles are played together, and a port that is not set is a free one. Each run has a process and a seed "
    "of\n"
    "its own; what it prints is discarded. A run that fails does not count, and is shown with a command that repeats "
    "it.\n"
    "\n"
    "Flags:\n"
    "  --param NAME=FROM:TO:STEP   sweeps over a range: loss=0:0.9:0.1 has ten values\n"
    "  --param NAME=A,B,C          sweeps over these values; more than one --param makes all combinations\n"
    "  --repeat N                  plays each combination so often (10)\n"
    "  --seed N                    makes the whole sweep repeatable; every run's seed comes from it\n"
    "  --jobs K                    plays so many runs at once (1), which may disturb what they measure in real time\n"
    "  --set NAME=VALUE            sets another parameter for all runs\n"
    "  --params FILE.toml          sets parameters from a file; --set weighs more\n"
    "  --timeout SECONDS           ends a run that takes longer (60); it has failed then\n"
    "  --memory SIZE               limits what a run's objects may take (64M, 1G)\n"
    "  --virtual-time              waits take no time: for runs whose roles all play in one process\n"
    "  --max-runs N                permits a sweep of more than 10000 runs, up to a million\n"
    "  --csv FILE                  writes a line a run\n"
    "  --json FILE                 writes all: parameters, runs, figures, errors\n"
    "  --html FILE                 writes a page with a plot of each figure over the first parameter\n"
    "\n"
    "Exit status: 0 done, 1 a run failed, 2 wrong usage, 130 interrupted (by Ctrl-C: what there is by then is "
    "printed).\n"
    "\n"
    "Example:\n"
    "  moonwire sweep pmu/udp --param loss=0:0.9:0.1 --repeat 30 --virtual-time --html loss.html\n";

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
    static const std::vector<std::string> names = {"run", "list", "help", "repl", "attach", "sweep", "new", "setup"};
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
    } else if (arguments.front() == "new") {
        fmt::print("{}", new_help);
    } else if (arguments.front() == "sweep") {
        fmt::print("{}", sweep_help);
    } else if (arguments.front() == "list" || arguments.front() == "help" || arguments.front() == "repl" ||
               arguments.front() == "attach") {
        fmt::print("{}", general_help);
    } else {
        fmt::print("{}", help_of(arguments.front()));
    }
    return done;
}

}  // namespace moonwire::app
