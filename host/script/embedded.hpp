#pragma once

#include "host/script/vm.hpp"

#include <lua.hpp>

#include <string>
#include <string_view>

namespace moonwire::script {

/// Runs a Lua file that is embedded in a layer: `parts` are the layer's. Pops `arguments` values, which it gets as
/// `...`, and pushes `results`.
template <class Parts>
void run_embedded(lua_State* L, const Parts& parts, std::string_view name, int arguments, int results)
{
    for (const auto& part : parts) {
        if (part.name == name) {
            if (!Vm::load(L, part.source, "=[moonwire]")) {
                lua_error(L);
            }
            lua_insert(L, -(arguments + 1));
            lua_call(L, arguments, results);
            return;
        }
    }
    luaL_error(L, "moonwire was built without the Lua part '%s'", std::string(name).c_str());
}

}  // namespace moonwire::script
