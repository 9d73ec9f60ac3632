#pragma once

#include <sys/types.h>

namespace moonwire::process {

/// Does a process of this group still run? (One that has ended and has not been reaped by whoever should does not.)
bool group_runs(pid_t group);

}  // namespace moonwire::process
