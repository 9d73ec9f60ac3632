#pragma once

#include "host/net/error.hpp"

#include <lua.hpp>

#include <string>

namespace moonwire::bindings {

/// Pushes nil and the error object for what the network has caused; returns 2. `what` says what was tried with whom:
/// "read from 127.0.0.1:5003".
int push_failure(lua_State* L, const net::error_code& error, const std::string& what);

/// The same for a failure that brings its own words.
int push_failure(lua_State* L, const net::Failure& failure);

}  // namespace moonwire::bindings
