#include "host/app/commands.hpp"
#include "host/app/exit_status.hpp"
#include "host/app/prompt.hpp"
#include "host/app/status_of.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <malloc.h>

namespace {

using moonwire::app::Arguments;

// A descriptor that the caller has closed would become the next socket, and what is printed would go there.
void open_standard_streams()
{
    for (const int descriptor : {0, 1, 2}) {
        if (::fcntl(descriptor, F_GETFD) < 0) {
            ::open("/dev/null", O_RDWR);
        }
    }
}

// Connections come and go, and with them the top of the heap: giving its pages back at every turn, and faulting them in
// again, costs a TLS server a tenth of its handshakes (tests/bench/README.md).
void keep_free_memory()
{
    ::mallopt(M_TRIM_THRESHOLD, 16 * 1024 * 1024);
    ::mallopt(M_MMAP_THRESHOLD, 1024 * 1024);
}

bool is_help(const std::string& argument)
{
    return argument == "--help" || argument == "-h";
}

int dispatch(const Arguments& arguments)
{
    if (arguments.empty() && moonwire::app::at_terminal()) {
        return moonwire::app::repl_command({});
    }
    if (arguments.empty() || is_help(arguments.front())) {
        return moonwire::app::help_command({});
    }
    const std::string& command = arguments.front();
    const Arguments rest(arguments.begin() + 1, arguments.end());
    if ((command == "list" || command == "help" || command == "repl" || command == "attach") && rest.size() == 1 &&
        is_help(rest.front())) {
        return moonwire::app::help_command({});
    }
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
    if (command == "attach") {
        return moonwire::app::attach_command(rest);
    }
    if (command == "setup") {
        return moonwire::app::setup_command(rest);
    }
    if (command == "sweep") {
        return moonwire::app::sweep_command(rest);
    }
    if (command == "new") {
        return moonwire::app::new_command(rest);
    }
    if (command == "help") {
        return moonwire::app::help_command(rest);
    }
    if (command == "repl") {
        return moonwire::app::repl_command(rest);
    }
    return moonwire::app::script_command(arguments);
}

}  // namespace

int main(int argc, char** argv)
{
    open_standard_streams();
    keep_free_memory();
    return moonwire::app::status_of([&] { return dispatch(Arguments(argv + 1, argv + argc)); });
}
