#pragma once

#include "bindings/core/stack.hpp"
#include "bindings/core/userdata.hpp"
#include "bindings/stream.hpp"
#include "host/websocket/connection.hpp"
#include "host/websocket/header.hpp"
#include "host/websocket/room.hpp"

#include <lua.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

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

/// The option `headers` of both sides' handshakes.
std::vector<websocket::Header> read_headers(lua_State* L, Options& options);

/// Those of the list of names at `index` are known, and checked by somebody else.
void leave_options(lua_State* L, int index, Options& options);

/// The stream at `index`, with the handshake done, becomes a WebSocket, which is pushed. `head` is the peer's part of
/// the handshake.
int become_websocket(lua_State* L, int index, websocket::Role role, std::shared_ptr<const websocket::Options> options,
                     const std::optional<websocket::DeflateParameters>& compression, std::string head,
                     std::string subprotocol);

/// The methods by which a connection tells of itself.
std::vector<luaL_Reg> websocket_info_methods();

void define_websocket_class(lua_State* L);
void define_room_class(lua_State* L);

/// The functions that the Lua part builds on.
void register_websocket_client(lua_State* L);
void register_websocket_server(lua_State* L);
void register_websocket_direct_calls(lua_State* L);

/// A text that is as long and was received last stays at hand, so that it need not be looked through again when it is
/// sent on, as relays and echoes do.
inline constexpr std::size_t long_text = 4096;

// native.next_event(conn) -> "text" | "binary" | "ping" | "pong", data | nil, err
int next_event(lua_State* L);

// native.state(conn) -> what the Lua part keeps of it, a table
int state(lua_State* L);

// ws.room([options]) -> room
int make_room(lua_State* L);

}  // namespace moonwire::bindings
