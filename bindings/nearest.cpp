#include "host/script/nearest.hpp"

#include "bindings/core/stack.hpp"
#include "bindings/open.hpp"

#include <string>
#include <vector>

namespace moonwire::bindings {

int nearest(lua_State* L)
{
    const std::string name(check_string(L, 1, "name"));
    std::vector<std::string> names;
    for (int i = 1; i <= static_cast<int>(lua_objlen(L, 2)); ++i) {
        lua_rawgeti(L, 2, i);
        names.emplace_back(lua_tostring(L, -1));
        lua_pop(L, 1);
    }
    const auto found = script::nearest_name(name, names);
    if (!found) {
        return 0;
    }
    lua_pushlstring(L, found->data(), found->size());
    return 1;
}

}  // namespace moonwire::bindings
