// moonwire.inspect: what there is in the program at this moment.
#include "bindings/inspect.hpp"
#include "bindings/core/guard.hpp"
#include "bindings/core/stack.hpp"
#include "bindings/open.hpp"
#include "bindings/task.hpp"
#include "host/script/scheduler.hpp"
#include "host/script/weak_table.hpp"

#include <string>
#include <string_view>

namespace moonwire::bindings {

namespace {

using script::Scheduler;
using script::Task;

// In the registry: a table with the connections as its keys, which it does not keep alive.
constexpr const char* connections_key = "moonwire.connections";

void push_connections(lua_State* L)
{
    lua_getfield(L, LUA_REGISTRYINDEX, connections_key);
    if (!lua_isnil(L, -1)) {
        return;
    }
    lua_pop(L, 1);
    script::push_weak_table(L, "k");
    lua_pushvalue(L, -1);
    lua_setfield(L, LUA_REGISTRYINDEX, connections_key);
}

// Pushes where the innermost of the script's own functions on this coroutine stands, "pmu/udp.lua:70"; or nothing.
bool push_place_of(lua_State* L, lua_State* thread)
{
    lua_Debug frame;
    for (int level = 0; lua_getstack(thread, level, &frame) != 0; ++level) {
        lua_getinfo(thread, "Sl", &frame);
        if (frame.currentline > 0 && std::string_view(frame.short_src) != "[moonwire]") {
            lua_pushfstring(L, "%s:%d", frame.short_src, frame.currentline);
            return true;
        }
    }
    return false;
}

void set_text(lua_State* L, const char* field, std::string_view text)
{
    if (!text.empty()) {
        lua_pushlstring(L, text.data(), text.size());
        lua_setfield(L, -2, field);
    }
}

std::string_view role_of(const Task& task)
{
    const Task* with_role = &task;
    while (with_role != nullptr && with_role->role().empty()) {
        with_role = with_role->parent();
    }
    return with_role != nullptr ? with_role->role() : std::string_view();
}

std::string_view waits_for(lua_State* L, const Task& task)
{
    if (const char* what = task.waiting_for()) {
        return what;
    }
    return task.awaits_children() ? "the end of its tasks" : &task == Scheduler::of(L).current() ? "" : "its turn";
}

void push_task(lua_State* L, const Task& task)
{
    lua_createtable(L, 0, 4);
    lua_State* thread = &task == Scheduler::of(L).current() ? L
                        : task.waiting_for() != nullptr     ? task.waiting_thread()
                                                            : task.thread();
    if (push_place_of(L, thread)) {
        lua_setfield(L, -2, "at");
    }
    set_text(L, "waits_for", waits_for(L, task));
    set_text(L, "role", role_of(task));
    set_text(L, "started_at", task.started_at());
}

// Adds the task and those below it to the list on top of the stack; what others have put there (lines of a prompt, runs
// in the background) only for the whole program.
void add_tasks(lua_State* L, const Task& task, bool whole)
{
    luaL_checkstack(L, 8, "tasks in tasks");
    push_task(L, task);
    lua_rawseti(L, -2, static_cast<int>(lua_objlen(L, -2)) + 1);
    for (const auto& child : task.children()) {
        if (whole || !child->is_apart()) {
            add_tasks(L, *child, whole);
        }
    }
}

// inspect.tasks([task]) -> list
int inspect_tasks(lua_State* L)
{
    const bool whole = lua_isnoneornil(L, 1);
    const Task* task = whole ? Scheduler::of(L).root() : check<TaskHandle>(L, 1).get();
    lua_newtable(L);
    if (task != nullptr && !task->ended()) {
        add_tasks(L, *task, whole);
    }
    return 1;
}

}  // namespace

void remember_connection(lua_State* L)
{
    push_connections(L);
    lua_pushvalue(L, -2);
    lua_pushboolean(L, 1);
    lua_rawset(L, -3);
    lua_pop(L, 1);
}

int open_inspect(lua_State* L)
{
    const luaL_Reg functions[] = {
        {"tasks", guard<inspect_tasks>},
        {nullptr, nullptr},
    };
    lua_newtable(L);
    luaL_register(L, nullptr, functions);
    lua_pushvalue(L, -1);
    push_connections(L);
    run_lua_part(L, "inspect", 2);  // adds to the module
    lua_pop(L, 1);
    return 1;
}

}  // namespace moonwire::bindings
