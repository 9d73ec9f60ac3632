#include "host/embed/scenarios.hpp"

#include "bindings/core/guard.hpp"
#include "bindings/core/stack.hpp"
#include "host/embed/declaration.hpp"
#include "host/embed/functions.hpp"
#include "host/embed/values.hpp"

#include <string>
#include <utility>

namespace moonwire::embed {

namespace {

// The declaration at index 1, of the file at index 2.
Declaration check_declaration(lua_State* L)
{
    const std::string file(bindings::check_string(L, 2, "file"));
    lua_pushvalue(L, 1);
    Declaration declaration = read_declaration(L, file);
    lua_pop(L, 1);
    return declaration;
}

// host.find(name) -> file
int host_find(lua_State* L)
{
    const auto file = find_scenario(bindings::check_string(L, 1, "name"), scenario_path());
    lua_pushstring(L, file.c_str());
    return 1;
}

// host.describe(declaration, file) -> the scenario's name, the parameters' defaults by name
int host_describe(lua_State* L)
{
    const Declaration declaration = check_declaration(L);
    lua_pushlstring(L, declaration.name.data(), declaration.name.size());
    lua_createtable(L, 0, static_cast<int>(declaration.parameters.size()));
    for (const Parameter& parameter : declaration.parameters) {
        push_value(L, parameter.default_value);
        lua_setfield(L, -2, parameter.name.c_str());
    }
    return 2;
}

// host.check(declaration, file, name, value) -> the value in the parameter's own type
int host_check(lua_State* L)
{
    const Declaration declaration = check_declaration(L);
    const Parameter& parameter = require_parameter(declaration, bindings::check_string(L, 3, "name"));
    push_value(L, check_parameter(parameter, to_value(L, 4)));
    return 1;
}

}  // namespace

void offer_scenarios(lua_State* L)
{
    const luaL_Reg host[] = {
        {"find", bindings::guard<host_find>},
        {"describe", bindings::guard<host_describe>},
        {"check", bindings::guard<host_check>},
        {nullptr, nullptr},
    };
    lua_newtable(L);
    luaL_register(L, nullptr, host);
    lua_setfield(L, LUA_REGISTRYINDEX, "moonwire.scenario.host");
}

int push_start(lua_State* L, const ScenarioRun& run, std::function<void(const std::string& state)> on_end)
{
    luaL_checkstack(L, static_cast<int>(run.arguments.size()) + 8, "too many arguments");
    lua_getglobal(L, "require");
    lua_pushliteral(L, "moonwire.scenario");
    lua_call(L, 1, 0);
    lua_getfield(L, LUA_REGISTRYINDEX, "moonwire.scenario.start");
    lua_pushstring(L, run.file.c_str());
    push_table(L, run.parameters);
    if (run.role) {
        lua_pushstring(L, run.role->c_str());
    } else {
        lua_pushnil(L);
    }
    push_function(L, [on_end = std::move(on_end)](const Values& values) {
        on_end(std::get<std::string>(values.at(0)));
        return Values{};
    });
    if (run.impair.empty()) {
        lua_pushnil(L);
    } else {
        push_table(L, run.impair);
    }
    for (const std::string& argument : run.arguments) {
        lua_pushlstring(L, argument.data(), argument.size());
    }
    return 5 + static_cast<int>(run.arguments.size());
}

}  // namespace moonwire::embed
