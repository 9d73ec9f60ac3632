#pragma once

#include <lua.hpp>

#include <string>
#include <string_view>

namespace moonwire::bindings {

// The methods of UDP sockets that concern groups.

/// sock:join(group [, options]) -> true | nil, err
int socket_join(lua_State* L);

/// sock:leave(group [, options]) -> true | nil, err
int socket_leave(lua_State* L);

/// The index of the interface with this name, index or address. If there is none, 0, and pushes nil and the error,
/// which names those there are; `what` says what it was wanted for.
unsigned find_interface(lua_State* L, std::string_view text, const std::string& what);

}  // namespace moonwire::bindings
