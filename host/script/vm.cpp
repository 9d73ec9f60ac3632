#include "host/script/vm.hpp"

#include "embedded/script_lua.hpp"
#include "host/script/embedded.hpp"
#include "host/script/error.hpp"
#include "host/script/weak_table.hpp"

#include <atomic>
#include <cstdint>
#include <new>
#include <stdexcept>
#include <utility>

namespace moonwire::script {

namespace {

char vm_key;

// Every binding call asks for its Vm: what the thread has found last, by the address of the registry. That is good
// until a state is closed, by any thread, because another one may then come to the same address.
struct KnownVm {
    const void* registry = nullptr;
    Vm* vm = nullptr;
    std::uint64_t closed_states = 0;
};
thread_local KnownVm known;
std::atomic<std::uint64_t> closed_states = 0;

void close_state(lua_State* L)
{
    lua_close(L);
    ++closed_states;
}

int native_is_task(lua_State* L)
{
    const Task* task = Scheduler::of(L).current();
    lua_pushboolean(L, task != nullptr && task->thread() == L);
    return 1;
}

int native_is_cancelled(lua_State* L)
{
    lua_pushboolean(L, is_error(L, 1, "cancelled"));
    return 1;
}

// "\ntask started at a.lua:3, by a task started at a.lua:9"
int native_origin(lua_State* L)
{
    std::string text;
    for (const Task* task = Scheduler::of(L).current(); task != nullptr; task = task->parent()) {
        const bool by_script = !task->started_at().empty() && !task->started_at().starts_with("[moonwire]");
        if (by_script) {
            text += (text.empty() ? "\ntask started at " : "\n  by a task started at ") + task->started_at();
        }
    }
    lua_pushlstring(L, text.data(), text.size());
    return 1;
}

// The script's function has ended: returns its clean-up functions, if any, and whether there are children.
int native_leave(lua_State* L)
{
    Scheduler& scheduler = Scheduler::of(L);
    scheduler.begin_cleanup();
    if (scheduler.hand_over(L)) {
        return 0;
    }
    scheduler.push_deferred(L, false);
    lua_pushboolean(L, scheduler.has_children());
    return 2;
}

int native_end_children(lua_State* L)
{
    Scheduler& scheduler = Scheduler::of(L);
    if (!scheduler.has_children()) {
        return 0;
    }
    scheduler.await_children(Suspension::of(L, "the end of the task's children"));
    scheduler.cancel_children();
    return task_waits(L);
}

void set_function(lua_State* L, const char* name, lua_CFunction function)
{
    lua_pushcfunction(L, function);
    lua_setfield(L, -2, name);
}

void open_coroutines(lua_State* L)
{
    lua_pushlightuserdata(L, task_wait_marker());
    push_weak_table(L, "k");
    lua_pushvalue(L, -1);
    lua_setfield(L, LUA_REGISTRYINDEX, "moonwire.resumers");
    lua_pushcfunction(L, native_is_task);
    run_embedded(L, embedded::script_lua(), "coroutine", 3, 0);
}

// Leaves the task's main function and `join` on the stack.
void open_tasks(lua_State* L)
{
    lua_newtable(L);
    set_function(L, "is_cancelled", native_is_cancelled);
    set_function(L, "origin", native_origin);
    set_function(L, "leave", native_leave);
    set_function(L, "end_children", native_end_children);
    lua_pushvalue(L, -1);
    lua_setfield(L, LUA_REGISTRYINDEX, "moonwire.task.native");  // bindings/task.cpp adds `join`
    run_embedded(L, embedded::script_lua(), "task_main", 1, 2);
}

int open_state(lua_State* L)
{
    luaL_openlibs(L);
    // A resume must not lead directly into compiled code: see Scheduler::raise_in.
    luaL_loadstring(L, "require('jit.opt').start('minstitch=1000000000')");
    lua_call(L, 0, 0);
    open_coroutines(L);
    open_tasks(L);
    lua_setfield(L, LUA_REGISTRYINDEX, "moonwire.task.join");
    Scheduler::of(L).set_main(L);
    return 0;
}

}  // namespace

Vm::Vm(Services services, std::size_t memory_limit, bool interruptible)
    : memory_(memory_limit), services_(std::move(services)), state_(memory_.new_state())
{
    if (state_ == nullptr) {
        throw std::bad_alloc();
    }
    lua_pushlightuserdata(state_, &vm_key);
    lua_pushlightuserdata(state_, this);
    lua_rawset(state_, LUA_REGISTRYINDEX);
    scheduler_ = std::make_unique<Scheduler>(*this, interruptible);
    if (lua_cpcall(state_, open_state, nullptr) != 0) {
        const std::string message = lua_tostring(state_, -1);
        scheduler_.reset();
        close_state(state_);
        throw std::runtime_error("cannot set up the script's environment: " + message);
    }
    if (interruptible) {
        luaJIT_profile_start(
            state_, "li1000000", [](void*, lua_State*, int, int) {}, nullptr);
    }
}

Vm::~Vm()
{
    scheduler_->detach();
    close_state(state_);
}

Vm& Vm::of(lua_State* L)
{
    const void* registry = lua_topointer(L, LUA_REGISTRYINDEX);
    const std::uint64_t closed = closed_states.load(std::memory_order_acquire);
    if (registry != known.registry || closed != known.closed_states) {
        lua_pushlightuserdata(L, &vm_key);
        lua_rawget(L, LUA_REGISTRYINDEX);
        known = {registry, static_cast<Vm*>(lua_touserdata(L, -1)), closed};
        lua_pop(L, 1);
    }
    return *known.vm;
}

void Vm::preload(const char* name, lua_CFunction open)
{
    lua_getglobal(state_, "package");
    lua_getfield(state_, -1, "preload");
    set_function(state_, name, open);
    lua_pop(state_, 2);
}

std::optional<std::string> Vm::protect(int (*function)(lua_State*), void* data)
{
    if (lua_cpcall(state_, function, data) == 0) {
        return std::nullopt;
    }
    const char* text = lua_tostring(state_, -1);
    std::string message = text != nullptr ? text : "not enough memory";  // not even for its own message
    lua_pop(state_, 1);
    return memory_.explained(std::move(message));
}

bool Vm::load(lua_State* L, std::string_view source, const std::string& chunk_name)
{
    return luaL_loadbuffer(L, source.data(), source.size(), chunk_name.c_str()) == 0;
}

}  // namespace moonwire::script
