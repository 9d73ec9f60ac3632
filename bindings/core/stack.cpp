#include "bindings/core/stack.hpp"

#include "bindings/core/userdata.hpp"
#include "host/script/nearest.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <exception>
#include <limits>
#include <vector>

namespace moonwire::bindings {

namespace {

// A longer time than any run; keeps sums of time points from overflowing.
constexpr double longest_seconds = 1e9;

// The level of the call stack that the script's own code is at: above those of modules that are written in Lua.
int level_of_script(lua_State* L)
{
    lua_Debug info{};
    int level = 1;
    while (lua_getstack(L, level, &info) != 0 && lua_getinfo(L, "S", &info) != 0 &&
           std::string_view(info.short_src) == "[moonwire]") {
        ++level;
    }
    return lua_getstack(L, level, &info) != 0 ? level : 1;
}

// What the script has called.
std::string called_function(lua_State* L)
{
    lua_Debug info{};
    const bool known = lua_getstack(L, level_of_script(L) - 1, &info) != 0 && lua_getinfo(L, "n", &info) != 0;
    return known && info.name != nullptr ? info.name : "";
}

bool is_method_call(lua_State* L)
{
    lua_Debug info{};
    return lua_getstack(L, 0, &info) != 0 && lua_getinfo(L, "n", &info) != 0 && info.name != nullptr &&
           std::strcmp(info.namewhat, "method") == 0;
}

// Lua errors leave a function like an exception: no std::string may be needed after the text is on Lua's stack.
[[noreturn]] void raise(lua_State* L, const std::string& message)
{
    push_place(L);
    lua_pushlstring(L, message.data(), message.size());
    lua_concat(L, 2);
    lua_error(L);
    std::terminate();  // lua_error does not return, but does not say so
}

std::string whole_range(std::int64_t min, std::int64_t max)
{
    if (max == std::numeric_limits<std::int64_t>::max()) {
        return "an integer of at least " + std::to_string(min);
    }
    return "an integer from " + std::to_string(min) + " to " + std::to_string(max);
}

// The nearest name, or all where none comes near.
std::string right_names(const std::string& name, std::vector<std::string> known)
{
    if (const auto nearest = script::nearest_name(name, known)) {
        return "did you mean \"" + *nearest + "\"?";
    }
    std::sort(known.begin(), known.end());
    std::string list = "there are";
    for (const std::string& option : known) {
        list += (option == known.front() ? " " : ", ") + option;
    }
    return list;
}

bool whole_in_range(double value, std::int64_t min, std::int64_t max)
{
    return value == std::floor(value) && value >= static_cast<double>(min) && value <= static_cast<double>(max);
}

}  // namespace

void push_place(lua_State* L)
{
    luaL_where(L, level_of_script(L));
}

void argument_error(lua_State* L, int index, const char* name, const std::string& expected)
{
    const bool method = is_method_call(L);
    std::string message = "bad argument ";
    if (method && index == 1) {
        message = "bad object (the call needs a ':')";
    } else {
        message += "#" + std::to_string(method ? index - 1 : index);
        if (name != nullptr) {
            message += " (" + std::string(name) + ")";
        }
    }
    if (const std::string function = called_function(L); !function.empty()) {
        message += " to '" + function + "'";
    }
    raise(L, message + ": expected " + expected + ", got " + describe_value(L, index));
}

std::string describe_value(lua_State* L, int index)
{
    switch (lua_type(L, index)) {
    case LUA_TNONE:
    case LUA_TNIL:
        return "nil";
    case LUA_TNUMBER: {
        lua_pushvalue(L, index);
        std::string text = lua_tostring(L, -1);
        lua_pop(L, 1);
        return text;
    }
    case LUA_TSTRING: {
        std::size_t size = 0;
        const char* text = lua_tolstring(L, index, &size);
        return size <= 40 ? "\"" + std::string(text, size) + "\"" : "a string";
    }
    case LUA_TBOOLEAN:
        return lua_toboolean(L, index) != 0 ? "true" : "false";
    default:
        return std::string("a ") + luaL_typename(L, index);
    }
}

std::string_view check_string(lua_State* L, int index, const char* name)
{
    if (lua_type(L, index) != LUA_TSTRING) {
        argument_error(L, index, name, "a string");
    }
    std::size_t size = 0;
    const char* text = lua_tolstring(L, index, &size);
    return {text, size};
}

double check_number(lua_State* L, int index, const char* name, double min, double max)
{
    const double value = lua_tonumber(L, index);
    if (lua_type(L, index) != LUA_TNUMBER || !(value >= min && value <= max)) {
        char expected[80];
        std::snprintf(expected, sizeof expected, "a number from %g to %g", min, max);
        argument_error(L, index, name, expected);
    }
    return value;
}

std::int64_t check_integer(lua_State* L, int index, const char* name, std::int64_t min, std::int64_t max)
{
    const double value = lua_tonumber(L, index);
    if (lua_type(L, index) != LUA_TNUMBER || !whole_in_range(value, min, max)) {
        argument_error(L, index, name, whole_range(min, max));
    }
    return static_cast<std::int64_t>(value);
}

std::size_t check_size(lua_State* L, int index, const char* name)
{
    constexpr std::int64_t largest = std::int64_t{1} << 40;
    return static_cast<std::size_t>(check_integer(L, index, name, 1, largest));
}

std::optional<std::size_t> opt_size(lua_State* L, int index, const char* name)
{
    return lua_isnoneornil(L, index) ? std::nullopt : std::optional(check_size(L, index, name));
}

void check_function(lua_State* L, int index, const char* name)
{
    if (lua_type(L, index) != LUA_TFUNCTION) {
        argument_error(L, index, name, "a function");
    }
}

observe::Duration check_duration(lua_State* L, int index, const char* name)
{
    const double value = lua_tonumber(L, index);
    if (lua_type(L, index) != LUA_TNUMBER || !(value >= 0)) {
        argument_error(L, index, name, "seconds as a number of at least 0");
    }
    return seconds(value);
}

std::optional<observe::Duration> opt_duration(lua_State* L, int index, const char* name)
{
    if (lua_gettop(L) < index || lua_isnil(L, index)) {  // the first is quick, and what most calls come to
        return std::nullopt;
    }
    return check_duration(L, index, name);
}

observe::Duration seconds(double value)
{
    return std::chrono::duration_cast<observe::Duration>(
        std::chrono::duration<double>(value < longest_seconds ? value : longest_seconds));
}

double seconds(observe::Duration value)
{
    return std::chrono::duration<double>(value).count();
}

std::string position(lua_State* L, int level)
{
    luaL_where(L, level);
    std::string text = lua_tostring(L, -1);
    lua_pop(L, 1);
    return text.size() > 2 ? text.substr(0, text.size() - 2) : text;
}

void define_class(lua_State* L, const char* class_name, const luaL_Reg* methods, lua_CFunction gc,
                  lua_CFunction to_string)
{
    luaL_newmetatable(L, class_name);
    lua_newtable(L);
    luaL_register(L, nullptr, methods);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, gc);
    lua_setfield(L, -2, "__gc");
    if (to_string != nullptr) {
        lua_pushcfunction(L, to_string);
        lua_setfield(L, -2, "__tostring");
    }
    lua_pushstring(L, class_name);
    lua_setfield(L, -2, "__name");
    lua_pushstring(L, class_name);
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 1);
}

void push_methods(lua_State* L, const char* class_name)
{
    luaL_getmetatable(L, class_name);
    lua_getfield(L, -1, "__index");
    lua_remove(L, -2);
}

Options::Options(lua_State* L, int index, const char* name)
    : L_(L), index_(index), name_(name), present_(!lua_isnoneornil(L, index))
{
    if (present_ && !lua_istable(L, index)) {
        argument_error(L, index, name, "a table of options");
    }
}

bool Options::push(const char* key)
{
    if (known_count_ < max_keys) {
        known_[known_count_++] = key;
    }
    if (!present_) {
        return false;
    }
    lua_getfield(L_, index_, key);
    if (lua_isnil(L_, -1)) {
        lua_pop(L_, 1);
        return false;
    }
    return true;
}

void Options::error(const char* key, const std::string& expected)
{
    raise(L_, std::string(name_) + "." + key + ": expected " + expected + ", got " + describe_value(L_, -1));
}

std::optional<bool> Options::boolean(const char* key)
{
    if (!push(key)) {
        return std::nullopt;
    }
    if (!lua_isboolean(L_, -1)) {
        error(key, "true or false");
    }
    const bool value = lua_toboolean(L_, -1) != 0;
    lua_pop(L_, 1);
    return value;
}

std::optional<std::int64_t> Options::integer(const char* key, std::int64_t min, std::int64_t max)
{
    if (!push(key)) {
        return std::nullopt;
    }
    const double value = lua_tonumber(L_, -1);
    if (lua_type(L_, -1) != LUA_TNUMBER || !whole_in_range(value, min, max)) {
        error(key, whole_range(min, max));
    }
    lua_pop(L_, 1);
    return static_cast<std::int64_t>(value);
}

std::optional<std::string_view> Options::string(const char* key)
{
    if (!push(key)) {
        return std::nullopt;
    }
    if (lua_type(L_, -1) != LUA_TSTRING) {
        error(key, "a string");
    }
    std::size_t size = 0;
    const char* text = lua_tolstring(L_, -1, &size);
    lua_pop(L_, 1);  // the table still holds it
    return std::string_view(text, size);
}

std::optional<observe::Duration> Options::duration(const char* key)
{
    if (!push(key)) {
        return std::nullopt;
    }
    const double value = lua_tonumber(L_, -1);
    if (lua_type(L_, -1) != LUA_TNUMBER || !(value >= 0)) {
        error(key, "seconds as a number of at least 0");
    }
    lua_pop(L_, 1);
    return seconds(value);
}

std::optional<std::string> Options::name_or_number(const char* key)
{
    if (!push(key)) {
        return std::nullopt;
    }
    const bool number = lua_type(L_, -1) == LUA_TNUMBER;
    if (!number && lua_type(L_, -1) != LUA_TSTRING) {
        error(key, "a name or a number");
    }
    std::size_t size = 0;
    const char* text = lua_tolstring(L_, -1, &size);
    std::string value(text, size);
    lua_pop(L_, 1);
    return value;
}

std::optional<std::size_t> Options::choice(const char* key, const char* const* choices)
{
    const auto text = string(key);
    if (!text) {
        return std::nullopt;
    }
    std::string expected;
    for (std::size_t i = 0; choices[i] != nullptr; ++i) {
        if (*text == choices[i]) {
            return i;
        }
        expected += (i == 0 ? "\"" : ", \"") + std::string(choices[i]) + "\"";
    }
    lua_getfield(L_, index_, key);
    error(key, "one of " + expected);
}

std::vector<std::string> Options::strings(const char* key, std::size_t max)
{
    std::vector<std::string> result;
    if (!push(key)) {
        return result;
    }
    const std::string expected = "a string or a list of strings, each of 1 to " + std::to_string(max) + " bytes";
    const auto take = [&] {
        const std::size_t size = lua_type(L_, -1) == LUA_TSTRING ? lua_objlen(L_, -1) : 0;
        if (size == 0 || size > max) {
            error(key, expected);
        }
        result.emplace_back(lua_tostring(L_, -1), size);
    };
    if (lua_istable(L_, -1)) {
        const int count = static_cast<int>(lua_objlen(L_, -1));
        for (int i = 1; i <= count; ++i) {
            lua_rawgeti(L_, -1, i);
            take();
            lua_pop(L_, 1);
        }
    } else {
        take();
    }
    lua_pop(L_, 1);
    return result;
}

void Options::finish()
{
    if (!present_) {
        return;
    }
    lua_pushnil(L_);
    while (lua_next(L_, index_) != 0) {
        lua_pop(L_, 1);
        const std::string key = lua_type(L_, -1) == LUA_TSTRING ? lua_tostring(L_, -1) : describe_value(L_, -1);
        const std::vector<std::string> known(known_, known_ + known_count_);
        if (std::find(known.begin(), known.end(), key) == known.end()) {
            raise(L_, std::string(name_) + ": unknown option \"" + key + "\"; " + right_names(key, known));
        }
    }
}

}  // namespace moonwire::bindings
