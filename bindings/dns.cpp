#include "bindings/addresses.hpp"
#include "bindings/core/guard.hpp"
#include "bindings/core/stack.hpp"
#include "bindings/failure.hpp"
#include "bindings/open.hpp"
#include "host/net/resolver.hpp"
#include "host/script/suspension.hpp"
#include "host/script/vm.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace moonwire::bindings {

namespace {

using script::Suspension;
using script::task_waits;

int push_addresses(lua_State* L, const std::vector<net::TcpEndpoint>& endpoints)
{
    lua_createtable(L, static_cast<int>(endpoints.size()), 0);
    int index = 0;
    for (const auto& endpoint : endpoints) {
        const std::string address = net::address_of(endpoint);
        lua_pushlstring(L, address.data(), address.size());
        lua_rawseti(L, -2, ++index);
    }
    return 1;
}

// dns.resolve(name [, options]) -> addresses | nil, err
int dns_resolve(lua_State* L)
{
    const std::string name(check_string(L, 1, "name"));
    Options options(L, 2, "options");
    const net::Family family = read_family(options);
    const auto timeout = options.duration("timeout").value_or(std::chrono::seconds(5));
    options.finish();

    auto task = Suspension::of(L, "dns.resolve");
    const auto operation = std::make_shared<std::shared_ptr<net::Operation>>();
    task.on_cancel([operation] { (*operation)->cancel(); });
    *operation = net::async_resolve(
        script::Vm::of(L).services().loop, name, 0, family,
        [name, family, task = std::move(task)](const net::error_code& error,
                                               const std::vector<net::TcpEndpoint>& endpoints) mutable {
            task.resume_with([&](lua_State* to) {
                if (!error) {
                    return push_addresses(to, endpoints);
                }
                std::string message = "resolve " + name + ": " + net::reason(error);
                if (error == net::errc::name_not_found && family != net::Family::any) {
                    message += family == net::Family::ipv4 ? " (no IPv4 address)" : " (no IPv6 address)";
                }
                return push_failure(to, net::Failure{error, message});
            });
        },
        timeout);
    return task_waits(L);
}

}  // namespace

int open_dns(lua_State* L)
{
    const luaL_Reg functions[] = {
        {"resolve", guard<dns_resolve>},
        {nullptr, nullptr},
    };
    lua_newtable(L);
    luaL_register(L, nullptr, functions);
    return 1;
}

}  // namespace moonwire::bindings
