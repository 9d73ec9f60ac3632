#include "bindings/core/guard.hpp"
#include "bindings/open.hpp"
#include "bindings/stream.hpp"
#include "host/net/descriptor_stream.hpp"
#include "host/script/vm.hpp"

#include <unistd.h>

namespace moonwire::bindings {

namespace {

constexpr const char* input_class = "moonwire.Input";

// native.is_terminal() -> is a person typing?
int stdio_is_terminal(lua_State* L)
{
    lua_pushboolean(L, ::isatty(STDIN_FILENO) != 0);
    return 1;
}

// native.input() -> standard input as a stream
int stdio_input(lua_State* L)
{
    auto& loop = script::Vm::of(L).services().loop;
    push_object<StreamHandle>(L, input_class, net::DescriptorStream::duplicate(loop, STDIN_FILENO, "standard input"));
    return 1;
}

}  // namespace

int open_stdio(lua_State* L)
{
    define_stream_class(L, input_class, {}, Direction::in);
    const luaL_Reg native[] = {
        {"is_terminal", guard<stdio_is_terminal>},
        {"input", guard<stdio_input>},
        {nullptr, nullptr},
    };
    lua_newtable(L);
    lua_newtable(L);
    luaL_register(L, nullptr, native);
    lua_pushvalue(L, -2);
    lua_insert(L, -2);
    run_lua_part(L, "stdio", 2);
    lua_pop(L, 1);
    return 1;
}

}  // namespace moonwire::bindings
