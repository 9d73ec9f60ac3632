#include "bindings/core/guard.hpp"
#include "bindings/core/stack.hpp"
#include "bindings/open.hpp"
#include "host/script/vm.hpp"

#include <string>

namespace moonwire::bindings {

namespace {

// Whole numbers that a Lua number holds exactly.
constexpr std::int64_t largest_whole = std::int64_t{1} << 53;

observe::Random& random_of(lua_State* L)
{
    return script::Vm::of(L).services().random;
}

// random.uniform([low, high]) -> number
int random_uniform(lua_State* L)
{
    const double low = lua_isnoneornil(L, 1) ? 0.0 : check_number(L, 1, "low", -1e300, 1e300);
    const double high = lua_isnoneornil(L, 2) ? low + 1.0 : check_number(L, 2, "high", low, 1e300);
    lua_pushnumber(L, low + (high - low) * random_of(L).uniform());
    return 1;
}

// random.integer(low, high) -> integer
int random_integer(lua_State* L)
{
    const auto low = check_integer(L, 1, "low", -largest_whole, largest_whole);
    const auto high = check_integer(L, 2, "high", low, largest_whole);
    lua_pushnumber(L, static_cast<double>(random_of(L).integer(low, high)));
    return 1;
}

// random.chance(probability) -> boolean
int random_chance(lua_State* L)
{
    lua_pushboolean(L, random_of(L).uniform() < check_number(L, 1, "probability", 0, 1));
    return 1;
}

// random.bytes(n) -> string
int random_bytes(lua_State* L)
{
    const auto size = static_cast<std::size_t>(check_integer(L, 1, "n", 0, std::int64_t{1} << 30));
    std::string bytes(size, '\0');
    for (char& byte : bytes) {
        byte = static_cast<char>(random_of(L).bits() & 0xff);
    }
    lua_pushlstring(L, bytes.data(), bytes.size());
    return 1;
}

// math.random([low,] [high]), as Lua's manual has it.
int math_random(lua_State* L)
{
    if (lua_gettop(L) == 0) {
        lua_pushnumber(L, random_of(L).uniform());
        return 1;
    }
    const bool one = lua_gettop(L) == 1;
    const auto low = one ? 1 : check_integer(L, 1, "m", -largest_whole, largest_whole);
    const auto high = check_integer(L, one ? 1 : 2, one ? "m" : "n", low, largest_whole);
    lua_pushnumber(L, static_cast<double>(random_of(L).integer(low, high)));
    return 1;
}

// math.randomseed(seed): from here on the numbers follow from this seed.
int math_randomseed(lua_State* L)
{
    random_of(L) = observe::Random(static_cast<std::uint64_t>(check_integer(L, 1, "x", -largest_whole, largest_whole)));
    return 0;
}

}  // namespace

int open_random(lua_State* L)
{
    const luaL_Reg functions[] = {
        {"uniform", guard<random_uniform>},
        {"integer", guard<random_integer>},
        {"chance", guard<random_chance>},
        {"bytes", guard<random_bytes>},
        {nullptr, nullptr},
    };
    lua_newtable(L);
    luaL_register(L, nullptr, functions);
    return 1;
}

void replace_math_random(lua_State* L)
{
    const luaL_Reg functions[] = {
        {"random", guard<math_random>},
        {"randomseed", guard<math_randomseed>},
        {nullptr, nullptr},
    };
    lua_getglobal(L, "math");
    luaL_register(L, nullptr, functions);
    lua_pop(L, 1);
}

}  // namespace moonwire::bindings
