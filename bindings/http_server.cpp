#include "bindings/await.hpp"
#include "bindings/connection.hpp"
#include "bindings/core/guard.hpp"
#include "bindings/core/loop.hpp"
#include "bindings/core/stack.hpp"
#include "bindings/failure.hpp"
#include "bindings/http.hpp"
#include "host/http/date.hpp"
#include "host/http/head.hpp"
#include "host/http/read_message.hpp"
#include "host/http/target.hpp"
#include "host/net/lower_case.hpp"

#include <boost/beast/http/fields.hpp>

#include <chrono>
#include <string>
#include <utility>

namespace moonwire::bindings {

using RequestOptionsHandle = std::shared_ptr<const http::RequestOptions>;

template <>
struct LuaType<RequestOptionsHandle> {
    static constexpr const char* name = "the limits of a server";
};

namespace {

constexpr const char* limits_class = "moonwire.http.native.Limits";
constexpr const char* head_class = "moonwire.http.native.RequestHead";

void set_text(lua_State* L, const char* name, std::string_view text)
{
    lua_pushlstring(L, text.data(), text.size());
    lua_setfield(L, -2, name);
}

// native.server_options(options) -> limits; refuses what http.listen does not know
int server_options(lua_State* L)
{
    Options options = check_listen_options(L);
    http::RequestOptions limits;
    limits.limits.head = static_cast<std::uint32_t>(options.integer("max_head", 256, 1 << 24).value_or(16 * 1024));
    limits.limits.body =
        static_cast<std::uint64_t>(options.integer("max_body", 0, std::int64_t{1} << 40).value_or(1 << 20));
    limits.idle_timeout = options.duration("idle_timeout").value_or(limits.idle_timeout);
    limits.head_timeout = options.duration("head_timeout").value_or(limits.head_timeout);
    limits.body_timeout = options.duration("body_timeout").value_or(limits.body_timeout);
    const bool secure = options.push("tls");
    if ((options.duration("handshake_timeout") || options.integer("max_handshakes", 1, 100000)) && !secure) {
        return luaL_error(L,
                          "options.handshake_timeout, options.max_handshakes: there are no handshakes without "
                          "options.tls");
    }
    read_listen_request(L, options);
    read_connection_options(options);
    options.finish();
    push_object(L, limits_class, std::make_shared<const http::RequestOptions>(limits));
    return 1;
}

/// Pushes nil and the error; its field "status" is what to answer.
int push_refusal(lua_State* L, const net::Stream& stream, const net::Failure& failure, unsigned status)
{
    const int pushed = push_failure(
        L, net::Failure{failure.error, "read a request from " + stream.description() + ": " + failure.message});
    if (status != 0) {
        lua_pushinteger(L, static_cast<lua_Integer>(status));
        lua_setfield(L, -2, "status");
        set_text(L, "reason", failure.message);
    }
    return pushed;
}

int push_request(lua_State* L, const net::Stream& stream, http::Request&& request)
{
    const auto target = http::parse_target(view(request.head.target()));
    if (!target) {
        return push_refusal(L, stream, {http::errc::bad_request, "its target is malformed"}, 400);
    }
    const auto head = std::make_shared<const http::RequestHead>(std::move(request.head));
    lua_createtable(L, 0, 14);
    set_text(L, "method", view(head->method_string()));
    set_text(L, "target", view(head->target()));
    set_text(L, "path", target->path);
    set_text(L, "body", request.body);
    set_text(L, "version", head->version() == 11 ? "1.1" : "1.0");
    push_query(L, target->query);
    lua_setfield(L, -2, "query");
    push_fields(L, *head);
    lua_setfield(L, -2, "headers");
    lua_pushboolean(L, request.keep_alive ? 1 : 0);
    lua_setfield(L, -2, "_keep_alive");
    push_object(L, head_class, RequestHeadHandle(head));
    lua_setfield(L, -2, "_head");
    return 1;
}

// native.read_request(connection, limits) -> request | nil, err
int read_request(lua_State* L)
{
    const StreamHandle stream = check<StreamHandle>(L, 1);
    const RequestOptionsHandle limits = check<RequestOptionsHandle>(L, 2);
    return await_operation(
        L, "read a request",
        [&](auto handler) { return http::async_read_request(stream, *limits, std::move(handler)); },
        [stream](lua_State* to, http::Read<true> read) {
            return read.failure.error ? push_refusal(to, *stream, read.failure, read.status)
                                      : push_request(to, *stream, std::move(read.message));
        });
}

// native.head_text(head) -> text
int head_text(lua_State* L)
{
    const http::RequestHead& head = *check<RequestHeadHandle>(L, 1);
    std::string text = http::request_line(view(head.method_string()), view(head.target()));
    for (const auto& field : head) {
        http::append_field(text, view(field.name_string()), view(field.value()));
    }
    http::end_head(text);
    lua_pushlstring(L, text.data(), text.size());
    return 1;
}

std::int64_t wall_seconds(lua_State* L)
{
    const auto time = loop_of(L).clock().wall().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::seconds>(time).count();
}

// native.response_head(status, headers, body_size, connection) -> the head's text. A body is plain text unless a field
// says otherwise.
int response_head(lua_State* L)
{
    const auto status = static_cast<unsigned>(check_integer(L, 1, "status", 200, 599));
    std::string head = http::status_line(status);
    http::append_field(head, "Date", http::format_date(wall_seconds(L)));
    append_fields(L, 2, head);
    if (!lua_isnoneornil(L, 3)) {
        const std::int64_t size = check_integer(L, 3, "body_size", 0, std::int64_t{1} << 53);
        if (size > 0 && net::lower_case(head).find("\r\ncontent-type:") == std::string::npos) {
            http::append_field(head, "Content-Type", "text/plain; charset=utf-8");
        }
        http::append_field(head, "Content-Length", std::to_string(size));
    }
    if (!lua_isnoneornil(L, 4)) {
        http::append_field(head, "Connection", check_string(L, 4, "connection"));
    }
    http::end_head(head);
    lua_pushlstring(L, head.data(), head.size());
    return 1;
}

// native.reason(status) -> "Not Found"
int reason(lua_State* L)
{
    const auto text = http::reason_of(static_cast<unsigned>(check_integer(L, 1, "status", 100, 999)));
    lua_pushlstring(L, text.data(), text.size());
    return 1;
}

// native.is_token(text) -> could it be a method?
int is_token(lua_State* L)
{
    lua_pushboolean(L, http::is_token(check_string(L, 1, "text")) ? 1 : 0);
    return 1;
}

}  // namespace

void push_query(lua_State* L, std::string_view query)
{
    lua_newtable(L);
    for (const auto& [name, value] : http::parse_query(query)) {
        lua_pushlstring(L, name.data(), name.size());
        lua_pushlstring(L, value.data(), value.size());
        lua_rawset(L, -3);
    }
}

void register_http_server(lua_State* L)
{
    const luaL_Reg none[] = {{nullptr, nullptr}};
    define_class(L, limits_class, none, guard<collect<RequestOptionsHandle>>, nullptr);
    define_class(L, head_class, none, guard<collect<RequestHeadHandle>>, nullptr);
    const luaL_Reg functions[] = {
        {"server_options", guard<server_options>},
        {"read_request", guard<read_request>},
        {"response_head", guard<response_head>},
        {"reason", guard<reason>},
        {"head_text", guard<head_text>},
        {"is_token", guard<is_token>},
        {nullptr, nullptr},
    };
    luaL_register(L, nullptr, functions);
}

}  // namespace moonwire::bindings
