#include "host/observe/text.hpp"
#include "host/observe/trace_line.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>

namespace moonwire::observe {

namespace {

// As many characters of a content stand in a line, and of names and reasons.
constexpr std::size_t most_content = 64;
constexpr std::size_t most_text = 200;

constexpr const char* dim = "\x1b[2m";
constexpr const char* red = "\x1b[31m";
constexpr const char* green = "\x1b[32m";
constexpr const char* blue = "\x1b[34m";
constexpr const char* plain = "\x1b[0m";

// Each role has one, by its name.
constexpr std::array<const char*, 5> role_colours = {"\x1b[36m", "\x1b[35m", "\x1b[33m", "\x1b[32m", "\x1b[34m"};

const char* colour_of(std::string_view role)
{
    std::size_t sum = 0;
    for (const char letter : role) {
        sum += static_cast<unsigned char>(letter);
    }
    return role_colours[sum % role_colours.size()];
}

std::string_view short_name(Layer layer)
{
    return layer == Layer::websocket ? "ws" : name_of(layer);
}

std::string object_name(Layer layer, ObjectId object)
{
    const std::string name(short_name(layer));
    return object == 0 ? name : name + " " + std::to_string(object);
}

std::string visible(std::string_view text)
{
    std::string result;
    append_visible(result, text, most_text);
    return result;
}

std::string bytes_of(std::size_t size)
{
    return std::to_string(size) + (size == 1 ? " byte" : " bytes");
}

void append_content(std::string& out, const Event& event)
{
    if (event.content.empty()) {
        return;
    }
    out += " \"";
    const std::size_t shown = append_visible(out, event.content, most_content);
    out += shown < std::max(event.content.size(), event.size) ? "\"…" : "\"";
}

// "12 bytes to 127.0.0.1:5004", "text, 12 bytes", "GET /, 0 bytes"
std::string transfer(const Event& event)
{
    std::string text = event.text.empty() ? "" : visible(event.text) + ", ";
    text += bytes_of(event.size);
    if (event.layer == Layer::udp && event.remote) {
        text += (event.kind == Kind::sent ? " to " : " from ") + to_string(event.remote);
    }
    return text;
}

std::string closed(const Event& event)
{
    const std::string why = event.text.empty() ? "" : " (" + visible(event.text) + ")";
    switch (event.cause) {
    case Cause::peer:
        return event.layer == Layer::process ? "has ended" + why : "closed by the peer" + why;
    case Cause::reset:
        return "reset by the peer" + why;
    case Cause::timeout:
        return "given up: nothing came in time" + why;
    case Cause::error:
        return "closed: " + (event.text.empty() ? "an error" : visible(event.text));
    default:
        return "closed" + why;
    }
}

std::string call(const Event& event)
{
    std::string text = visible(event.text) + " = " + std::to_string(event.result);
    if (const char* name = event.error != 0 ? ::strerrorname_np(event.error) : nullptr) {
        text += std::string(" ") + name;
    }
    return text;
}

std::string connected(const Event& event)
{
    if (event.layer == Layer::tcp || event.layer == Layer::udp) {
        return "connected to " + to_string(event.remote) + " from " + to_string(event.local);
    }
    return event.text.empty() ? "connected" : "connected: " + visible(event.text);
}

std::string opened(const Event& event)
{
    return event.text.empty() ? "opened" : "opened: " + visible(event.text);
}

std::string ended(const Event& event)
{
    const std::string how = event.text.empty() ? "" : ": " + visible(event.text);
    return (event.direction == Direction::in ? "the peer sends no more" : "sends no more") + how;
}

std::string failed(const Event& event)
{
    const bool has_address = event.remote && event.layer != Layer::dns;
    return (has_address ? to_string(event.remote) + ": " : "") + visible(event.text);
}

std::string description(const Event& event)
{
    switch (event.kind) {
    case Kind::opened:
        return opened(event);
    case Kind::resolving:
        return "looks up " + visible(event.text);
    case Kind::resolved:
        return "found " + visible(event.text);
    case Kind::bound:
        return "bound to " + to_string(event.local);
    case Kind::listening:
        return "listens on " + to_string(event.local);
    case Kind::connecting:
        return "connects to " + to_string(event.remote);
    case Kind::connected:
        return connected(event);
    case Kind::accepted:
        return "accepted " + to_string(event.remote);
    case Kind::destination:
        return "will send to " + to_string(event.remote);
    case Kind::joined:
    case Kind::left:
        return std::string(name_of(event.kind)) + " the group " + host_of(event.remote) +
               (event.text.empty() ? "" : " from " + visible(event.text));
    case Kind::sent:
    case Kind::received:
        return transfer(event);
    case Kind::handshake:
        return visible(event.text) + ", " + bytes_of(event.size);
    case Kind::frame:
        return "frame: " + visible(event.text) + ", " + bytes_of(event.size);
    case Kind::ended:
        return ended(event);
    case Kind::failed:
        return failed(event);
    case Kind::closed:
        return closed(event);
    case Kind::call:
        return call(event);
    default:
        return std::string(name_of(event.kind));
    }
}

bool shows_content(Kind kind)
{
    return kind == Kind::sent || kind == Kind::received || kind == Kind::ping || kind == Kind::pong;
}

const char* arrow(Direction direction)
{
    return direction == Direction::out ? " → " : direction == Direction::in ? " ← " : "   ";
}

}  // namespace

void TraceText::paint(std::string& out, const char* colour) const
{
    if (colours_) {
        out += colour;
    }
}

void TraceText::append_who(std::string& out, const Event& event)
{
    if (const std::string role = visible(event.role); !role.empty() || role_width_ > 0) {
        role_width_ = std::max(role_width_, role.size());
        paint(out, colour_of(role));
        out += role;
        paint(out, plain);
        out.append(role_width_ - role.size() + 1, ' ');
    }
    const std::string object = object_name(event.layer, event.object);
    object_width_ = std::max(object_width_, object.size());
    out += object;
    out.append(object_width_ - object.size(), ' ');
}

void TraceText::append(std::string& out, const Event& event, TimePoint start)
{
    std::array<char, 32> time;
    const double seconds = std::max(std::chrono::duration<double>(event.time - start).count(), 0.0);
    const int size = std::snprintf(time.data(), time.size(), "%10.6f ", seconds);
    paint(out, dim);
    out.append(time.data(), static_cast<std::size_t>(size));
    paint(out, plain);
    append_who(out, event);
    const bool bad = event.kind == Kind::failed || event.cause == Cause::reset || event.cause == Cause::timeout ||
                     event.cause == Cause::error;
    paint(out, event.direction == Direction::out ? green : blue);
    out += arrow(event.direction);
    paint(out, plain);
    if (bad) {
        paint(out, red);
    } else if (detail_of(event) != Detail::messages) {
        paint(out, dim);
    }
    out += description(event);
    paint(out, plain);
    if (shows_content(event.kind)) {
        append_content(out, event);
    }
    out += '\n';
}

}  // namespace moonwire::observe
