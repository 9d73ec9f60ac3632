#include "host/net/input_buffer.hpp"

#include <algorithm>
#include <cstring>

namespace moonwire::net {

namespace {

// A buffer that has grown larger than this for one large read gives its memory back when it is empty.
constexpr std::size_t kept_capacity = 64 * 1024;

}  // namespace

void InputBuffer::append(std::string_view bytes)
{
    compact();
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
}

void InputBuffer::put_back(std::string_view bytes)
{
    searched_ = 0;
    if (bytes.empty()) {
        return;
    }
    if (bytes.size() <= begin_) {
        begin_ -= bytes.size();
        std::memmove(bytes_.data() + begin_, bytes.data(), bytes.size());
    } else {  // they were handed out without having been in here
        bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(begin_));
        bytes_.insert(bytes_.begin(), bytes.begin(), bytes.end());
        begin_ = 0;
    }
}

std::optional<ReadResult> InputBuffer::match(const ReadRequest& request)
{
    const auto found = find(request, unread());
    if (!found) {
        return std::nullopt;
    }
    const ReadResult result{found->error, unread().substr(0, found->length)};
    begin_ += found->consumed;
    searched_ = 0;
    return result;
}

std::optional<ReadResult> InputBuffer::match_arrived(const ReadRequest& request, std::string_view arrived)
{
    const auto found = find(request, arrived);
    if (!found) {
        append(arrived);
        return std::nullopt;
    }
    searched_ = 0;
    if (found->consumed < arrived.size()) {
        append(arrived.substr(found->consumed));
    }
    return ReadResult{found->error, arrived.substr(0, found->length)};
}

std::optional<InputBuffer::Match> InputBuffer::find(const ReadRequest& request, std::string_view bytes)
{
    switch (request.kind) {
    case ReadRequest::Kind::some:
        if (!bytes.empty()) {
            const std::size_t length = std::min(bytes.size(), request.size);
            return Match{{}, length, length};
        }
        break;
    case ReadRequest::Kind::exactly:
        if (bytes.size() >= request.size) {
            return Match{{}, request.size, request.size};
        }
        break;
    case ReadRequest::Kind::until:
        return find_delimiter(bytes, request.delimiter, request.size);
    case ReadRequest::Kind::line:
        return find_line(bytes, request.size);
    case ReadRequest::Kind::all:
        if (bytes.size() > request.size) {
            return Match{errc::too_long, 0, 0};
        }
        if (end_ == errc::closed) {
            return Match{{}, bytes.size(), bytes.size()};
        }
        break;
    }
    return end_ ? std::optional(at_end(bytes.size())) : std::nullopt;
}

std::optional<InputBuffer::Match> InputBuffer::find_delimiter(std::string_view bytes, std::string_view delimiter,
                                                              std::size_t max)
{
    const std::size_t position = bytes.find(delimiter, searched_);
    if (position != std::string_view::npos && position <= max) {
        return Match{{}, position, position + delimiter.size()};
    }
    // A delimiter may have begun at the end of what is here: search its first bytes again next time.
    searched_ = bytes.size() - std::min(bytes.size(), delimiter.size() - 1);
    if (searched_ > max) {
        return Match{errc::too_long, 0, 0};
    }
    return end_ ? std::optional(at_end(bytes.size())) : std::nullopt;
}

std::optional<InputBuffer::Match> InputBuffer::find_line(std::string_view bytes, std::size_t max)
{
    // A CR does not count as a byte of the line.
    auto found = find_delimiter(bytes, "\n", max == std::string_view::npos ? max : max + 1);
    if (!found) {
        return std::nullopt;
    }
    if (found->error == errc::closed && !bytes.empty()) {
        found->error = {};
    }
    if (!found->error && found->length > 0 && bytes[found->length - 1] == '\r') {
        --found->length;
    }
    if (!found->error && found->length > max) {
        return Match{errc::too_long, 0, 0};
    }
    return found;
}

void InputBuffer::compact()
{
    if (begin_ == 0) {
        return;
    }
    if (empty()) {
        bytes_.clear();
        if (bytes_.capacity() > kept_capacity) {
            bytes_.shrink_to_fit();
        }
    } else if (begin_ >= bytes_.size() / 2) {
        bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(begin_));
    } else {
        return;
    }
    begin_ = 0;
}

}  // namespace moonwire::net
