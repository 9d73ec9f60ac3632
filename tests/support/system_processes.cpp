#include "tests/support/system_processes.hpp"

#include "tests/support/process.hpp"

#include <unistd.h>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <thread>

namespace moonwire::test {

namespace {

/// State and parent, from /proc/PID/stat (proc(5)).
struct Stat {
    char state = 'X';
    pid_t parent = 0;
};

Stat stat_of(const std::filesystem::path& folder)
{
    Stat stat;
    std::string line;
    if (std::getline(std::ifstream(folder / "stat"), line)) {
        std::istringstream rest(line.substr(line.rfind(')') + 1));
        rest >> stat.state >> stat.parent;
    }
    return stat;
}

}  // namespace

std::size_t open_descriptors()
{
    const std::filesystem::directory_iterator folder("/proc/self/fd");
    return static_cast<std::size_t>(std::distance(begin(folder), end(folder)));
}

std::vector<pid_t> children()
{
    std::vector<pid_t> result;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        const std::string name = entry.path().filename();
        if (name.find_first_not_of("0123456789") == std::string::npos && stat_of(entry.path()).parent == ::getpid()) {
            result.push_back(std::stoi(name));
        }
    }
    return result;
}

bool runs(pid_t pid)
{
    const char state = stat_of("/proc/" + std::to_string(pid)).state;
    return state != 'X' && state != 'Z';
}

bool ends(pid_t pid)
{
    const auto deadline = std::chrono::steady_clock::now() + patience();
    while (runs(pid)) {
        if (std::chrono::steady_clock::now() > deadline) {
            return false;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return true;
}

pid_t pid_of(const std::string& line)
{
    return std::stoi(line.substr(line.find_last_not_of("0123456789\n") + 1));
}

}  // namespace moonwire::test
