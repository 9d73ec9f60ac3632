#pragma once

#include <sys/types.h>
#include <cstddef>
#include <string>
#include <vector>

namespace moonwire::test {

/// The file descriptors that this process has open.
std::size_t open_descriptors();

/// The children of this process that run, or have ended and nobody has reaped.
std::vector<pid_t> children();

/// Does this process exist and run? (One that has ended and is not yet reaped does not.)
bool runs(pid_t pid);

/// Waits until it does not run any more; false if it still does when patience is at its end.
bool ends(pid_t pid);

/// The number at the end of a line, as programs print process numbers.
pid_t pid_of(const std::string& line);

}  // namespace moonwire::test
