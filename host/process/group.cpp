#include "host/process/group.hpp"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

namespace moonwire::process {

namespace {

/// A line of proc(5)'s /proc/PID/stat: "12 (name, with anything in it) S 1 10 …": state, parent, group.
bool runs_in(pid_t group, const std::string& stat)
{
    const auto name_end = stat.rfind(')');
    char state = 0;
    int its_group = 0;
    return name_end != std::string::npos &&
           std::sscanf(stat.c_str() + name_end + 1, " %c %*d %d", &state, &its_group) == 2 && its_group == group &&
           state != 'Z' && state != 'X';
}

}  // namespace

bool group_runs(pid_t group)
{
    // The usual case: nobody at all is left. Those who have ended and are not reaped count here.
    if (::kill(-group, 0) != 0 && errno == ESRCH) {
        return false;
    }
    std::error_code error;
    for (std::filesystem::directory_iterator entry("/proc", error), end; !error && entry != end;
         entry.increment(error)) {
        const std::string name = entry->path().filename();
        std::string stat;
        if (name.find_first_not_of("0123456789") == std::string::npos &&
            std::getline(std::ifstream(entry->path() / "stat"), stat) && runs_in(group, stat)) {
            return true;
        }
    }
    return static_cast<bool>(error);  // without /proc nobody can say
}

}  // namespace moonwire::process
