#include "host/http/events.hpp"

#include <string>
#include <type_traits>

namespace moonwire::http {

namespace {

void tell(net::Stream& stream, observe::Event event)
{
    if (observe::Observers* observers = stream.loop().observed()) {
        event.layer = observe::Layer::http;
        event.object = stream.object();
        observers->tell(event);
    }
}

// A request's first line without the version, which says nothing new; an answer's status and reason.
std::string_view first_line(std::string_view head)
{
    const std::string_view line = head.substr(0, head.find("\r\n"));
    constexpr std::string_view version = " HTTP/1.1";
    if (line.ends_with(version)) {
        return line.substr(0, line.size() - version.size());
    }
    return line.starts_with(version.substr(1)) ? line.substr(version.size()) : line;
}

std::string summary(const RequestHead& head)
{
    return std::string(head.method_string()) + " " + std::string(head.target());
}

std::string summary(const ResponseHead& head)
{
    return std::to_string(head.result_int()) + " " + std::string(head.reason());
}

}  // namespace

void begin_http(net::Stream& stream)
{
    tell(stream, {.kind = observe::Kind::opened});
}

template <bool is_request>
void tell_received(net::Stream& stream, const Message<is_request>& message)
{
    if (stream.loop().observed() != nullptr) {
        const std::string text = summary(message.head);
        tell(stream, {.kind = observe::Kind::received,
                      .direction = observe::Direction::in,
                      .size = message.body.size(),
                      .content = message.body,
                      .text = text});
    }
}

void tell_sent(net::Stream& stream, std::string_view head, std::string_view body)
{
    begin_http(stream);
    tell(stream, {.kind = observe::Kind::sent,
                  .direction = observe::Direction::out,
                  .size = body.size(),
                  .content = body,
                  .text = first_line(head)});
}

template void tell_received<true>(net::Stream& stream, const Message<true>& message);
template void tell_received<false>(net::Stream& stream, const Message<false>& message);

}  // namespace moonwire::http
