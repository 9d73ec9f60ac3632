#include "bindings/core/guard.hpp"
#include "bindings/failure.hpp"
#include "bindings/websocket.hpp"
#include "host/websocket/upgrade_answer.hpp"

#include <string>
#include <utility>

namespace moonwire::bindings {

/// What a server lets in, and how.
struct Acceptor {
    websocket::AcceptOptions handshake;
    std::shared_ptr<const websocket::Options> connection;
};
using AcceptorHandle = std::shared_ptr<const Acceptor>;

template <>
struct LuaType<AcceptorHandle> {
    static constexpr const char* name = "an acceptor";
};

namespace {

constexpr const char* acceptor_class = "moonwire.WsAcceptor";

constexpr std::chrono::seconds default_handshake_timeout{10};
constexpr std::int64_t default_max_handshakes = 256;

// native.acceptor(options [, names]) -> acceptor [, seconds for a handshake, handshakes at a time]
// Those who listen have `names`: of options that the listener below checks.
int make_acceptor(lua_State* L)
{
    Options options(L, 1, "options");
    auto acceptor = std::make_shared<Acceptor>();
    acceptor->connection = read_websocket_options(L, options);
    acceptor->handshake.path = options.string("path").value_or("");
    acceptor->handshake.origins = options.strings("origins", 1024);
    acceptor->handshake.subprotocols = options.strings("subprotocols", 255);
    acceptor->handshake.headers = read_headers(L, options);
    acceptor->handshake.deflate = acceptor->connection->deflate;
    const bool listens = !lua_isnoneornil(L, 2);
    if (listens) {
        leave_options(L, 2, options);
        lua_pushnumber(L, seconds(options.duration("handshake_timeout").value_or(default_handshake_timeout)));
        lua_pushinteger(
            L, static_cast<lua_Integer>(options.integer("max_handshakes", 1, 100000).value_or(default_max_handshakes)));
    }
    options.finish();
    check(acceptor->handshake);
    push_object<AcceptorHandle>(L, acceptor_class, std::move(acceptor));
    if (!listens) {
        return 1;
    }
    lua_insert(L, -3);
    return 3;
}

void write_response(net::Stream& stream, const std::string& response)
{
    const std::string_view text = response;
    stream.write({&text, 1});
}

// nil and why this client was turned away; the server goes on
int push_refusal(lua_State* L, const net::Stream& stream, const websocket::UpgradeAnswer& answer)
{
    push_failure(L,
                 net::Failure{websocket::errc::bad_upgrade, "upgrade of " + stream.description() + ": refused with " +
                                                                std::to_string(answer.status) + ": " + answer.refusal});
    lua_pushinteger(L, static_cast<lua_Integer>(answer.status));
    lua_setfield(L, -2, "status");
    return 2;
}

// native.accept(stream, acceptor, head) -> conn | nil, err
int accept_websocket(lua_State* L)
{
    const StreamHandle& stream = check<StreamHandle>(L, 1);
    const AcceptorHandle& acceptor = check<AcceptorHandle>(L, 2);
    std::string head(check_string(L, 3, "head"));
    auto answer = websocket::answer_upgrade(head, acceptor->handshake);
    write_response(*stream, answer.response);
    if (!answer.accepted()) {
        return push_refusal(L, *stream, answer);
    }
    return become_websocket(L, 1, websocket::Role::server, acceptor->connection, answer.deflate, std::move(head),
                            std::move(answer.subprotocol));
}

// native.refuse(stream, code): the request has not come in time, or is too long
int refuse(lua_State* L)
{
    const StreamHandle& stream = check<StreamHandle>(L, 1);
    const auto code = check_string(L, 2, "code");
    if (code == "timeout") {
        write_response(*stream, websocket::refusal_response(408, "The request did not come in time."));
    } else if (code == "too_long") {
        write_response(*stream, websocket::refusal_response(431, "The request's head is too long."));
    }
    return 0;
}

}  // namespace

void register_websocket_server(lua_State* L)
{
    const luaL_Reg none[] = {{nullptr, nullptr}};
    define_class(L, acceptor_class, none, guard<collect<AcceptorHandle>>, nullptr);
    const luaL_Reg functions[] = {
        {"acceptor", guard<make_acceptor>},
        {"accept", guard<accept_websocket>},
        {"refuse", guard<refuse>},
        {nullptr, nullptr},
    };
    luaL_register(L, nullptr, functions);
}

}  // namespace moonwire::bindings
