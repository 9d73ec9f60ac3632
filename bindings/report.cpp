#include "bindings/core/guard.hpp"
#include "bindings/core/stack.hpp"
#include "bindings/open.hpp"
#include "host/observe/figures.hpp"
#include "host/script/vm.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace moonwire::bindings {

namespace {

constexpr double largest = std::numeric_limits<double>::max();

observe::Figures& figures_of(lua_State* L)
{
    const auto& figures = script::Scheduler::of(L).figures();
    if (figures == nullptr) {
        throw std::invalid_argument("figures are reported while a script or a scenario runs, not while its file loads");
    }
    return *figures;
}

// Longer times than a histogram knows are its affair; they only have to fit into a Duration.
observe::Duration duration_of(double value)
{
    return observe::Duration(std::llround(std::clamp(value, -1.0, 1e6) * 1e9));
}

// report.value(name, value [, unit])
int report_value(lua_State* L)
{
    const std::string_view name = check_string(L, 1, "name");
    const double value = check_number(L, 2, "value", -largest, largest);
    const std::string_view unit = lua_isnoneornil(L, 3) ? std::string_view() : check_string(L, 3, "unit");
    figures_of(L).set(name, value, unit);
    return 0;
}

// report.count(name [, n])
int report_count(lua_State* L)
{
    const std::string_view name = check_string(L, 1, "name");
    const auto n = lua_isnoneornil(L, 2) ? 1 : check_integer(L, 2, "n", 0, std::int64_t{1} << 53);
    figures_of(L).add(name, static_cast<std::uint64_t>(n));
    return 0;
}

// report.latency(name, seconds [, { expected_interval = }])
int report_latency(lua_State* L)
{
    const std::string_view name = check_string(L, 1, "name");
    constexpr double infinity = std::numeric_limits<double>::infinity();
    const observe::Duration value = duration_of(check_number(L, 2, "seconds", -infinity, infinity));
    if (lua_isnoneornil(L, 3)) {
        figures_of(L).latencies(name).record(value);
        return 0;
    }
    Options options(L, 3, "options");
    const auto interval = options.duration("expected_interval");
    options.finish();
    if (interval && *interval <= observe::Duration(0)) {
        throw std::invalid_argument("options.expected_interval: expected more than 0 seconds");
    }
    observe::Histogram& latencies = figures_of(L).latencies(name);
    interval ? latencies.record(value, *interval) : latencies.record(value);
    return 0;
}

}  // namespace

int open_report(lua_State* L)
{
    const luaL_Reg functions[] = {
        {"value", guard<report_value>},
        {"count", guard<report_count>},
        {"latency", guard<report_latency>},
        {nullptr, nullptr},
    };
    lua_newtable(L);
    luaL_register(L, nullptr, functions);
    return 1;
}

}  // namespace moonwire::bindings
