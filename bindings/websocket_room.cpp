#include "bindings/core/guard.hpp"
#include "bindings/core/loop.hpp"
#include "bindings/failure.hpp"
#include "bindings/websocket.hpp"
#include "host/script/weak_table.hpp"
#include "host/websocket/utf8.hpp"

#include <cstdint>
#include <string>

namespace moonwire::bindings {

namespace {

using websocket::Opcode;
using websocket::Room;

constexpr std::int64_t default_max_queued = 1024 * 1024;
constexpr std::int64_t largest_queue = std::int64_t{1} << 40;

// Where members() finds the objects of connections: a table with weak values, from their addresses.
constexpr const char* members_key = "moonwire.ws.members";

// room:join(conn) -> true if it was not a member yet
int room_join(lua_State* L)
{
    const RoomHandle& room = check<RoomHandle>(L, 1);
    const WebSocketHandle& connection = check<WebSocketHandle>(L, 2);
    if (connection->role() != websocket::Role::server) {
        argument_error(L, 2, "conn", "a connection that this side has accepted");
    }
    if (connection->closing()) {
        return push_failure(L, net::errc::closed, "join of " + connection->description());
    }
    lua_getfield(L, LUA_REGISTRYINDEX, members_key);
    lua_pushlightuserdata(L, connection.get());
    lua_pushvalue(L, 2);
    lua_rawset(L, -3);
    lua_pushboolean(L, room->join(*connection));
    return 1;
}

// room:leave(conn) -> true if it was a member
int room_leave(lua_State* L)
{
    lua_pushboolean(L, check<RoomHandle>(L, 1)->leave(*check<WebSocketHandle>(L, 2)));
    return 1;
}

template <Opcode opcode>
int broadcast(lua_State* L)
{
    const RoomHandle& room = check<RoomHandle>(L, 1);
    const auto data = check_string(L, 2, "data");
    const auto* except = lua_isnoneornil(L, 3) ? nullptr : check<WebSocketHandle>(L, 3).get();
    if (opcode == Opcode::text && !websocket::is_utf8(data)) {
        return push_failure(L, websocket::errc::invalid_utf8, "broadcast (broadcast_binary takes any bytes)");
    }
    lua_pushinteger(L, static_cast<lua_Integer>(room->broadcast(opcode, data, except)));
    return 1;
}

// room:members() -> list of connections
int room_members(lua_State* L)
{
    const auto members = check<RoomHandle>(L, 1)->members();
    lua_createtable(L, static_cast<int>(members.size()), 0);
    lua_getfield(L, LUA_REGISTRYINDEX, members_key);
    int index = 0;
    for (auto* member : members) {
        lua_pushlightuserdata(L, member);
        lua_rawget(L, -2);
        if (lua_isnil(L, -1)) {  // is being collected
            lua_pop(L, 1);
        } else {
            lua_rawseti(L, -3, ++index);
        }
    }
    lua_pop(L, 1);
    return 1;
}

// room:has(conn) -> boolean
int room_has(lua_State* L)
{
    lua_pushboolean(L, check<RoomHandle>(L, 1)->has(*check<WebSocketHandle>(L, 2)));
    return 1;
}

// room:count() -> number of members
int room_count(lua_State* L)
{
    lua_pushinteger(L, static_cast<lua_Integer>(check<RoomHandle>(L, 1)->size()));
    return 1;
}

int room_to_string(lua_State* L)
{
    lua_pushfstring(L, "room with %d members", static_cast<int>(check<RoomHandle>(L, 1)->size()));
    return 1;
}

}  // namespace

int make_room(lua_State* L)
{
    static constexpr const char* names[] = {"drop_member", "drop_message", nullptr};
    Options options(L, 1, "options");
    const auto policy = static_cast<Room::Policy>(options.choice("slow", names).value_or(0));
    const auto max_queued = options.integer("max_queued", 0, largest_queue).value_or(default_max_queued);
    options.finish();
    push_object(L, room_class, std::make_shared<Room>(loop_of(L), policy, static_cast<std::size_t>(max_queued)));
    return 1;
}

void define_room_class(lua_State* L)
{
    const luaL_Reg methods[] = {
        {"join", guard<room_join>},
        {"leave", guard<room_leave>},
        {"broadcast", guard<broadcast<Opcode::text>>},
        {"broadcast_binary", guard<broadcast<Opcode::binary>>},
        {"members", guard<room_members>},
        {"has", guard<room_has>},
        {"count", guard<room_count>},
        {nullptr, nullptr},
    };
    define_class(L, room_class, methods, guard<collect<RoomHandle>>, guard<room_to_string>);
    script::push_weak_table(L, "v");
    lua_setfield(L, LUA_REGISTRYINDEX, members_key);
}

}  // namespace moonwire::bindings
