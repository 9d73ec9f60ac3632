#include "bindings/core/guard.hpp"
#include "bindings/core/stack.hpp"
#include "bindings/open.hpp"
#include "host/script/vm.hpp"

#include <string>
#include <string_view>

namespace moonwire::bindings {

namespace {

void write_out(lua_State* L, std::string_view text)
{
    script::Vm& vm = script::Vm::of(L);
    const auto output = vm.scheduler().output();
    (output ? *output : vm.services().output)(text);
}

// print(...): as in Lua, by the global tostring.
int output_print(lua_State* L)
{
    const int count = lua_gettop(L);
    lua_getglobal(L, "tostring");
    std::string text;
    for (int i = 1; i <= count; ++i) {
        lua_pushvalue(L, count + 1);
        lua_pushvalue(L, i);
        lua_call(L, 1, 1);
        std::size_t size = 0;
        const char* chars = lua_tolstring(L, -1, &size);
        if (chars == nullptr) {
            return luaL_error(L, "'tostring' must return a string to 'print'");
        }
        if (i > 1) {
            text += '\t';
        }
        text.append(chars, size);
        lua_pop(L, 1);
    }
    text += '\n';
    write_out(L, text);
    return 0;
}

// io.write(...) -> io.stdout
int output_write(lua_State* L)
{
    const int count = lua_gettop(L);
    for (int i = 1; i <= count; ++i) {
        std::size_t size = 0;
        const char* chars = luaL_checklstring(L, i, &size);
        write_out(L, {chars, size});
    }
    lua_getglobal(L, "io");
    lua_getfield(L, -1, "stdout");
    return 1;
}

}  // namespace

int say(lua_State* L)
{
    script::Vm& vm = script::Vm::of(L);
    const auto output = vm.scheduler().output();
    (output ? *output : vm.services().diagnostics)(check_string(L, 1, "text"));
    return 0;
}

void replace_output(lua_State* L)
{
    lua_pushcfunction(L, guard<output_print>);
    lua_setglobal(L, "print");
    lua_getglobal(L, "io");
    lua_pushcfunction(L, guard<output_write>);
    lua_setfield(L, -2, "write");
    lua_pop(L, 1);
}

}  // namespace moonwire::bindings
