#include "host/observe/text.hpp"
#include "host/observe/trace_line.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

namespace moonwire::observe {

namespace {

// As much of a content stands in a line.
constexpr std::size_t most_content = 256;

template <class Number>
void append_number(std::string& out, Number value)
{
    std::array<char, 24> text;
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
    out.append(text.data(), end);
}

void append_time(std::string& out, Duration time)
{
    constexpr int decimals = 9;
    append_number(out, time.count() / 1'000'000'000);
    std::array<char, decimals + 1> text;
    auto rest = time.count() % 1'000'000'000;
    for (int i = decimals; i > 0; --i, rest /= 10) {
        text[static_cast<std::size_t>(i)] = static_cast<char>('0' + rest % 10);
    }
    text[0] = '.';
    out.append(text.data(), text.size());
}

void append_word(std::string& out, std::string_view name, std::string_view word)
{
    if (!word.empty()) {
        out.append(",\"").append(name).append("\":\"").append(word).append("\"");
    }
}

void append_text(std::string& out, std::string_view name, std::string_view text)
{
    if (!text.empty()) {
        out.append(",\"").append(name).append("\":");
        append_json_lossy(out, text);
    }
}

void append_address(std::string& out, std::string_view name, const Address& address)
{
    if (address) {
        out.append(",\"").append(name).append("\":\"");
        append(out, address);
        out += '"';
    }
}

void append_count(std::string& out, std::string_view name, std::uint64_t value)
{
    if (value != 0) {
        out.append(",\"").append(name).append("\":");
        append_number(out, value);
    }
}

// A text is not cut within a character.
void append_content(std::string& out, std::string_view content)
{
    if (content.empty()) {
        return;
    }
    const std::size_t before = out.size();
    out += ",\"content\":";
    if (append_json(out, content.substr(0, most_content))) {
        return;
    }
    for (std::size_t cut = 1; cut < 4 && content.size() > most_content; ++cut) {
        if (append_json(out, content.substr(0, most_content - cut))) {
            return;
        }
    }
    out.resize(before);
    out += ",\"hex\":";
    append_json_hex(out, content.substr(0, most_content));
}

bool has_size(Kind kind)
{
    return kind == Kind::sent || kind == Kind::received || kind == Kind::frame || kind == Kind::handshake ||
           kind == Kind::ping || kind == Kind::pong;
}

}  // namespace

void append_json_line(std::string& out, const Event& event, TimePoint start)
{
    out += "{\"time\":";
    append_time(out, std::max(event.time - start, Duration::zero()));
    append_text(out, "role", event.role);
    append_count(out, "object", event.object);
    append_count(out, "owner", event.owner);
    append_word(out, "layer", name_of(event.layer));
    append_word(out, "event", name_of(event.kind));
    append_word(out, "direction", name_of(event.direction));
    append_address(out, "local", event.local);
    append_address(out, "remote", event.remote);
    append_word(out, "cause", name_of(event.cause));
    if (has_size(event.kind)) {
        out += ",\"size\":";
        append_number(out, event.size);
    }
    if (event.kind == Kind::call) {
        append_word(out, "call", event.text);
        out += ",\"result\":";
        append_number(out, event.result);
    } else {
        append_text(out, "text", event.text);
    }
    if (event.error != 0) {
        const char* name = ::strerrorname_np(event.error);
        append_word(out, "error", name != nullptr ? name : std::to_string(event.error));
    }
    append_content(out, event.content);
    out += "}\n";
}

}  // namespace moonwire::observe
