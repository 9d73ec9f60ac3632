#pragma once

#include <sys/types.h>
#include <array>

namespace moonwire::process {

/// How far a child has come that could not become its program.
enum class Step { prepare, directory, program };

/// What the child says when it could not become the program.
struct Report {
    Step step;
    int error;
};

/// All that a child needs, so that it has nothing to do but system calls: until it has become its program it shares its
/// parent's memory.
struct Plan {
    pid_t parent;
    std::array<int, 3> streams;
    const char* directory;
    char* const* paths;  // where the program may be, in order
    char* const* arguments;
    char* const* environment;
    int report;
};

/// Starts a child that goes by `plan`, and returns its number, or -1 with errno, when it has become the program or
/// given up; then it has written a Report.
pid_t spawn(const Plan& plan);

}  // namespace moonwire::process
