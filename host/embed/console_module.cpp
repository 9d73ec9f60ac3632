#include "bindings/core/guard.hpp"
#include "bindings/core/stack.hpp"
#include "embedded/console_lua.hpp"
#include "host/embed/console.hpp"
#include "host/embed/values.hpp"
#include "host/script/embedded.hpp"
#include "host/script/error.hpp"

#include <moonwire/engine.hpp>

#include <algorithm>
#include <filesystem>
#include <map>
#include <utility>

namespace moonwire::embed {

namespace {

namespace fs = std::filesystem;

// Of a folder; more than anybody wants to choose from.
constexpr std::size_t max_files = 1000;

// native.files(prefix) -> paths that begin with it; a folder's ends with a slash
int native_files(lua_State* L)
{
    const std::string prefix(bindings::check_string(L, 1, "prefix"));
    const auto slash = prefix.rfind('/');
    const std::string folder = slash == std::string::npos ? "" : prefix.substr(0, slash + 1);
    const std::string begin = slash == std::string::npos ? prefix : prefix.substr(slash + 1);
    std::vector<std::string> found;
    std::error_code error;
    for (fs::directory_iterator it(folder.empty() ? "." : folder, error), end; !error && it != end;
         it.increment(error)) {
        const std::string name = it->path().filename().string();
        if (name.starts_with(begin) && (!begin.empty() || name.front() != '.') && found.size() < max_files) {
            std::error_code ignored;
            found.push_back(folder + name + (it->is_directory(ignored) ? "/" : ""));
        }
    }
    std::sort(found.begin(), found.end());
    push_list(L, found);
    return 1;
}

// native.scenarios() -> names
int native_scenarios(lua_State* L)
{
    std::vector<std::string> names;
    for (const ScenarioEntry& entry : list_scenarios(scenario_path())) {
        names.push_back(entry.name);
    }
    push_list(L, names);
    return 1;
}

// The names of a scenario's parameters. Its file is read in an engine of its own, once as long as it does not change.
const std::vector<std::string>& parameter_names(const fs::path& file)
{
    static std::map<fs::path, std::pair<fs::file_time_type, std::vector<std::string>>> known;
    const auto written = fs::last_write_time(file);
    auto& [time, names] = known[file];
    if (time != written) {
        names.clear();
        for (const Parameter& parameter : Engine().describe(file).parameters) {
            names.push_back(parameter.name);
        }
        time = written;
    }
    return names;
}

// native.parameters(scenario) -> names, or nothing if there is no such scenario
int native_parameters(lua_State* L)
{
    const std::string_view name = bindings::check_string(L, 1, "scenario");
    try {
        push_list(L, parameter_names(find_scenario(name, scenario_path())));
    } catch (const UsageError&) {
        return 0;
    }
    return 1;
}

int native_is_error(lua_State* L)
{
    lua_pushboolean(L, script::is_error(L, 1));
    return 1;
}

int native_is_cancelled(lua_State* L)
{
    lua_pushboolean(L, script::is_error(L, 1, "cancelled"));
    return 1;
}

void push_native(lua_State* L)
{
    const luaL_Reg native[] = {
        {"files", bindings::guard<native_files>},
        {"scenarios", bindings::guard<native_scenarios>},
        {"parameters", bindings::guard<native_parameters>},
        {"is_error", bindings::guard<native_is_error>},
        {"is_cancelled", bindings::guard<native_is_cancelled>},
        {nullptr, nullptr},
    };
    lua_newtable(L);
    luaL_register(L, nullptr, native);
}

}  // namespace

void push_console_module(lua_State* L)
{
    const auto run = [L](const char* name, int arguments) {
        script::run_embedded(L, embedded::console_lua(), name, arguments, 1);
    };
    push_native(L);
    run("entry", 0);
    lua_pushvalue(L, -2);
    run("pretty", 1);
    lua_pushvalue(L, -3);
    lua_pushvalue(L, -3);
    lua_pushvalue(L, -3);
    run("completion", 3);
    run("console", 4);
}

}  // namespace moonwire::embed
