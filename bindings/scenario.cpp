#include "bindings/core/guard.hpp"
#include "bindings/core/stack.hpp"
#include "bindings/open.hpp"
#include "host/script/vm.hpp"

#include <string>

namespace moonwire::bindings {

namespace {

// native.of_task(by_thread) -> the first entry that the running task or one of its ancestors has in the table
int scenario_of_task(lua_State* L)
{
    for (const script::Task* task = script::Scheduler::of(L).current(); task != nullptr; task = task->parent()) {
        lua_State* thread = task->thread();
        lua_pushthread(thread);
        if (thread != L) {
            lua_xmove(thread, L, 1);
        }
        lua_rawget(L, 1);
        if (!lua_isnil(L, -1)) {
            return 1;
        }
        lua_pop(L, 1);
    }
    return 0;
}

// native.plays(name): the running task plays this role, and so do those that it starts
int scenario_plays(lua_State* L)
{
    script::Scheduler::of(L).set_role(std::string(check_string(L, 1, "name")));
    return 0;
}

// native.report(name, value, unit, figures): added to the table, or kept where the engine looks for it when its run is
// over
int scenario_report(lua_State* L)
{
    check_string(L, 1, "name");
    if (lua_type(L, 2) != LUA_TNUMBER && lua_type(L, 2) != LUA_TSTRING) {
        argument_error(L, 2, "value", "a number or a string");
    }
    lua_settop(L, 4);
    if (lua_isnil(L, 4)) {
        lua_getfield(L, LUA_REGISTRYINDEX, "moonwire.figures");
    }
    lua_createtable(L, 3, 0);
    for (int i = 1; i <= 3; ++i) {
        lua_pushvalue(L, i);
        lua_rawseti(L, -2, i);
    }
    lua_rawseti(L, -2, static_cast<int>(lua_objlen(L, -2)) + 1);
    return 0;
}

}  // namespace

int open_scenario(lua_State* L)
{
    const luaL_Reg native[] = {
        {"say", guard<say>},
        {"nearest", guard<nearest>},
        {"of_task", guard<scenario_of_task>},
        {"plays", guard<scenario_plays>},
        {"report", guard<scenario_report>},
        {nullptr, nullptr},
    };
    lua_newtable(L);
    luaL_register(L, nullptr, native);
    lua_getfield(L, LUA_REGISTRYINDEX, "moonwire.task.native");
    lua_pushvalue(L, -2);
    lua_pushvalue(L, -2);
    lua_pushvalue(L, -2);
    run_lua_part(L, "scenario_impair", 1);
    run_lua_part(L, "scenario_run", 3);
    lua_pushvalue(L, -3);
    lua_pushvalue(L, -3);
    lua_pushvalue(L, -3);
    run_lua_part(L, "scenario_handle", 3);  // adds to what scenario_run has returned
    lua_pop(L, 1);
    lua_remove(L, -2);
    run_lua_part(L, "scenario", 2);
    return 1;
}

}  // namespace moonwire::bindings
