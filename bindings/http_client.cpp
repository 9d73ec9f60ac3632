#include "bindings/addresses.hpp"
#include "bindings/await.hpp"
#include "bindings/connection.hpp"
#include "bindings/core/guard.hpp"
#include "bindings/core/stack.hpp"
#include "bindings/failure.hpp"
#include "bindings/http.hpp"
#include "host/http/head.hpp"
#include "host/http/read_message.hpp"
#include "host/net/url.hpp"

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/fields.hpp>

#include <string>
#include <utility>

namespace moonwire::bindings {

using LimitsHandle = std::shared_ptr<const http::Limits>;

template <>
struct LuaType<LimitsHandle> {
    static constexpr const char* name = "the limits of a client";
};

namespace {

constexpr const char* limits_class = "moonwire.http.native.ClientLimits";

void set_text(lua_State* L, const char* name, std::string_view text)
{
    lua_pushlstring(L, text.data(), text.size());
    lua_setfield(L, -2, name);
}

// native.url(url) -> { host =, port =, target =, authority =, secure = }
int parse_url(lua_State* L)
{
    const auto url = net::parse_url(check_string(L, 1, "url"));
    if (!url) {
        return luaL_error(L, "%s", url.error().message.c_str());
    }
    if (url->scheme != "http" && url->scheme != "https") {
        return luaL_error(L, "the URL's scheme is %s: this client speaks http and https", url->scheme.c_str());
    }
    lua_createtable(L, 0, 5);
    set_text(L, "host", url->host);
    set_text(L, "target", url->target);
    set_text(L, "authority", url->authority());
    lua_pushinteger(L, url->port);
    lua_setfield(L, -2, "port");
    lua_pushboolean(L, url->secure() ? 1 : 0);
    lua_setfield(L, -2, "secure");
    return 1;
}

void skip(Options& options, lua_State* L, const char* key)
{
    if (options.push(key)) {
        lua_pop(L, 1);
    }
}

http::Limits read_client_options(lua_State* L, Options& options)
{
    http::Limits limits;
    limits.head = static_cast<std::uint32_t>(options.integer("max_head", 256, 1 << 24).value_or(64 * 1024));
    limits.body = static_cast<std::uint64_t>(options.integer("max_body", 0, std::int64_t{1} << 40).value_or(64 << 20));
    options.duration("timeout");
    skip(options, L, "tls");
    read_family(options);
    read_connection_options(options);
    return limits;
}

// native.client_options(options) -> limits; refuses what http.client does not know
int client_options(lua_State* L)
{
    Options options(L, 1, "options");
    const http::Limits limits = read_client_options(L, options);
    options.finish();
    push_object(L, limits_class, std::make_shared<const http::Limits>(limits));
    return 1;
}

// native.once_options(options): refuses what http.request does not know
int once_options(lua_State* L)
{
    Options options(L, 1, "options");
    skip(options, L, "url");
    options.string("method");
    skip(options, L, "headers");
    options.string("body");
    read_client_options(L, options);
    options.finish();
    return 0;
}

// native.request_options(options): refuses what client:request does not know
int request_options(lua_State* L)
{
    Options options(L, 1, "options");
    options.string("method");
    options.string("path");
    options.string("body");
    options.duration("timeout");
    skip(options, L, "headers");
    options.finish();
    return 0;
}

bool has_body(std::string_view method, std::size_t size)
{
    return size > 0 || method == "POST" || method == "PUT" || method == "PATCH";
}

// native.request_head(method, target, authority, headers, body_size, close) -> the head's text
int request_head(lua_State* L)
{
    const auto method = check_string(L, 1, "method");
    const auto target = check_string(L, 2, "path");
    if (!http::is_token(method)) {
        argument_error(L, 1, "method", "a method like \"GET\"");
    }
    if (!http::is_request_target(target) || !target.starts_with('/')) {
        argument_error(L, 2, "path", "a path that begins with \"/\", without spaces");
    }
    std::string head = http::request_line(method, target);
    http::append_field(head, "Host", check_string(L, 3, "authority"));
    append_fields(L, 4, head);
    const auto body_size = static_cast<std::size_t>(check_integer(L, 5, "body_size", 0, std::int64_t{1} << 40));
    if (has_body(method, body_size)) {
        http::append_field(head, "Content-Length", std::to_string(body_size));
    }
    if (lua_toboolean(L, 6) != 0) {
        http::append_field(head, "Connection", "close");
    }
    http::end_head(head);
    lua_pushlstring(L, head.data(), head.size());
    return 1;
}

int push_response(lua_State* L, const http::Response& response)
{
    lua_createtable(L, 0, 4);
    lua_pushinteger(L, static_cast<lua_Integer>(response.head.result_int()));
    lua_setfield(L, -2, "status");
    set_text(L, "reason", view(response.head.reason()));
    push_fields(L, response.head);
    lua_setfield(L, -2, "headers");
    set_text(L, "body", response.body);
    lua_pushboolean(L, response.keep_alive ? 1 : 0);
    return 2;
}

// native.read_response(connection, limits, what, to_head, timeout) -> response, keep_alive | nil, err
int read_response(lua_State* L)
{
    const StreamHandle stream = check<StreamHandle>(L, 1);
    http::ResponseOptions options;
    options.limits = *check<LimitsHandle>(L, 2);
    std::string what(check_string(L, 3, "what"));
    options.to_head = lua_toboolean(L, 4) != 0;
    options.timeout = check_duration(L, 5, "timeout");
    return await_operation(
        L, "read a response",
        [&](auto handler) { return http::async_read_response(stream, options, std::move(handler)); },
        [what = std::move(what)](lua_State* to, const http::Read<false>& read) {
            if (!read.failure.error) {
                return push_response(to, read.message);
            }
            push_failure(to, net::Failure{read.failure.error, what + ": " + read.failure.message});
            lua_pushboolean(to, read.begun ? 1 : 0);
            lua_setfield(to, -2, "begun");
            return 2;
        });
}

}  // namespace

void register_http_client(lua_State* L)
{
    const luaL_Reg none[] = {{nullptr, nullptr}};
    define_class(L, limits_class, none, guard<collect<LimitsHandle>>, nullptr);
    const luaL_Reg functions[] = {
        {"url", guard<parse_url>},
        {"client_options", guard<client_options>},
        {"once_options", guard<once_options>},
        {"request_options", guard<request_options>},
        {"request_head", guard<request_head>},
        {"read_response", guard<read_response>},
        {nullptr, nullptr},
    };
    luaL_register(L, nullptr, functions);
}

}  // namespace moonwire::bindings
