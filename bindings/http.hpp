#pragma once

#include "bindings/core/userdata.hpp"
#include "host/http/parser.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace moonwire::bindings {

/// What the Lua parts hold of a request's head as it was parsed.
using RequestHeadHandle = std::shared_ptr<const http::RequestHead>;

template <>
struct LuaType<RequestHeadHandle> {
    static constexpr const char* name = "the head of a request";
};

// What the parts of moonwire.http have in common.

inline std::string_view view(boost::beast::string_view text)
{
    return {text.data(), text.size()};
}

/// Pushes a table of the fields by their names in lower case. Of a field that comes more than once the values are
/// joined as they may be (RFC 9110, section 5.3).
void push_fields(lua_State* L, const http::beast::fields& fields);

/// Pushes a table of a query's values by their names.
void push_query(lua_State* L, std::string_view query);

/// Appends the fields of the table at `index`, if there is one: strings, numbers or lists of these. Raises an error for
/// what would not be a field, and for those that the module writes itself.
void append_fields(lua_State* L, int index, std::string& head);

/// The functions that the Lua parts build on.
void register_http_server(lua_State* L);
void register_http_files(lua_State* L);
void register_http_client(lua_State* L);

}  // namespace moonwire::bindings
