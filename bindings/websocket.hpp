#pragma once

#include "bindings/core/stack.hpp"
#include "bindings/core/userdata.hpp"
#include "host/websocket/connection.hpp"
#include "host/websocket/room.hpp"

#include <lua.hpp>

#include <memory>

namespace moonwire::bindings {

// The classes of moonwire.ws.

using WebSocketHandle = std::shared_ptr<websocket::Connection>;
using RoomHandle = std::shared_ptr<websocket::Room>;

template <>
struct LuaType<WebSocketHandle> {
    static constexpr const char* name = "a WebSocket connection";
};

template <>
struct LuaType<RoomHandle> {
    static constexpr const char* name = "a room (of ws.room)";
};

constexpr const char* websocket_class = "moonwire.ws.Connection";
constexpr const char* room_class = "moonwire.ws.Room";

/// What connecting and listening have in common: limits, keep-alive, compression.
std::shared_ptr<const websocket::Options> read_websocket_options(lua_State* L, Options& options);

void define_websocket_class(lua_State* L);
void define_room_class(lua_State* L);

// native.next_event(conn) -> "text" | "binary" | "ping" | "pong", data | nil, err
int next_event(lua_State* L);

// native.listeners(conn) -> the table of its event listeners
int listeners(lua_State* L);

// ws.room([options]) -> room
int make_room(lua_State* L);

}  // namespace moonwire::bindings
