#pragma once

#include "host/script/memory.hpp"
#include "host/script/scheduler.hpp"
#include "host/script/services.hpp"

#include <lua.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace moonwire::script {

/// A Lua state with its scheduler and the services of its engine. What runs in it runs as a task.
class Vm
{
public:
    /// `memory_limit` in bytes, 0: none. `interruptible`: see Interrupt.
    Vm(Services services, std::size_t memory_limit, bool interruptible);
    ~Vm();
    Vm(const Vm&) = delete;
    Vm& operator=(const Vm&) = delete;

    /// The Vm that a state, or any of its coroutines, belongs to.
    static Vm& of(lua_State* L);

    lua_State* state() const { return state_; }
    Services& services() { return services_; }
    Scheduler& scheduler() { return *scheduler_; }
    const Memory& memory() const { return memory_; }

    /// Has `require "name"` run `open` and return what it leaves on the stack.
    void preload(const char* name, lua_CFunction open);

    /// Calls `function(L, data)` so that a Lua error (out of memory, in the main) comes back as its message instead of
    /// ending the process. For all that the host does with the state while no script runs.
    std::optional<std::string> protect(int (*function)(lua_State*), void* data);

    /// Loads source text as a function onto the stack of `L`; on failure pushes the message and returns false.
    static bool load(lua_State* L, std::string_view source, const std::string& chunk_name);

private:
    Memory memory_;
    Services services_;
    lua_State* state_;
    std::unique_ptr<Scheduler> scheduler_;
};

}  // namespace moonwire::script
