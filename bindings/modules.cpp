#include "bindings/modules.hpp"

#include "bindings/open.hpp"
#include "embedded/bindings_lua.hpp"
#include "host/script/embedded.hpp"

#include <array>
#include <utility>

namespace moonwire::bindings {

namespace {

constexpr auto modules = std::to_array<std::pair<const char*, lua_CFunction>>({
    {"clock", open_clock},
    {"dns", open_dns},
    {"file", open_file},
    {"help", open_help},
    {"http", open_http},
    {"impair", open_impair},
    {"inspect", open_inspect},
    {"json", open_json},
    {"multicast", open_multicast},
    {"process", open_process},
    {"random", open_random},
    {"report", open_report},
    {"scenario", open_scenario},
    {"stdio", open_stdio},
    {"task", open_task},
    {"tcp", open_tcp},
    {"tls", open_tls},
    {"udp", open_udp},
    {"ws", open_ws},
    {"x509", open_x509},
});

}  // namespace

void run_lua_part(lua_State* L, const char* name, int arguments)
{
    script::run_embedded(L, embedded::bindings_lua(), name, arguments, 1);
}

void open_modules(script::Vm& vm)
{
    for (const auto& [name, open] : modules) {
        vm.preload(("moonwire." + std::string(name)).c_str(), open);
    }
    replace_output(vm.state());
    replace_math_random(vm.state());
    lua_getglobal(vm.state(), "require");
    lua_pushliteral(vm.state(), "moonwire.help");
    lua_call(vm.state(), 1, 1);
    lua_setglobal(vm.state(), "help");
}

const std::vector<std::string>& module_names()
{
    static const std::vector<std::string> names = [] {
        std::vector<std::string> result;
        for (const auto& entry : modules) {
            result.emplace_back(entry.first);
        }
        return result;
    }();
    return names;
}

}  // namespace moonwire::bindings
