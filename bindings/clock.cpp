#include "bindings/core/guard.hpp"
#include "bindings/core/stack.hpp"
#include "bindings/modules.hpp"
#include "bindings/open.hpp"

#include <array>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <string>

namespace moonwire::bindings {

namespace {

const observe::Clock& clock_of(lua_State* L)
{
    return script::Vm::of(L).services().loop.clock();
}

double wall_seconds(lua_State* L)
{
    return seconds(clock_of(L).wall().time_since_epoch());
}

// clock.now() -> seconds
int clock_now(lua_State* L)
{
    lua_pushnumber(L, seconds(clock_of(L).now().time_since_epoch()));
    return 1;
}

// clock.time() -> seconds since 1970
int clock_time(lua_State* L)
{
    lua_pushnumber(L, wall_seconds(L));
    return 1;
}

// strftime knows no milliseconds: "%3" becomes three digits before it sees the format.
std::string with_milliseconds(std::string_view format, int milliseconds)
{
    std::string result;
    for (std::size_t i = 0; i < format.size(); ++i) {
        if (format[i] == '%' && i + 1 < format.size()) {
            if (format[i + 1] == '3') {
                std::array<char, 4> digits{};
                std::snprintf(digits.data(), digits.size(), "%03d", milliseconds);
                result += digits.data();
            } else {
                result += format.substr(i, 2);
            }
            ++i;
        } else {
            result += format[i];
        }
    }
    return result;
}

// clock.date([format] [, time]) -> text
int clock_date(lua_State* L)
{
    std::string_view format = lua_isnoneornil(L, 1) ? "%Y-%m-%d %H:%M:%S.%3" : check_string(L, 1, "format");
    const bool utc = format.starts_with('!');  // as for os.date
    format.remove_prefix(utc ? 1 : 0);
    const double time = lua_isnoneornil(L, 2) ? wall_seconds(L) : check_number(L, 2, "time", -1e11, 1e11);
    auto whole = static_cast<std::time_t>(std::floor(time));
    const int milliseconds = static_cast<int>((time - static_cast<double>(whole)) * 1000);
    std::tm parts{};
    utc ? ::gmtime_r(&whole, &parts) : ::localtime_r(&whole, &parts);
    std::array<char, 512> text{};
    const std::string full = with_milliseconds(format, milliseconds);
    const std::size_t size = std::strftime(text.data(), text.size(), full.c_str(), &parts);
    if (size == 0 && !full.empty()) {
        argument_error(L, 1, "format", "a date format whose result is at most 511 bytes");
    }
    lua_pushlstring(L, text.data(), size);
    return 1;
}

}  // namespace

int open_clock(lua_State* L)
{
    const luaL_Reg functions[] = {
        {"now", guard<clock_now>},
        {"time", guard<clock_time>},
        {"date", guard<clock_date>},
        {nullptr, nullptr},
    };
    lua_newtable(L);
    luaL_register(L, nullptr, functions);
    return 1;
}

}  // namespace moonwire::bindings
