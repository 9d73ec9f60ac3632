#pragma once

#include <functional>

namespace moonwire::app {

/// What a process that does this ends with: the exit status that it returns, or that of the error that it throws, which
/// is said on standard error.
int status_of(const std::function<int()>& action);

}  // namespace moonwire::app
