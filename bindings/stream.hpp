#pragma once

#include "bindings/core/userdata.hpp"
#include "host/net/stream.hpp"

#include <lua.hpp>

#include <memory>
#include <optional>
#include <vector>

namespace moonwire::bindings {

/// What scripts hold of a stream, whatever its kind (TCP, a pipe). Its metatable decides which methods it has.
using StreamHandle = std::shared_ptr<net::Stream>;

template <>
struct LuaType<StreamHandle> {
    static constexpr const char* name = "a connection";
};

/// Which way a kind of stream goes, seen from the script.
enum class Direction { both, in, out };

/// How long closing may take: as the call says, or not long in the clean-up of a task that was cancelled.
std::optional<observe::Duration> opt_close_timeout(lua_State* L, int index);

/// Makes the metatable of a kind of stream from the methods that every one has which goes this way (reading, writing,
/// closing) and those of its own.
void define_stream_class(lua_State* L, const char* class_name, const std::vector<luaL_Reg>& own_methods,
                         Direction direction = Direction::both);

}  // namespace moonwire::bindings
