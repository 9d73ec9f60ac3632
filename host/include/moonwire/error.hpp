#pragma once

#include <stdexcept>

namespace moonwire {

/// The caller asked for something that cannot be: an unknown name, a value of the wrong type or out of range. The
/// message says what was given, what was expected, and the nearest right name where there is one.
class UsageError : public std::runtime_error
{
    using std::runtime_error::runtime_error;
};

}  // namespace moonwire
