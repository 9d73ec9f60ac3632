// The short cuts of moonwire.ws: short messages that have arrived, and short ones that are sent. See
// bindings/core/direct_call.hpp.
#include "bindings/core/direct_call.hpp"
#include "bindings/websocket.hpp"
#include "host/loop/loop.hpp"
#include "host/websocket/utf8.hpp"

#include <cstdint>
#include <string_view>

namespace moonwire::bindings {

namespace {

using websocket::Connection;
using websocket::Incoming;
using websocket::Opcode;

// As ws.lua declares it.
struct Message {
    const char* data;
    std::int32_t is_binary;
};

// The connection, if this task may go on without letting the others run first.
Connection* connection_at(void* memory) noexcept
{
    const WebSocketHandle* connection = direct_object<WebSocketHandle>(memory);
    return connection != nullptr && (*connection)->stream()->loop().may_answer() ? connection->get() : nullptr;
}

// The size of the next message, or -1: ask receive().
std::int32_t take_message(void* memory, Message* message) noexcept
{
    Connection* connection = connection_at(memory);
    const auto incoming = connection != nullptr ? connection->take_arrived(long_text - 1) : std::nullopt;
    if (!incoming) {
        return -1;
    }
    *message = {incoming->data.data(), incoming->kind == Incoming::Kind::binary};
    return static_cast<std::int32_t>(incoming->data.size());
}

// Whether the message is on its way; else ask send().
template <Opcode opcode>
bool put_message(void* memory, const char* data, std::size_t size) noexcept
{
    const std::string_view message(data, size);
    if (size >= long_text || (opcode == Opcode::text && !websocket::is_utf8(message))) {
        return false;
    }
    Connection* connection = connection_at(memory);
    return connection != nullptr && connection->try_send(opcode, message);
}

}  // namespace

void register_websocket_direct_calls(lua_State* L)
{
    set_direct_call(L, "take_message", take_message);
    set_direct_call(L, "put_text", put_message<Opcode::text>);
    set_direct_call(L, "put_binary", put_message<Opcode::binary>);
}

}  // namespace moonwire::bindings
