#include "bindings/tls.hpp"
#include "bindings/await.hpp"
#include "bindings/core/guard.hpp"
#include "bindings/core/loop.hpp"
#include "bindings/failure.hpp"
#include "bindings/inspect.hpp"
#include "bindings/material.hpp"
#include "bindings/open.hpp"
#include "bindings/server.hpp"
#include "bindings/x509.hpp"
#include "host/net/tcp_listener.hpp"
#include "host/script/suspension.hpp"
#include "host/script/vm.hpp"
#include "host/tls/context.hpp"
#include "host/tls/handshake.hpp"
#include "host/tls/tls_connect.hpp"
#include "host/tls/tls_listener.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace moonwire::bindings {

using ContextHandle = std::shared_ptr<const tls::Context>;
using SessionHandle = std::shared_ptr<SSL_SESSION>;

template <>
struct LuaType<ContextHandle> {
    static constexpr const char* name = "a TLS context (of tls.client or tls.server)";
};

template <>
struct LuaType<SessionHandle> {
    static constexpr const char* name = "a TLS session (of connection:session)";
};

namespace {

using script::Suspension;
using script::task_waits;

constexpr const char* connection_class = "moonwire.tls.Connection";
constexpr const char* server_class = "moonwire.tls.Server";
constexpr const char* context_class = "moonwire.tls.Context";
constexpr const char* session_class = "moonwire.tls.Session";

constexpr std::chrono::seconds default_timeout{10};

constexpr const char* possible_name = "a host name or an address of at most 255 bytes, none of them zero";

int read_version(Options& options, const char* key, int otherwise)
{
    static constexpr const char* names[] = {"1.2", "1.3", nullptr};
    static constexpr int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
    const auto choice = options.choice(key, names);
    return choice ? versions[*choice] : otherwise;
}

std::optional<tls::Identity> read_identity(lua_State* L, Options& options)
{
    auto chain = read_certificates(L, options, "certificate");
    auto key = read_key(L, options, "key", "passphrase");
    if (chain.empty() != !key) {
        luaL_error(L, chain.empty() ? "options.key: options.certificate, which it belongs to, is missing"
                                    : "options.certificate: options.key, its private key, is missing");
    }
    return key ? std::optional(tls::Identity{std::move(chain), std::move(*key)}) : std::nullopt;
}

void read_names(lua_State* L, Options& options, std::map<std::string, tls::Identity>& names)
{
    if (!options.push("names")) {
        return;
    }
    if (!lua_istable(L, -1)) {
        options.error("names", R"(a table { ["host.name"] = { certificate = …, key = … } })");
    }
    const int table = lua_gettop(L);
    for (lua_pushnil(L); lua_next(L, table) != 0; lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING || !lua_istable(L, -1)) {
            options.error("names", R"(a table { ["host.name"] = { certificate = …, key = … } })");
        }
        const std::string name = lua_tostring(L, -2);
        Options of_name(L, lua_gettop(L), "options.names[…]");
        auto identity = read_identity(L, of_name);
        of_name.finish();
        if (!identity) {
            options.error("names", R"(a table { ["host.name"] = { certificate = …, key = … } })");
        }
        names.emplace(name, std::move(*identity));
    }
    lua_pop(L, 1);
}

tls::ContextOptions read_context_options(lua_State* L, Options& options, tls::Role role)
{
    tls::ContextOptions result;
    result.role = role;
    result.identity = read_identity(L, options);
    result.authorities = read_certificates(L, options, "ca");
    if (role == tls::Role::client) {
        result.verify = options.boolean("verify").value_or(true);
        result.common_name = options.boolean("common_name").value_or(false);
    } else {
        static constexpr const char* names[] = {"none", "optional", "required", nullptr};
        result.client_certificate =
            static_cast<tls::ClientCertificate>(options.choice("client_certificate", names).value_or(0));
        read_names(L, options, result.names);
    }
    result.min_version = read_version(options, "min_version", TLS1_2_VERSION);
    result.max_version = read_version(options, "max_version", TLS1_3_VERSION);
    result.ciphers = options.string("ciphers").value_or("");
    result.alpn = options.strings("alpn", 255);
    result.key_log = options.string("key_log").value_or("");
    return result;
}

void check_context_options(lua_State* L, const tls::ContextOptions& options)
{
    if (options.role == tls::Role::server && !options.identity) {
        luaL_error(L, "options.certificate: a server needs its certificate and its key");
    }
    if (options.min_version > options.max_version) {
        luaL_error(L, "options.min_version: expected at most options.max_version");
    }
}

/// The context in `options.context`, or one made from the other options.
ContextHandle read_context(lua_State* L, Options& options, tls::Role role)
{
    if (options.push("context")) {
        const auto* context = test<ContextHandle>(L, -1);
        if (context == nullptr || (*context)->role() != role) {
            options.error("context",
                          role == tls::Role::client ? "what tls.client returned" : "what tls.server returned");
        }
        lua_pop(L, 1);
        return *context;
    }
    auto context_options = read_context_options(L, options, role);
    check_context_options(L, context_options);
    return take(tls::Context::make(std::move(context_options)));
}

template <tls::Role role>
int make_context(lua_State* L)
{
    return with_material(L, [&] {
        Options options(L, 1, "options");
        auto context_options = read_context_options(L, options, role);
        options.finish();
        check_context_options(L, context_options);
        push_object(L, context_class, take(tls::Context::make(std::move(context_options))));
        return 1;
    });
}

int push_connection(lua_State* L, std::shared_ptr<tls::TlsStream> stream)
{
    push_object<StreamHandle>(L, connection_class, std::move(stream));
    remember_connection(L);
    return 1;
}

tls::HandshakeRequest read_handshake(lua_State* L, Options& options, ContextHandle context)
{
    tls::HandshakeRequest request;
    request.context = std::move(context);
    if (request.context->role() == tls::Role::client) {
        request.name = options.string("name").value_or("");
        if (!tls::is_possible_name(request.name)) {
            luaL_error(L, "options.name: expected %s", possible_name);
        }
        if (options.push("session")) {
            const auto* session = test<SessionHandle>(L, -1);
            if (session == nullptr) {
                options.error("session", "what connection:session() returned");
            }
            request.session = *session;
            lua_pop(L, 1);
        }
    }
    return request;
}

// The object of a connection that is being wrapped, which must not be collected although nobody else may hold it.
void hold_wrapped(lua_State* L, int index, net::Stream* stream)
{
    lua_pushlightuserdata(L, stream);
    lua_pushvalue(L, index);
    lua_rawset(L, LUA_REGISTRYINDEX);
}

bool is_being_wrapped(lua_State* L, net::Stream* stream)
{
    lua_pushlightuserdata(L, stream);
    lua_rawget(L, LUA_REGISTRYINDEX);
    const bool held = !lua_isnil(L, -1);
    lua_pop(L, 1);
    return held;
}

void push_wrapped(lua_State* L, net::Stream* stream)
{
    lua_pushlightuserdata(L, stream);
    lua_rawget(L, LUA_REGISTRYINDEX);
    lua_pushlightuserdata(L, stream);
    lua_pushnil(L);
    lua_rawset(L, LUA_REGISTRYINDEX);
}

/// Turns the connection on top of the stack into a TLS connection: what was plain cannot be used by mistake, and who
/// closes the connection closes this.
int become_connection(lua_State* L, std::shared_ptr<tls::TlsStream> stream)
{
    check<StreamHandle>(L, -1) = std::move(stream);
    luaL_getmetatable(L, connection_class);
    lua_setmetatable(L, -2);
    return 1;
}

// tls.connect(host, port [, options]) -> connection | nil, err
int tls_connect(lua_State* L)
{
    net::ConnectRequest connect;
    connect.host = check_string(L, 1, "host");
    if (!tls::is_possible_name(connect.host)) {
        argument_error(L, 1, "host", possible_name);
    }
    connect.port = static_cast<std::uint16_t>(check_integer(L, 2, "port", 1, 65535));
    return with_material(L, [&] {
        Options options(L, 3, "options");
        connect.timeout = options.duration("timeout").value_or(default_timeout);
        connect.family = read_family(options);
        const ConnectionOptions connection = read_connection_options(options);
        auto handshake = read_handshake(L, options, read_context(L, options, tls::Role::client));
        options.finish();
        const auto start = [&](auto handler) {
            return tls::async_connect(loop_of(L), std::move(connect), connection.socket, std::move(handshake),
                                      std::move(handler));
        };
        const auto push = [connection](lua_State* to, const net::Failure& failure, auto stream) {
            if (failure.error) {
                return push_failure(to, failure);
            }
            connection.apply(*stream);
            return push_connection(to, std::move(stream));
        };
        return await_operation(L, "tls.connect", start, push);
    });
}

// tls.wrap(connection, options) -> connection | nil, err
int tls_wrap(lua_State* L)
{
    const StreamHandle transport = check<StreamHandle>(L, 1);
    if (transport->reading()) {
        return luaL_error(L, "another task is reading from this connection already");
    }
    if (is_being_wrapped(L, transport.get())) {
        return luaL_error(L, "another task is wrapping this connection already");
    }
    Options options(L, 2, "options");
    if (!options.push("context") || test<ContextHandle>(L, -1) == nullptr) {
        options.error("context", "what tls.client or tls.server returned");
    }
    auto handshake = read_handshake(L, options, *test<ContextHandle>(L, -1));
    lua_pop(L, 1);
    handshake.timeout = options.duration("timeout").value_or(default_timeout);
    options.finish();
    if (handshake.context->verifies() && handshake.context->role() == tls::Role::client && handshake.name.empty()) {
        return luaL_error(L, "options.name: expected the name that the server's certificate has to be for");
    }
    const ConnectionOptions connection{{}, transport->read_timeout, transport->write_timeout};
    const auto start = [&](auto handler) {
        transport->read_timeout.reset();
        transport->write_timeout.reset();
        hold_wrapped(L, 1, transport.get());
        return tls::async_handshake(transport, std::move(handshake), std::move(handler));
    };
    const auto push = [connection, plain = transport.get()](lua_State* to, const net::Failure& failure, auto stream) {
        push_wrapped(to, plain);
        if (failure.error) {
            return push_failure(to, failure);
        }
        connection.apply(*stream);
        return become_connection(to, std::move(stream));
    };
    return await_operation(L, "tls.wrap", start, push);
}

// tls.listen(options) -> server | nil, err
int tls_listen(lua_State* L)
{
    return with_material(L, [&] {
        Options options = check_listen_options(L);
        net::ListenRequest request = read_listen_request(L, options);
        const ConnectionOptions connection = read_connection_options(options);
        request.options = connection.socket;
        tls::TlsListener::Options listener_options;
        listener_options.handshake_timeout = options.duration("handshake_timeout").value_or(default_timeout);
        listener_options.max_handshakes =
            static_cast<std::size_t>(options.integer("max_handshakes", 1, 100000).value_or(256));
        listener_options.context = read_context(L, options, tls::Role::server);
        options.finish();

        auto task = Suspension::of(L, "tls.listen");
        auto* services = &script::Vm::of(L).services();
        net::async_listen(loop_of(L), std::move(request),
                          [connection, services, listener_options, task = std::move(task)](
                              net::Failure failure, std::shared_ptr<net::TcpListener> listener) mutable {
                              task.resume_with([&](lua_State* to) {
                                  if (failure.error) {
                                      return push_failure(to, failure);
                                  }
                                  warn_through(*listener, *services);
                                  auto secured = std::make_shared<tls::TlsListener>(services->loop, std::move(listener),
                                                                                    std::move(listener_options));
                                  return push_server(to, server_class, std::move(secured), connection);
                              });
                          });
        return task_waits(L);
    });
}

const tls::TlsStream& check_tls(lua_State* L)
{
    const auto* stream = dynamic_cast<const tls::TlsStream*>(check<StreamHandle>(L, 1).get());
    if (stream == nullptr) {
        argument_error(L, 1, nullptr, "a TLS connection");
    }
    return *stream;
}

void set_text(lua_State* L, const char* name, const std::string& text)
{
    if (!text.empty()) {
        lua_pushlstring(L, text.data(), text.size());
        lua_setfield(L, -2, name);
    }
}

// conn:tls() -> table
int connection_tls(lua_State* L)
{
    return push_tls_info(L, check_tls(L));
}
// conn:session() -> session | nil
int connection_session(lua_State* L)
{
    auto session = check_tls(L).session();
    if (session == nullptr) {
        return 0;
    }
    push_object<SessionHandle>(L, session_class, SessionHandle(std::move(session)));
    return 1;
}

void define_classes(lua_State* L)
{
    std::vector<luaL_Reg> methods = tcp_methods();
    methods.push_back({"tls", guard<connection_tls>});
    methods.push_back({"session", guard<connection_session>});
    define_stream_class(L, connection_class, methods);
    define_server_class<tls::TlsListener, push_connection>(L, server_class);
    const luaL_Reg none[] = {{nullptr, nullptr}};
    define_class(L, context_class, none, guard<collect<ContextHandle>>, nullptr);
    define_class(L, session_class, none, guard<collect<SessionHandle>>, nullptr);
}

}  // namespace

int push_tls_info(lua_State* L, const net::Stream& stream)
{
    const auto* secured = dynamic_cast<const tls::TlsStream*>(&stream);
    if (secured == nullptr) {
        lua_pushnil(L);
        return 1;
    }
    const tls::ConnectionInfo info = secured->info();
    lua_createtable(L, 0, 10);
    set_text(L, "version", info.version);
    set_text(L, "cipher", info.cipher);
    set_text(L, "group", info.group);
    set_text(L, "protocol", info.protocol);
    set_text(L, "server_name", info.server_name);
    lua_pushboolean(L, info.verified);
    lua_setfield(L, -2, "verified");
    lua_pushboolean(L, info.resumed);
    lua_setfield(L, -2, "resumed");
    lua_pushnumber(L, seconds(info.handshake));
    lua_setfield(L, -2, "handshake_time");
    lua_createtable(L, static_cast<int>(info.peer_chain.size()), 0);
    int index = 0;
    for (const auto& certificate : info.peer_chain) {
        push_certificate_info(L, certificate);
        lua_rawseti(L, -2, ++index);
    }
    lua_setfield(L, -2, "peer_chain");
    return 1;
}

int open_tls(lua_State* L)
{
    define_classes(L);
    const luaL_Reg functions[] = {
        {"client", guard<make_context<tls::Role::client>>},
        {"server", guard<make_context<tls::Role::server>>},
        {"connect", guard<tls_connect>},
        {"listen", guard<tls_listen>},
        {"wrap", guard<tls_wrap>},
        {nullptr, nullptr},
    };
    lua_newtable(L);
    luaL_register(L, nullptr, functions);
    push_methods(L, server_class);
    lua_getfield(L, LUA_REGISTRYINDEX, "moonwire.task.native");
    run_lua_part(L, "server", 2);  // adds clients and serve
    lua_pop(L, 1);
    return 1;
}

}  // namespace moonwire::bindings
