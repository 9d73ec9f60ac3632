#pragma once

#include "host/observe/clock.hpp"

#include <lua.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace moonwire::bindings {

/// Pushes "file.lua:12: ", the place in the script that an error is about: what errors begin with.
void push_place(lua_State* L);

/// Raises "bad argument #2 (port) to 'tcp.connect': expected an integer from 0 to 65535, got nil".
[[noreturn]] void argument_error(lua_State* L, int index, const char* name, const std::string& expected);

/// What a value is, for messages: its type, or the text of a short string or a number.
std::string describe_value(lua_State* L, int index);

std::string_view check_string(lua_State* L, int index, const char* name);
double check_number(lua_State* L, int index, const char* name, double min, double max);
std::int64_t check_integer(lua_State* L, int index, const char* name, std::int64_t min, std::int64_t max);
std::size_t check_size(lua_State* L, int index, const char* name);
std::optional<std::size_t> opt_size(lua_State* L, int index, const char* name);
void check_function(lua_State* L, int index, const char* name);

/// Seconds as a number, not negative.
observe::Duration check_duration(lua_State* L, int index, const char* name);
std::optional<observe::Duration> opt_duration(lua_State* L, int index, const char* name);

observe::Duration seconds(double value);
double seconds(observe::Duration value);

/// "file.lua:12: " of the function at this level of the call stack, without the colon and the space.
std::string position(lua_State* L, int level);

/// Reads a table of named options, each by its name and type; `finish` then refuses those that nobody has read, with
/// the nearest right name. An absent table (nil) has no options.
class Options
{
public:
    Options(lua_State* L, int index, const char* name);

    std::optional<bool> boolean(const char* key);
    std::optional<std::int64_t> integer(const char* key, std::int64_t min, std::int64_t max);
    std::optional<std::string_view> string(const char* key);
    std::optional<observe::Duration> duration(const char* key);

    /// A string, or an integer as one: what may be called by its name or its number.
    std::optional<std::string> name_or_number(const char* key);

    /// One of `choices` (ended by null); its position.
    std::optional<std::size_t> choice(const char* key, const char* const* choices);

    /// A string, or a list of strings, none longer than `max` bytes; empty if it is not given.
    std::vector<std::string> strings(const char* key, std::size_t max);

    /// For options of other kinds: pushes the value and returns true, unless it is nil.
    bool push(const char* key);

    /// Raises the error for the value on top of the stack.
    [[noreturn]] void error(const char* key, const std::string& expected);

    void finish();

private:
    lua_State* L_;
    int index_;
    const char* name_;
    bool present_;
    static constexpr std::size_t max_keys = 40;
    const char* known_[max_keys];
    std::size_t known_count_ = 0;
};

}  // namespace moonwire::bindings
