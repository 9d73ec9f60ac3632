#pragma once

#include "host/net/error.hpp"

#include <boost/system/result.hpp>

#include <stdexcept>

namespace moonwire::net {

/// What an operation that waits for nobody has come to: its value, or why there is none.
template <class Value>
using Result = boost::system::result<Value, Failure>;

/// `Result::value()` throws this where there is no value.
[[noreturn]] inline void throw_exception_from_error(const Failure& failure, const boost::source_location&)
{
    throw std::runtime_error(failure.message);
}

}  // namespace moonwire::net
