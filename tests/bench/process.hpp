// What a process has used, from /proc: so that a load can tell what its server costs while it runs.
#pragma once
#include <unistd.h>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

namespace bench {

// The CPU time of all its threads, in the kernel and outside.
inline double cpu_seconds(int process)
{
    std::ifstream file("/proc/" + std::to_string(process) + "/stat");
    std::string stat;
    std::getline(file, stat);
    // The name, in parentheses, may hold anything. The 14th and 15th fields are the 12th and 13th behind it.
    unsigned long long user = 0;
    unsigned long long kernel = 0;
    const std::size_t name_end = stat.rfind(')');
    if (name_end == std::string::npos ||
        std::sscanf(stat.c_str() + name_end + 1, "%*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %llu %llu", &user,
                    &kernel) != 2) {
        std::fprintf(stderr, "process %d cannot be read from /proc\n", process);
        std::exit(1);
    }
    return static_cast<double>(user + kernel) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

// How long each of its threads has run or waited for a core, in nanoseconds: the rest of the time it had nothing to do.
inline std::map<std::string, unsigned long long> busy_nanoseconds(int process)
{
    std::map<std::string, unsigned long long> threads;
    for (const auto& task : std::filesystem::directory_iterator("/proc/" + std::to_string(process) + "/task")) {
        std::ifstream file(task.path() / "schedstat");
        unsigned long long ran = 0;
        unsigned long long waited = 0;
        file >> ran >> waited;
        threads[task.path().filename()] = ran + waited;
    }
    return threads;
}

// What of its memory is in RAM, exactly; what /proc/PID/status says may lag.
inline long long resident_bytes(int process)
{
    std::ifstream file("/proc/" + std::to_string(process) + "/smaps_rollup");
    long long kilobytes = 0;
    for (std::string line; std::getline(file, line);) {
        if (std::sscanf(line.c_str(), "Rss: %lld kB", &kilobytes) == 1) {
            return kilobytes * 1024;
        }
    }
    std::fprintf(stderr, "the memory of process %d cannot be read from /proc\n", process);
    std::exit(1);
}

}  // namespace bench
