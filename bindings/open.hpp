#pragma once

#include <lua.hpp>

namespace moonwire::bindings {

// Each pushes its module's table, as `require` wants it.
int open_clock(lua_State* L);
int open_dns(lua_State* L);
int open_file(lua_State* L);
int open_help(lua_State* L);
int open_http(lua_State* L);
int open_impair(lua_State* L);
int open_inspect(lua_State* L);
int open_json(lua_State* L);
int open_multicast(lua_State* L);
int open_process(lua_State* L);
int open_random(lua_State* L);
int open_report(lua_State* L);
int open_scenario(lua_State* L);
int open_stdio(lua_State* L);
int open_task(lua_State* L);
int open_tcp(lua_State* L);
int open_tls(lua_State* L);
int open_udp(lua_State* L);
int open_ws(lua_State* L);
int open_x509(lua_State* L);

/// say(text): something about the run, for where diagnostics go. What the Lua parts of modules call.
int say(lua_State* L);

/// nearest(name, names) -> the name among them that `name` was probably meant to be, or nothing. The same.
int nearest(lua_State* L);

/// Replaces print and io.write by functions that write where the engine's output goes.
void replace_output(lua_State* L);

/// Has math.random draw from the engine's generator.
void replace_math_random(lua_State* L);

/// Runs the Lua part of a module, embedded from bindings/lua: pops `arguments` values, which it gets as `...`, and
/// pushes what it returns.
void run_lua_part(lua_State* L, const char* name, int arguments);

}  // namespace moonwire::bindings
