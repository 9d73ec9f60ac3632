#include "host/observe/event.hpp"

#include <array>

namespace moonwire::observe {

namespace {

constexpr std::array<std::string_view, 9> layers = {"loop", "dns",       "tcp",  "udp",    "tls",
                                                    "http", "websocket", "pipe", "process"};
constexpr std::array<std::string_view, 3> directions = {"", "out", "in"};
constexpr std::array<std::string_view, 6> causes = {"", "us", "peer", "reset", "timeout", "error"};
constexpr std::array<std::string_view, 23> kinds = {
    "opened",      "resolving", "resolved", "bound",     "listening", "connecting", "connected", "accepted",
    "destination", "joined",    "left",     "handshake", "sent",      "received",   "frame",     "ping",
    "pong",        "ended",     "failed",   "closed",    "call",      "socket",     "secret"};

static_assert(layers.size() == static_cast<std::size_t>(Layer::process) + 1);
static_assert(causes.size() == static_cast<std::size_t>(Cause::error) + 1);
static_assert(kinds.size() == static_cast<std::size_t>(Kind::secret) + 1);

}  // namespace

std::string_view name_of(Layer layer)
{
    return layers.at(static_cast<std::size_t>(layer));
}

std::string_view name_of(Direction direction)
{
    return directions.at(static_cast<std::size_t>(direction));
}

std::string_view name_of(Cause cause)
{
    return causes.at(static_cast<std::size_t>(cause));
}

std::string_view name_of(Kind kind)
{
    return kinds.at(static_cast<std::size_t>(kind));
}

Detail detail_of(const Event& event)
{
    switch (event.kind) {
    case Kind::opened:
    case Kind::resolving:
    case Kind::bound:
    case Kind::destination:
    case Kind::handshake:
    case Kind::frame:
        return Detail::packets;
    case Kind::sent:
    case Kind::received:
    case Kind::ended:
        return event.carries ? Detail::packets : Detail::messages;
    case Kind::call:
    case Kind::socket:
    case Kind::secret:
        return Detail::calls;
    default:
        return Detail::messages;
    }
}

}  // namespace moonwire::observe
