#include "bindings/core/guard.hpp"
#include "bindings/core/loop.hpp"
#include "bindings/core/stack.hpp"
#include "bindings/core/userdata.hpp"
#include "bindings/open.hpp"
#include "host/observe/figures.hpp"
#include "host/observe/threshold.hpp"
#include "host/script/vm.hpp"

#include <memory>
#include <stdexcept>
#include <string>

namespace moonwire::bindings {

using RunFigures = std::shared_ptr<observe::Figures>;

template <>
struct LuaType<RunFigures> {
    static constexpr const char* name = "moonwire.scenario.Figures";
};

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

// native.own_figures() -> what the running task's run reports from now on; of the root task that is the engine's run
int scenario_own_figures(lua_State* L)
{
    script::Scheduler& scheduler = script::Scheduler::of(L);
    if (scheduler.current() != scheduler.root()) {
        scheduler.set_figures(std::make_shared<observe::Figures>(loop_of(L).clock()));
    }
    push_object<RunFigures>(L, LuaType<RunFigures>::name, scheduler.figures());
    return 1;
}

// native.end_figures(figures): the run that reports them has ended
int scenario_end_figures(lua_State* L)
{
    check<RunFigures>(L, 1)->end();
    return 0;
}

// native.numbers(figures) -> { { name, number, unit }, … }
int scenario_numbers(lua_State* L)
{
    lua_newtable(L);
    int index = 0;
    for (const auto& number : check<RunFigures>(L, 1)->numbers()) {
        lua_createtable(L, 3, 0);
        lua_pushlstring(L, number.name.data(), number.name.size());
        lua_rawseti(L, -2, 1);
        lua_pushnumber(L, number.value);
        lua_rawseti(L, -2, 2);
        lua_pushlstring(L, number.unit.data(), number.unit.size());
        lua_rawseti(L, -2, 3);
        lua_rawseti(L, -2, ++index);
    }
    return 1;
}

// native.check_threshold(figure, condition) -> nothing, or what is wrong with it
int scenario_check_threshold(lua_State* L)
{
    try {
        observe::parse_threshold(check_string(L, 1, "figure"), check_string(L, 2, "condition"));
    } catch (const std::invalid_argument& error) {
        lua_pushstring(L, error.what());
        return 1;
    }
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
        {"own_figures", guard<scenario_own_figures>},
        {"end_figures", guard<scenario_end_figures>},
        {"numbers", guard<scenario_numbers>},
        {"check_threshold", guard<scenario_check_threshold>},
        {nullptr, nullptr},
    };
    define_class(L, LuaType<RunFigures>::name, nullptr, guard<collect<RunFigures>>, nullptr);
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
