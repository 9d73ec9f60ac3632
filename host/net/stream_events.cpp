// What a stream tells of itself to observers.
#include "host/net/stream.hpp"

#include <boost/asio/error.hpp>

#include <algorithm>
#include <string>
#include <utility>

namespace moonwire::net {

namespace {

// Of what lies in several pieces as much is put together to be looked at.
constexpr std::size_t joined_at_most = 4096;

observe::Cause cause_of(const error_code& error)
{
    if (error == errc::closed) {
        return observe::Cause::peer;
    }
    if (error == boost::asio::error::connection_reset || error == boost::asio::error::broken_pipe) {
        return observe::Cause::reset;
    }
    return error == errc::timeout || error == boost::asio::error::timed_out ? observe::Cause::timeout
                                                                            : observe::Cause::error;
}

}  // namespace

void Stream::tell(observe::Event event) const
{
    if (observe::Observers* observers = object_ != 0 ? loop_.observed() : nullptr) {
        event.layer = layer_;
        event.object = object_;
        observers->tell(event);
    }
}

void Stream::tell_received(std::string_view bytes, const error_code& end)
{
    if (!bytes.empty()) {
        tell({.kind = observe::Kind::received,
              .direction = observe::Direction::in,
              .size = bytes.size(),
              .content = bytes});
    }
    if (end == errc::closed) {
        tell_ended(observe::Direction::in);
    } else if (end) {
        tell_failed(end);
    }
}

void Stream::tell_sent(std::span<const boost::asio::const_buffer> buffers, std::size_t size)
{
    std::string joined;
    std::string_view content(static_cast<const char*>(buffers.front().data()), std::min(buffers.front().size(), size));
    if (content.size() < size) {
        for (const auto& buffer : buffers) {
            const std::size_t room = std::min(joined_at_most, size) - joined.size();
            joined.append(static_cast<const char*>(buffer.data()), std::min(buffer.size(), room));
        }
        content = content.size() < joined.size() ? std::string_view(joined) : content;
    }
    tell({.kind = observe::Kind::sent, .direction = observe::Direction::out, .size = size, .content = content});
}

void Stream::tell_ended(observe::Direction direction)
{
    bool& told = direction == observe::Direction::out ? end_sent_told_ : end_received_told_;
    if (!std::exchange(told, true)) {
        tell({.kind = observe::Kind::ended, .direction = direction});
    }
}

void Stream::tell_failed(const error_code& error)
{
    if (loop_.observed() != nullptr) {
        const std::string why = reason(error);
        const bool of_system = error.category() == boost::system::system_category();
        tell({.kind = observe::Kind::failed, .error = of_system ? error.value() : 0, .text = why});
    }
}

void Stream::tell_closed(std::string_view text)
{
    if (!std::exchange(closed_told_, true)) {
        const auto cause = cause_ == observe::Cause::none ? observe::Cause::us : cause_;
        tell({.kind = observe::Kind::closed, .cause = cause, .text = text});
    }
}

void Stream::note_cause(const error_code& error)
{
    if (cause_ == observe::Cause::none) {
        cause_ = cause_of(error);
    }
}

void Stream::note_closed_here()
{
    if (cause_ == observe::Cause::none) {
        cause_ = observe::Cause::us;
    }
}

}  // namespace moonwire::net
