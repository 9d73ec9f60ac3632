#include "host/embed/declaration.hpp"

#include "host/embed/values.hpp"

#include <moonwire/error.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <utility>

namespace moonwire::embed {

namespace {

// "pmu/tcp" for <folder on the path>/pmu/tcp.lua, "chat" for <folder>/chat/init.lua; otherwise the path itself.
std::string scenario_name(const std::filesystem::path& file)
{
    for (const auto& entry : list_scenarios(scenario_path())) {
        std::error_code ignored;
        if (std::filesystem::equivalent(entry.file, file, ignored)) {
            return entry.name;
        }
    }
    return file.string();
}

std::string string_field(lua_State* L, const char* key)
{
    lua_getfield(L, -1, key);
    const Value value = lua_isnil(L, -1) ? Value(std::string()) : to_value(L, -1);
    lua_pop(L, 1);
    const auto* text = std::get_if<std::string>(&value);
    return text != nullptr ? *text : std::string();
}

std::vector<Value> list_field(lua_State* L, const char* key)
{
    std::vector<Value> values;
    lua_getfield(L, -1, key);
    if (lua_istable(L, -1)) {
        for (int i = 1; i <= static_cast<int>(lua_objlen(L, -1)); ++i) {
            lua_rawgeti(L, -1, i);
            values.push_back(to_value(L, -1));
            lua_pop(L, 1);
        }
    }
    lua_pop(L, 1);
    return values;
}

std::vector<std::string> names_field(lua_State* L, const char* key)
{
    std::vector<std::string> names;
    for (const Value& value : list_field(L, key)) {
        if (const auto* name = std::get_if<std::string>(&value)) {
            names.push_back(*name);
        }
    }
    return names;
}

Parameter::Type read_type(const std::string& parameter, const std::string& name, const Value& default_value)
{
    using Type = Parameter::Type;
    if (name.empty()) {
        return std::holds_alternative<double>(default_value) ? Type::number
               : std::holds_alternative<bool>(default_value) ? Type::boolean
                                                             : Type::string;
    }
    std::vector<std::string> names;
    for (const Type type : {Type::string, Type::number, Type::integer, Type::boolean, Type::duration, Type::port,
                            Type::size, Type::file}) {
        if (name == to_string(type)) {
            return type;
        }
        names.emplace_back(to_string(type));
    }
    const auto nearest = nearest_name(name, names);
    throw UsageError("parameter '" + parameter + "': unknown type '" + name + "'" +
                     (nearest ? " (did you mean '" + *nearest + "'?)" : ""));
}

std::optional<double> number_field(lua_State* L, const char* key)
{
    lua_getfield(L, -1, key);
    const auto value = lua_isnil(L, -1) ? std::nullopt : std::optional(lua_tonumber(L, -1));
    lua_pop(L, 1);
    return value;
}

Value value_at(lua_State* L, int index)
{
    lua_rawgeti(L, -1, index);
    Value value = to_value(L, -1);
    lua_pop(L, 1);
    return value;
}

Parameter read_parameter(lua_State* L, const std::string& name)
{
    Parameter parameter;
    parameter.name = name;
    parameter.default_value = value_at(L, 1);
    parameter.help = std::get<std::string>(value_at(L, 2));
    parameter.type = read_type(name, string_field(L, "type"), parameter.default_value);
    parameter.unit = string_field(L, "unit");
    parameter.min = number_field(L, "min");
    parameter.max = number_field(L, "max");
    std::vector<Value> choices = list_field(L, "choices");
    for (Value& choice : choices) {
        choice = check_parameter(parameter, choice);  // "200ms" is a number, too
    }
    parameter.choices = std::move(choices);
    lua_getfield(L, -1, "live");
    parameter.live = lua_toboolean(L, -1) != 0;
    lua_pop(L, 1);
    parameter.default_value = check_parameter(parameter, parameter.default_value);
    return parameter;
}

Role read_role(lua_State* L, const std::string& name)
{
    Role role{name, string_field(L, "help"), names_field(L, "args"), names_field(L, "after")};
    if (!role.args.empty() && role.args.back() == "...") {
        role.args.pop_back();
        role.takes_more = true;
    }
    return role;
}

// Those that come after nobody stand first: they are the servers.
bool role_before(const Role& a, const Role& b)
{
    return std::pair(a.after.size(), a.name) < std::pair(b.after.size(), b.name);
}

template <class Read>
void read_entries(lua_State* L, const char* key, Read read)
{
    lua_getfield(L, -1, key);
    lua_pushnil(L);
    while (lua_next(L, -2) != 0) {
        lua_pushvalue(L, -2);
        const std::string name = lua_tostring(L, -1);
        lua_pop(L, 1);
        read(name);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

void read_thresholds(lua_State* L, std::vector<Threshold>& thresholds)
{
    std::map<std::string, std::vector<std::string>> by_figure;
    lua_getfield(L, -1, "thresholds");
    lua_pushnil(L);
    while (lua_next(L, -2) != 0) {
        lua_pop(L, 1);
        by_figure[lua_tostring(L, -1)];
    }
    for (auto& [figure, conditions] : by_figure) {
        for (std::string& condition : names_field(L, figure.c_str())) {
            thresholds.push_back({figure, std::move(condition)});
        }
    }
    lua_pop(L, 1);
}

}  // namespace

Declaration read_declaration(lua_State* L, const std::filesystem::path& file)
{
    Declaration declaration;
    declaration.name = scenario_name(file);
    declaration.file = file;
    declaration.summary = string_field(L, "summary");
    declaration.description = string_field(L, "description");
    read_entries(L, "params",
                 [&](const std::string& name) { declaration.parameters.push_back(read_parameter(L, name)); });
    read_entries(L, "roles", [&](const std::string& name) { declaration.roles.push_back(read_role(L, name)); });
    std::sort(declaration.parameters.begin(), declaration.parameters.end(),
              [](const Parameter& a, const Parameter& b) { return a.name < b.name; });
    read_thresholds(L, declaration.thresholds);
    std::sort(declaration.roles.begin(), declaration.roles.end(), role_before);
    return declaration;
}

}  // namespace moonwire::embed
