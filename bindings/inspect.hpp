#pragma once

#include <lua.hpp>

namespace moonwire::bindings {

/// Has inspect.connections tell of the connection, or socket, on top of the stack as long as it lives.
void remember_connection(lua_State* L);

}  // namespace moonwire::bindings
