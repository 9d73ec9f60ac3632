#include "bindings/process_options.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace moonwire::bindings {

namespace {

using process::StartRequest;
using process::Stdio;

constexpr std::int64_t largest_output = std::int64_t{1} << 40;

bool has_zero_byte(std::string_view text)
{
    return text.find('\0') != std::string_view::npos;
}

// A zero byte would end the text for the system.
std::string check_text(lua_State* L, int index, const char* name)
{
    const auto text = check_string(L, index, name);
    if (text.empty() || has_zero_byte(text)) {
        argument_error(L, index, name, "a string of at least one byte, none of them zero");
    }
    return std::string(text);
}

// Pops it. A number is as good as its text: ports are what programs are often called with.
std::string take_program_argument(lua_State* L, int position)
{
    const int type = lua_type(L, -1);
    std::size_t size = 0;
    const char* text = type == LUA_TSTRING || type == LUA_TNUMBER ? lua_tolstring(L, -1, &size) : nullptr;
    if (text == nullptr || has_zero_byte({text, size})) {
        const std::string got = describe_value(L, -1);
        luaL_error(L, "args[%d]: expected a string without a zero byte, or a number, got %s", position, got.c_str());
    }
    std::string result(text, size);
    lua_pop(L, 1);
    return result;
}

std::vector<std::string> opt_program_arguments(lua_State* L, int index)
{
    std::vector<std::string> result;
    if (lua_isnoneornil(L, index)) {
        return result;
    }
    if (!lua_istable(L, index)) {
        argument_error(L, index, "args", "a list of strings");
    }
    const int count = static_cast<int>(lua_objlen(L, index));
    for (int i = 1; i <= count; ++i) {
        lua_rawgeti(L, index, i);
        result.push_back(take_program_argument(L, i));
    }
    return result;
}

// The variable whose name and value are the two values on top of the stack.
void read_variable(lua_State* L, StartRequest& request)
{
    std::size_t size = 0;
    const char* text = lua_type(L, -2) == LUA_TSTRING ? lua_tolstring(L, -2, &size) : nullptr;
    const std::string name(text != nullptr ? text : "", size);
    if (name.empty() || name.find('=') != std::string::npos || has_zero_byte(name)) {
        const std::string got = describe_value(L, -2);
        luaL_error(L, "options.environment: expected names of variables, without '=', got %s", got.c_str());
    }
    std::optional<std::string> value;
    if (lua_type(L, -1) == LUA_TSTRING) {
        text = lua_tolstring(L, -1, &size);
        value.emplace(text, size);
    }
    if ((!value && (!lua_isboolean(L, -1) || lua_toboolean(L, -1) != 0)) || (value && has_zero_byte(*value))) {
        const std::string got = describe_value(L, -1);
        luaL_error(L, "options.environment.%s: expected a string without a zero byte, or false to take it out, got %s",
                   name.c_str(), got.c_str());
    }
    request.environment[name] = std::move(value);
}

void read_environment(lua_State* L, Options& options, StartRequest& request)
{
    if (!options.push("environment")) {
        return;
    }
    if (!lua_istable(L, -1)) {
        options.error("environment", "a table of variables");
    }
    lua_pushnil(L);
    while (lua_next(L, -2) != 0) {
        read_variable(L, request);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

std::string read_directory(Options& options)
{
    const std::string directory(options.string("directory").value_or(""));
    if (has_zero_byte(directory)) {
        options.push("directory");
        options.error("directory", "a path without a zero byte");
    }
    return directory;
}

// In the order of process::Stdio.
constexpr const char* destinations[] = {"pipe", "inherit", "null", nullptr};
constexpr const char* error_destinations[] = {"pipe", "inherit", "null", "stdout", nullptr};

Stdio read_destination(Options& options, const char* key, const char* const* choices)
{
    return static_cast<Stdio>(options.choice(key, choices).value_or(0));
}

StartRequest read_request(lua_State* L, Options& options)
{
    StartRequest request;
    request.program = check_text(L, 1, "program");
    request.arguments = opt_program_arguments(L, 2);
    request.directory = read_directory(options);
    read_environment(L, options, request);
    request.stdio[1] = read_destination(options, "stdout", destinations);
    request.stdio[2] = read_destination(options, "stderr", error_destinations);
    return request;
}

observe::Duration read_grace(Options& options)
{
    return options.duration("grace").value_or(std::chrono::seconds(2));
}

}  // namespace

StartArguments check_start_arguments(lua_State* L)
{
    Options options(L, 3, "options");
    StartArguments arguments;
    arguments.request = read_request(L, options);
    arguments.request.stdio[0] = read_destination(options, "stdin", destinations);
    arguments.grace = read_grace(options);
    arguments.read_timeout = options.duration("read_timeout");
    arguments.write_timeout = options.duration("write_timeout").value_or(std::chrono::seconds(60));
    options.finish();
    return arguments;
}

process::RunRequest check_run_arguments(lua_State* L)
{
    Options options(L, 3, "options");
    process::RunRequest run;
    run.start = read_request(L, options);
    const auto input = options.string("input");
    run.start.stdio[0] = input ? Stdio::pipe : Stdio::null;
    run.input = input.value_or("");
    if (const auto max = options.integer("max_output", 1, largest_output)) {
        run.max_output = static_cast<std::size_t>(*max);
    }
    run.timeout = options.duration("timeout");
    run.grace = read_grace(options);
    options.finish();
    return run;
}

}  // namespace moonwire::bindings
