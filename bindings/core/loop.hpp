#pragma once

#include "host/script/vm.hpp"

namespace moonwire::bindings {

/// The loop of the engine that a state belongs to.
inline loop::Loop& loop_of(lua_State* L)
{
    return script::Vm::of(L).services().loop;
}

}  // namespace moonwire::bindings
