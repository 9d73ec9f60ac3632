#include "bindings/udp.hpp"

#include "bindings/addresses.hpp"
#include "bindings/core/guard.hpp"
#include "bindings/core/loop.hpp"
#include "bindings/failure.hpp"
#include "bindings/inspect.hpp"
#include "bindings/multicast.hpp"
#include "bindings/open.hpp"
#include "host/net/multicast.hpp"
#include "host/net/resolver.hpp"
#include "host/net/udp_open.hpp"
#include "host/script/scheduler.hpp"
#include "host/script/suspension.hpp"
#include "host/script/vm.hpp"

#include <boost/asio/error.hpp>

#include <string>
#include <utility>
#include <vector>

namespace moonwire::bindings {

namespace {

using script::Suspension;
using script::task_waits;

constexpr const char* socket_class = "moonwire.udp.Socket";

// How long a send waits for room in the kernel's buffer, and for a name to be looked up.
constexpr std::chrono::seconds send_limit{10};
constexpr std::chrono::seconds lookup_limit{5};

// Opens a socket by one of the operations of host/net/udp_open.hpp.
template <class Start>
int await_socket(lua_State* L, const char* what, Start start)
{
    auto task = Suspension::of(L, what);
    const auto operation = std::make_shared<std::shared_ptr<net::Operation>>();
    task.on_cancel([operation] { (*operation)->cancel(); });
    *operation = start([task = std::move(task)](const net::Failure& failure, UdpHandle socket) mutable {
        task.resume_with([&](lua_State* to) {
            return failure.error ? push_failure(to, failure) : push_udp_socket(to, std::move(socket));
        });
    });
    return task_waits(L);
}

// udp.bind([options]) -> socket | nil, err
int udp_bind(lua_State* L)
{
    net::UdpRequest request;
    Options options(L, 1, "options");
    request.port = static_cast<std::uint16_t>(options.integer("port", 0, 65535).value_or(0));
    request.host = std::string(options.string("host").value_or("*"));
    request.family = read_family(options);
    request.timeout = lookup_limit;
    request.options = read_udp_options(options);
    options.finish();
    return await_socket(L, "udp.bind", [&](auto handler) {
        return net::async_bind_udp(loop_of(L), std::move(request), std::move(handler));
    });
}

std::optional<net::UdpEndpoint> read_local(lua_State* L, Options& options)
{
    const auto port = options.integer("local_port", 0, 65535);
    const auto host = options.string("local_host");
    if (!port && !host) {
        return std::nullopt;
    }
    net::error_code not_numeric;
    const auto address = boost::asio::ip::make_address(host.value_or("0.0.0.0"), not_numeric);
    if (not_numeric) {
        luaL_error(L, "options.local_host: expected a numeric address");
    }
    return net::UdpEndpoint(address, static_cast<std::uint16_t>(port.value_or(0)));
}

// udp.connect(host, port [, options]) -> socket | nil, err
int udp_connect(lua_State* L)
{
    net::UdpRequest request;
    request.host = std::string(check_string(L, 1, "host"));
    request.port = static_cast<std::uint16_t>(check_integer(L, 2, "port", 1, 65535));
    Options options(L, 3, "options");
    request.family = read_family(options);
    request.timeout = options.duration("timeout").value_or(lookup_limit);
    request.options = read_udp_options(options);
    const auto local = read_local(L, options);
    options.finish();
    return await_socket(L, "udp.connect", [&](auto handler) {
        return net::async_connect_udp(loop_of(L), std::move(request), local, std::move(handler));
    });
}

void set_peer(lua_State* L, const net::UdpEndpoint& peer)
{
    const std::string address = net::address_of(peer.address());
    lua_pushlstring(L, address.data(), address.size());
    lua_setfield(L, -2, "host");
    lua_pushinteger(L, peer.port());
    lua_setfield(L, -2, "port");
}

int push_receive_failure(lua_State* L, net::UdpSocket& socket, const net::Received& received)
{
    const bool truncated = received.error == net::errc::truncated;
    const auto peer = truncated ? received.datagram.sender : received.peer;
    push_failure(L, received.error,
                 peer ? "receive from " + net::to_string(*peer) : "receive on " + socket.description());
    if (peer) {
        set_peer(L, *peer);
    }
    if (truncated) {
        lua_pushlstring(L, received.datagram.payload.data(), received.datagram.payload.size());
        lua_setfield(L, -2, "partial");
        lua_pushnumber(L, static_cast<double>(received.datagram.size));
        lua_setfield(L, -2, "size");
    }
    return 2;
}

int push_received(lua_State* L, net::UdpSocket& socket, const net::Received& received)
{
    if (received.error) {
        return push_receive_failure(L, socket, received);
    }
    const net::Datagram& datagram = received.datagram;
    const std::string_view host = socket.addresses().text(datagram.sender.address());
    lua_pushlstring(L, datagram.payload.data(), datagram.payload.size());
    lua_pushlstring(L, host.data(), host.size());
    lua_pushinteger(L, datagram.sender.port());
    if (datagram.time == observe::WallTime{}) {
        return 3;
    }
    lua_pushnumber(L, seconds(socket.loop().clock().wall_at(datagram.time).time_since_epoch()));
    return 4;
}

// sock:receive([timeout]) -> payload, host, port [, time] | nil, err
int socket_receive(lua_State* L)
{
    const UdpHandle& socket = check<UdpHandle>(L, 1);
    const auto timeout = opt_duration(L, 2, "timeout");
    if (socket->receiving()) {
        return luaL_error(L, "another task is receiving from this socket already");
    }
    // After many answers without waiting the others get their turn, and what has arrived stays where it is.
    if (socket->loop().may_answer()) {
        if (const auto received = socket->try_receive(timeout == observe::Duration::zero())) {
            return push_received(L, *socket, *received);
        }
    }
    auto task = Suspension::of(L, "receive");
    task.on_cancel([socket] { socket->cancel_receive(); });
    socket->async_receive(timeout, [socket, task = std::move(task)](const net::Received& received) mutable {
        task.resume_with([&](lua_State* to) { return push_received(to, *socket, received); });
    });
    return task_waits(L);
}

// Advice for the reasons that a script can do something about.
std::string advice(const net::error_code& error, const std::optional<net::UdpEndpoint>& to)
{
    if (net::code_word(error) == "access_denied") {
        return "; a broadcast address needs broadcast = true";
    }
    return to && net::code_word(error) == "unreachable" ? net::multicast_hint(to->address()) : "";
}

int push_sent(lua_State* L, const net::UdpSocket& socket, const std::optional<net::UdpEndpoint>& to,
              const net::Sent& sent)
{
    if (!sent.error) {
        lua_pushboolean(L, 1);
        return 1;
    }
    const auto& destination = to ? to : socket.default_destination();
    const auto& concerned = sent.peer ? sent.peer : destination;
    std::string text = sent.peer ? "an earlier send to " : "send to ";
    text += (concerned ? net::to_string(*concerned) : "nobody") + ": " + net::reason(sent.error);
    push_failure(L, net::Failure{sent.error, text + advice(sent.error, concerned)});
    if (concerned) {
        set_peer(L, *concerned);
    }
    return 2;
}

// Waits until the kernel has room. `slot` is how to cancel it.
void send_later(const UdpHandle& socket, std::string payload, const std::optional<net::UdpEndpoint>& to,
                std::uint64_t& slot, Suspension task)
{
    slot = socket->async_send(std::move(payload), to, send_limit,
                              [socket, to, task = std::move(task)](const net::Sent& sent) mutable {
                                  task.resume_with([&](lua_State* L) { return push_sent(L, *socket, to, sent); });
                              });
}

int send_to(lua_State* L, const UdpHandle& socket, std::string_view payload, const std::optional<net::UdpEndpoint>& to)
{
    const net::Sent sent = socket->try_send(payload, to);
    if (sent.error == boost::asio::error::would_block) {
        auto task = Suspension::of(L, "send");
        const auto id = std::make_shared<std::uint64_t>(0);
        task.on_cancel([socket, id] { socket->cancel_send(*id); });
        send_later(socket, std::string(payload), to, *id, std::move(task));
        return task_waits(L);
    }
    if (socket->loop().may_answer()) {
        return push_sent(L, *socket, to, sent);
    }
    socket->loop().post([socket, to, sent, task = Suspension::of(L, "send")]() mutable {
        task.resume_with([&](lua_State* state) { return push_sent(state, *socket, to, sent); });
    });
    return task_waits(L);
}

/// A send to a name: first the look-up is under way, then perhaps the send.
struct NamedSend {
    UdpHandle socket;
    std::string host;
    std::uint16_t port;
    std::string payload;
    std::shared_ptr<net::Operation> lookup;
    std::uint64_t sending = 0;

    void cancel()
    {
        lookup->cancel();
        socket->cancel_send(sending);
    }

    void looked_up(const net::error_code& error, const std::vector<net::TcpEndpoint>& endpoints, Suspension task)
    {
        if (error) {
            task.resume_with(
                [&](lua_State* L) { return push_failure(L, error, "send to " + net::host_and_port(host, port)); });
            return;
        }
        const auto to = socket->destination(endpoints.front().address(), port);
        const net::Sent sent = socket->try_send(payload, to);
        if (sent.error == boost::asio::error::would_block) {
            send_later(socket, std::move(payload), to, sending, std::move(task));
        } else {
            task.resume_with([&](lua_State* L) { return push_sent(L, *socket, to, sent); });
        }
    }
};

int send_to_name(lua_State* L, const UdpHandle& socket, std::string_view payload, std::string_view host,
                 std::uint16_t port)
{
    auto task = Suspension::of(L, "send");
    const auto send =
        std::make_shared<NamedSend>(NamedSend{socket, std::string(host), port, std::string(payload), nullptr});
    task.on_cancel([send] { send->cancel(); });
    send->lookup = net::async_resolve(
        socket->loop(), send->host, port, socket->family(),
        [send, task = std::move(task)](const net::error_code& error,
                                       const std::vector<net::TcpEndpoint>& endpoints) mutable {
            send->looked_up(error, endpoints, std::move(task));
        },
        lookup_limit, socket->object());
    return task_waits(L);
}

bool is_too_long(std::string_view payload, const std::optional<net::UdpEndpoint>& to)
{
    if (payload.size() <= net::largest_payload_v4 || !to) {
        return false;
    }
    const bool v4 = to->address().is_v4() || to->address().to_v6().is_v4_mapped();
    return payload.size() > (v4 ? net::largest_payload_v4 : net::largest_payload_v6);
}

// sock:send(payload [, host, port]) -> true | nil, err
int socket_send(lua_State* L)
{
    const UdpHandle& socket = check<UdpHandle>(L, 1);
    const std::string_view payload = check_string(L, 2, "payload");
    std::optional<net::UdpEndpoint> to;
    if (lua_isnoneornil(L, 3)) {
        if (!socket->default_destination()) {
            argument_error(L, 3, "host", "a name or an address, because the socket is not connected");
        }
    } else {
        const std::string_view host = check_string(L, 3, "host");
        const auto port = static_cast<std::uint16_t>(check_integer(L, 4, "port", 0, 65535));
        if (socket->connected()) {
            argument_error(L, 3, "host", "nothing, because the socket is connected");
        }
        if (port == 0) {  // not misuse: a datagram may have come from there
            return push_failure(L, net::Failure{boost::asio::error::host_unreachable,
                                                "send to " + net::host_and_port(host, port) +
                                                    ": port 0 takes no datagrams; who sends from it wants no answer"});
        }
        const auto address = socket->addresses().parse(host);
        if (!address) {
            return send_to_name(L, socket, payload, host, port);
        }
        to = socket->destination(*address, port);
        if (!to) {
            return push_failure(L, net::errc::wrong_family, "send to " + net::host_and_port(host, port));
        }
    }
    const auto& destination = to ? to : socket->default_destination();
    if (is_too_long(payload, destination)) {
        push_failure(L, net::Failure{net::errc::too_long, "send to " + net::to_string(*destination) + ": " +
                                                              std::to_string(payload.size()) +
                                                              " bytes are too long for a datagram (65507 is the most " +
                                                              "over IPv4, 65527 over IPv6)"});
        set_peer(L, *destination);
        return 2;
    }
    return send_to(L, socket, payload, to);
}

// sock:set(options) -> true | nil, err
int socket_set(lua_State* L)
{
    const UdpHandle& socket = check<UdpHandle>(L, 1);
    if (!lua_istable(L, 2)) {
        argument_error(L, 2, "options", "a table of options");
    }
    Options options(L, 2, "options");
    const auto ttl = options.integer("ttl", 1, 255);
    const auto broadcast = options.boolean("broadcast");
    const auto multicast_ttl = options.integer("multicast_ttl", 0, 255);
    const auto multicast_loopback = options.boolean("multicast_loopback");
    const auto multicast_interface = options.name_or_number("multicast_interface");
    const auto receive_buffer = options.integer("receive_buffer", 1, largest_buffer);
    const auto send_buffer = options.integer("send_buffer", 1, largest_buffer);
    options.finish();

    unsigned interface = 0;
    if (multicast_interface) {
        interface = find_interface(L, *multicast_interface, "set options of " + socket->description());
        if (interface == 0) {
            return 2;
        }
    }
    const int native = socket->native_handle();
    const net::IpVersions versions = socket->versions();
    net::error_code error;
    const auto set = [&](const auto& value, auto function) {
        if (value && !error) {
            error = function(*value);
        }
    };
    set(ttl, [&](auto hops) { return net::set_ttl(native, versions, static_cast<int>(hops)); });
    set(broadcast, [&](bool on) { return net::set_broadcast(native, on); });
    set(multicast_ttl, [&](auto hops) { return net::set_multicast_ttl(native, versions, static_cast<int>(hops)); });
    set(multicast_loopback, [&](bool on) { return net::set_multicast_loopback(native, versions, on); });
    set(multicast_interface, [&](auto&) { return net::set_multicast_interface(native, versions, interface); });
    set(receive_buffer, [&](auto size) { return net::set_receive_buffer(native, static_cast<int>(size)); });
    set(send_buffer, [&](auto size) { return net::set_send_buffer(native, static_cast<int>(size)); });
    if (error) {
        return push_failure(L, error, "set options of " + socket->description());
    }
    lua_pushboolean(L, 1);
    return 1;
}

// sock:info() -> table | nil, err
int socket_info(lua_State* L)
{
    const UdpHandle& socket = check<UdpHandle>(L, 1);
    net::SocketMemory memory;
    if (const auto error = net::read_socket_memory(socket->native_handle(), memory)) {
        return push_failure(L, error, "info of " + socket->description());
    }
    const auto& counters = socket->counters();
    const auto set = [L](const char* name, auto value) {
        lua_pushnumber(L, static_cast<double>(value));
        lua_setfield(L, -2, name);
    };
    lua_createtable(L, 0, 13);
    set("received", counters.received);
    set("bytes_received", counters.bytes_received);
    set("truncated", counters.truncated);
    set("sent", counters.sent);
    set("bytes_sent", counters.bytes_sent);
    set("receive_calls", socket->system_calls().receive);
    set("send_calls", socket->system_calls().send);
    set("waiting", socket->waiting());
    set("dropped", memory.dropped);
    set("receive_queue", memory.receive_queue);
    set("receive_buffer", memory.receive_buffer);
    set("send_queue", memory.send_queue);
    set("send_buffer", memory.send_buffer);
    return 1;
}

// sock:close() -> true | nil, err
int socket_close(lua_State* L)
{
    const UdpHandle& socket = check<UdpHandle>(L, 1);
    return push_sent(L, *socket, std::nullopt, socket->close());
}

// sock:local_address() -> address, port
int socket_local_address(lua_State* L)
{
    return push_endpoint(L, check<UdpHandle>(L, 1)->local_endpoint());
}

// sock:peer_address() -> address, port | nothing
int socket_peer_address(lua_State* L)
{
    const auto& peer = check<UdpHandle>(L, 1)->default_destination();
    return peer ? push_endpoint(L, *peer) : 0;
}

// sock:port() -> port
int socket_port(lua_State* L)
{
    lua_pushinteger(L, check<UdpHandle>(L, 1)->local_endpoint().port());
    return 1;
}

int socket_to_string(lua_State* L)
{
    const UdpHandle& socket = check<UdpHandle>(L, 1);
    const std::string text = socket->description() + (socket->closed() ? " (closed)" : "");
    lua_pushlstring(L, text.data(), text.size());
    return 1;
}

int socket_collect(lua_State* L)
{
    if (const auto* socket = test<UdpHandle>(L, 1)) {
        (*socket)->close();
    }
    return collect<UdpHandle>(L);
}

void define_socket_class(lua_State* L)
{
    const luaL_Reg methods[] = {
        {"receive", guard<socket_receive>},
        {"send", guard<socket_send>},
        {"join", guard<socket_join>},
        {"leave", guard<socket_leave>},
        {"set", guard<socket_set>},
        {"info", guard<socket_info>},
        {"close", guard<socket_close>},
        {"local_address", guard<socket_local_address>},
        {"peer_address", guard<socket_peer_address>},
        {"port", guard<socket_port>},
        {nullptr, nullptr},
    };
    define_class(L, socket_class, methods, guard<socket_collect>, guard<socket_to_string>);
}

}  // namespace

int push_udp_socket(lua_State* L, UdpHandle socket)
{
    push_object(L, socket_class, std::move(socket));
    remember_connection(L);
    return 1;
}

net::UdpOptions read_udp_options(Options& options)
{
    net::UdpOptions result;
    result.reuse_address = options.boolean("reuse_address").value_or(false);
    result.reuse_port = options.boolean("reuse_port").value_or(false);
    result.broadcast = options.boolean("broadcast").value_or(false);
    result.timestamps = options.boolean("timestamps").value_or(false);
    result.errors = options.boolean("errors").value_or(false);
    if (const auto hops = options.integer("ttl", 1, 255)) {
        result.ttl = static_cast<int>(*hops);
    }
    if (const auto size = options.integer("send_buffer", 1, largest_buffer)) {
        result.send_buffer = static_cast<int>(*size);
    }
    if (const auto size = options.integer("receive_buffer", 1, largest_buffer)) {
        result.receive_buffer = static_cast<int>(*size);
    }
    result.max_size = static_cast<std::size_t>(options.integer("max_size", 1, 65535).value_or(65535));
    return result;
}

int open_udp(lua_State* L)
{
    define_socket_class(L);
    const luaL_Reg functions[] = {
        {"bind", guard<udp_bind>},
        {"connect", guard<udp_connect>},
        {nullptr, nullptr},
    };
    lua_newtable(L);
    luaL_register(L, nullptr, functions);
    luaL_getmetatable(L, socket_class);
    lua_getfield(L, -1, "__index");
    lua_remove(L, -2);
    lua_newtable(L);
    register_udp_direct_calls(L);
    run_lua_part(L, "udp", 2);
    lua_pop(L, 1);
    return 1;
}

}  // namespace moonwire::bindings
